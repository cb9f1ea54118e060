import { type Static, Type } from 'typebox';
import {
  BLOCK_STRATEGIES,
  type BlockStrategy,
  type Job,
  type JobDefinition,
  ROUTES,
  type Route,
} from '../definition/job-definition.ts';
import type { Schedule } from '../definition/schedule-definition.ts';

/** The fields of addJob and updateJob, as xxl-job names them. What is left out of an update stays as it is. */
export const JobFieldsSchema = Type.Object({
  id: Type.Optional(Type.Union([Type.Integer(), Type.String()])),
  name: Type.Optional(Type.String({ maxLength: 255 })),
  author: Type.Optional(Type.String({ maxLength: 64 })),
  scheduleType: Type.Optional(Type.String()),
  scheduleConf: Type.Optional(Type.String({ maxLength: 128 })),
  misfireStrategy: Type.Optional(Type.String()),
  executorRouteStrategy: Type.Optional(Type.String()),
  executorHandler: Type.Optional(Type.String({ maxLength: 255 })),
  executorParam: Type.Optional(Type.String()),
  executorBlockStrategy: Type.Optional(Type.String()),
  executorTimeout: Type.Optional(Type.Integer({ minimum: 0 })),
  executorFailRetryCount: Type.Optional(Type.Integer({ minimum: 0 })),
  glueType: Type.Optional(Type.String()),
  // Ours: an IANA zone for cron; xxl-job has none, and takes the zone of its own machine.
  timeZone: Type.Optional(Type.String({ maxLength: 64 })),
});
const Id = Type.Union([Type.Integer(), Type.String({ pattern: '^[0-9]{1,10}$' })]);
export const JobIdSchema = Type.Object({ id: Id });

export const TriggerJobSchema = Type.Object({
  id: Id,
  executorParam: Type.Optional(Type.String()),
  addressList: Type.Optional(Type.String()),
  // Ours: the same id for the same job is the same run, however often it is asked for.
  requestId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  // Ours: YYYY-MM-DD; default today in the job's zone.
  businessDate: Type.Optional(Type.String()),
});

export type JobFields = Static<typeof JobFieldsSchema>;

export type ReadFields =
  | { readonly kind: 'fields'; readonly fields: Partial<JobDefinition> }
  | { readonly kind: 'wrong'; readonly why: string };

const MISFIRE = { DO_NOTHING: 'SKIP', FIRE_ONCE_NOW: 'FIRE_ONCE' } as const;

/** What the fields say of a job. `known` is the job as it is, for an update. */
export function readJobFields(given: JobFields, known: Pick<Job, 'schedule'> | null): ReadFields {
  const wrong = (why: string): ReadFields => ({ kind: 'wrong', why });
  const { executorRouteStrategy: route, executorBlockStrategy: block, misfireStrategy: misfire } = given;
  if (given.glueType !== undefined && given.glueType !== 'BEAN') {
    return wrong(`glueType [${given.glueType}] is not taken here: this API makes no jobs out of scripts`);
  }
  if (route !== undefined && !isOneOf(ROUTES, route)) return wrong(`executorRouteStrategy [${route}] is not valid`);
  if (block !== undefined && !isOneOf(BLOCK_STRATEGIES, block)) {
    return wrong(`executorBlockStrategy [${block}] is not valid`);
  }
  if (misfire !== undefined && !Object.hasOwn(MISFIRE, misfire))
    return wrong(`misfireStrategy [${misfire}] is not valid`);
  const schedule = readSchedule(given, known);
  if (typeof schedule === 'string') return wrong(schedule);
  const fields: Partial<JobDefinition> = {
    ...(given.name === undefined ? {} : { title: given.name }),
    ...(given.author === undefined ? {} : { owner: given.author }),
    ...(given.executorHandler === undefined ? {} : { handler: given.executorHandler }),
    ...(given.executorParam === undefined ? {} : { param: given.executorParam }),
    ...(route === undefined ? {} : { route: route as Route }),
    ...(block === undefined ? {} : { block: block as BlockStrategy }),
    ...(misfire === undefined ? {} : { misfire: { policy: MISFIRE[misfire as keyof typeof MISFIRE] } }),
    ...(given.executorTimeout === undefined ? {} : { timeoutSeconds: given.executorTimeout }),
    ...(given.executorFailRetryCount === undefined ? {} : { retry: { count: given.executorFailRetryCount } }),
    ...(schedule === null ? {} : { schedule }),
  };
  return { kind: 'fields', fields };
}

/** The schedule; null: it stays as it is. A sentence: what is wrong with it. */
function readSchedule(given: JobFields, known: Pick<Job, 'schedule'> | null): Schedule | null | string {
  const { scheduleType: type, scheduleConf: conf = '' } = given;
  switch (type) {
    case undefined:
      return given.scheduleConf === undefined ? null : 'scheduleConf needs a scheduleType beside it';
    case 'NONE':
      // What fires after other jobs has no schedule in xxl-job's words; saying so must not cut it off from them.
      return known?.schedule.kind === 'parent' ? null : { kind: 'none' };
    case 'CRON': {
      const zone = given.timeZone ?? (known?.schedule.kind === 'cron' ? known.schedule.zone : 'UTC');
      return { kind: 'cron', dialect: 'quartz', text: conf, zone };
    }
    case 'FIX_RATE':
      if (!/^[1-9]\d{0,8}$/.test(conf)) return `scheduleConf [${conf}] must be a number of seconds`;
      return { kind: 'fixed_rate', everyMs: Number(conf) * 1_000 };
    default:
      return `scheduleType [${type}] is not valid`;
  }
}

const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);
