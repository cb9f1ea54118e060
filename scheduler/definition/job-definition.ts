import { GLUE_TYPES, type GlueType } from '../../shared/protocol/glue-types.ts';
import { paramRefusal } from '../run/render-param.ts';
import { configHash } from './config-hash.ts';
import { checkJobShape } from './definition-shapes.ts';
import { checkParamFields, type ParamFields, paramFault } from './param-fields.ts';
import { NAME, type Refuse, refuseDefinition } from './refuse.ts';
import {
  type BusinessDateRule,
  checkBusinessDate,
  checkLimits,
  checkMisfire,
  checkSchedule,
  DEFAULT_BUSINESS_DATE,
  DEFAULT_LIMITS,
  DEFAULT_MISFIRE,
  type Misfire,
  type Schedule,
  type ScheduleLimits,
} from './schedule-definition.ts';
import { checkLoadGuard, checkWindow, type JobLoadGuard, type JobWindow } from './work-limits.ts';

/** How executors are chosen; see docs/scheduler.md. The words are xxl-job's. */
export const ROUTES = [
  'FIRST',
  'LAST',
  'ROUND',
  'RANDOM',
  'CONSISTENT_HASH',
  'LEAST_FREQUENTLY_USED',
  'LEAST_RECENTLY_USED',
  'FAILOVER',
  'BUSYOVER',
  'SHARDING_BROADCAST',
] as const;
export type Route = (typeof ROUTES)[number];

/**
 * What becomes of a run while an earlier run of the job is open, over the whole group of executors. The first three are
 * xxl-job's words: it waits; it is discarded (a state of its own, no failure, no alarm); the earlier one is ended first.
 * PARALLEL lets `parallelMax` runs go side by side (0: any number).
 */
export const BLOCK_STRATEGIES = ['SERIAL_EXECUTION', 'DISCARD_LATER', 'COVER_EARLY', 'PARALLEL'] as const;
export type BlockStrategy = (typeof BLOCK_STRATEGIES)[number];

/** When a shard that came back with a failure is tried again. A lost node costs no try. */
export interface Retry {
  /** Tries after the first. Default 0. */
  readonly count: number;
  /** The wait before the first of them, ms; 0: the scheduler's own `retryDelayMs`. Default 0. */
  readonly firstMs: number;
  /** The wait grows by this factor. Default 2. */
  readonly factor: number;
  /** and never past this, ms. Default 5,000. */
  readonly maxMs: number;
  /** A part of the wait, 0 to 1, that chance takes off, so that many shards do not come back together. Default 0. */
  readonly jitter: number;
  /**
   * What is tried again: 'FAILED' (code 500 and every code of a handler's own), 'TIMEOUT' (502), or an error code that a
   * handler threw, e.g. 'GATEWAY_BUSY'. Default ['FAILED', 'TIMEOUT']. What says that it is not retryable never is.
   */
  readonly on: readonly string[];
}

/** A run waits for a file before it is split. */
export interface Arrival {
  /** Path template, e.g. `/in/plans-{businessDate}.csv`; must lie under one of the scheduler's `arrivalRoots`. */
  readonly path: string;
  /** Another file that says that the first is whole, e.g. `/in/plans-{businessDate}.done`. Default null: stable size. */
  readonly doneMarker: string | null;
  /** Without a marker: size and time of change stand still for this long. Default 5,000 ms. */
  readonly stableMs: number;
  /** Default 1,000 ms. */
  readonly pollMs: number;
  /** An alarm is raised when it has not come this long after the planned instant; the run waits on. Default null. */
  readonly lateAfterMs: number | null;
}

/** A job: what is fired. */
export interface JobDefinition {
  /** A positive 32-bit integer: peers of the wire cannot read anything longer. */
  readonly id: number;
  /** Unique; what chains name it by. */
  readonly name: string;
  /** For people. Default ''. */
  readonly title?: string;
  /** Who answers for it. Default ''. */
  readonly owner?: string;
  /** Default none. */
  readonly tags?: readonly string[];
  /** The handler's name on the executors. Not for script jobs (`glueType`). */
  readonly handler?: string;
  /** The executors that may work it: those registered under this appname. */
  readonly group: string;
  /** Only executors that carry all of these labels. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly route: Route;
  /** SHARDING_BROADCAST: so many shards, whatever the number of executors. Default null: one per live executor. */
  readonly shardTotal?: number | null;
  /** A template: docs/runs.md lists its names. Default ''. */
  readonly param?: string;
  /**
   * What `param` has to look like, for a JSON object: checked where the job is defined and where somebody starts it.
   * Default null: any text.
   * @example { region: { type: 'text', required: true }, limit: { type: 'integer', default: 100, min: 1 } }
   */
  readonly paramFields?: ParamFields | null;
  /** Instead of `param` for single shards: `{ '0': 'north', '1': 'south' }`. Default none. */
  readonly paramByShard?: Readonly<Record<string, string>>;
  /** How long an attempt may run; the executor enforces it, and the scheduler when the executor does not. 0 (default): no limit. */
  readonly timeoutSeconds?: number;
  /**
   * People hear of an attempt that takes longer than this (alarm RUN_SLOW); it goes on. 0: never. Default null: four fifths
   * of `timeoutSeconds`, and never without one.
   */
  readonly slowAfterSeconds?: number | null;
  readonly retry?: Partial<Retry>;
  /** Its handler works slices with a fence of their own (money and batch jobs): it may go on elsewhere. Default `tellsSettled`. */
  readonly sliced?: boolean;
  /**
   * What becomes of a shard whose executor is gone: another gets it, or it ends as LOST (it may have run). Default 'auto':
   * 'reassign' for a sliced job on an executor of ours, whose slices are fenced, else 'fail'. docs/routing-and-blocking.md.
   */
  readonly onNodeLoss?: 'reassign' | 'fail' | 'auto';
  readonly schedule?: Schedule;
  readonly limits?: ScheduleLimits;
  readonly misfire?: Partial<Misfire>;
  readonly businessDate?: Partial<BusinessDateRule>;
  /** Default 'SERIAL_EXECUTION'. */
  readonly block?: BlockStrategy;
  /** For PARALLEL. Default 0: no limit. */
  readonly parallelMax?: number;
  /** 1 (first) to 9. Default 5. Who is split and handed out first when runs wait. */
  readonly priority?: number;
  readonly arrival?: (Partial<Arrival> & { readonly path: string }) | null;
  /** A handler that is run once before the first shard. Default null. */
  readonly beforeRun?: string | null;
  /** A handler that is run once after the last shard, with the results of all in index order. Default null. */
  readonly afterRun?: string | null;
  /** 'chain_running': its schedule runs while a chain run that names it as a sweep is active. Default 'always'. */
  readonly enabledWhile?: 'always' | 'chain_running';
  /** Its handler tells settled slices, so SETTLED comes later than DISPATCHED. Default false: they are one. */
  readonly tellsSettled?: boolean;
  /** A stopped job does not fire by its schedule. Default true. */
  readonly enabled?: boolean;
  /**
   * Of a sliced job: outside these hours no new slice is begun, those that are begun go on, and the run is shown as
   * THROTTLED; its fires are its schedule's. Default null: at any time.
   * @example { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' }
   */
  readonly window?: JobWindow | null;
  /**
   * Of a sliced job: while the store of an executor is slower than this, fewer slices are worked at once and chunks pause,
   * and the run is shown as THROTTLED. Default null: no guard.
   * @example { roundTripP95Ms: 20, connectionWaitP95Ms: 500 }
   */
  readonly loadGuard?: JobLoadGuard | null;
  /**
   * BEAN runs `handler`. The GLUE words, e.g. GLUE_SHELL, run the script of the job, which `scheduler.scripts.save` stores,
   * on executors that opted in. Default 'BEAN'.
   */
  readonly glueType?: GlueType;
}

/** A definition with its defaults filled in. */
export interface Job extends Required<JobDefinition> {
  readonly retry: Retry;
  readonly limits: Required<ScheduleLimits>;
  readonly misfire: Misfire;
  readonly businessDate: BusinessDateRule;
  readonly arrival: Arrival | null;
  readonly configHash: string;
}

export const DEFAULT_RETRY: Retry = {
  count: 0,
  firstMs: 0,
  factor: 2,
  maxMs: 5_000,
  jitter: 0,
  on: ['FAILED', 'TIMEOUT'],
};
const DEFAULT_ARRIVAL: Omit<Arrival, 'path'> = {
  doneMarker: null,
  stableMs: 5_000,
  pollMs: 1_000,
  lateAfterMs: null,
};

const INT32_MAX = 2 ** 31 - 1;
const SHARDS_MAX = 10_000;

/** Fills in the defaults and refuses what cannot work, naming the job and the field. */
export function readJob(given: JobDefinition): Job {
  const definition = checkJobShape(given);
  const sliced = definition.sliced ?? definition.tellsSettled ?? false;
  const job = {
    handler: '',
    title: '',
    owner: '',
    tags: [],
    labels: {},
    shardTotal: null,
    param: '',
    paramFields: null,
    paramByShard: {},
    timeoutSeconds: 0,
    slowAfterSeconds: null,
    onNodeLoss: 'auto' as const,
    schedule: { kind: 'none' as const },
    block: 'SERIAL_EXECUTION' as const,
    parallelMax: 0,
    priority: 5,
    beforeRun: null,
    afterRun: null,
    enabledWhile: 'always' as const,
    tellsSettled: false,
    enabled: true,
    glueType: 'BEAN' as const,
    window: null,
    loadGuard: null,
    ...definition,
    sliced,
    retry: { ...DEFAULT_RETRY, ...definition.retry },
    limits: { ...DEFAULT_LIMITS, ...definition.limits },
    misfire: { ...DEFAULT_MISFIRE, ...definition.misfire },
    businessDate: { ...DEFAULT_BUSINESS_DATE, ...definition.businessDate },
    arrival: definition.arrival == null ? null : { ...DEFAULT_ARRIVAL, ...definition.arrival },
  };
  const refuse: Refuse = (field, why) => refuseDefinition(`job "${job.name}": ${field} ${why}`);
  checkIdentity(job, refuse);
  checkWork(job, refuse);
  checkParams(job, refuse);
  checkRetry(job.retry, refuse);
  checkSchedule(job.schedule, refuse);
  checkLimits(job.limits, job.schedule, refuse);
  checkMisfire(job.misfire, refuse);
  checkBusinessDate(job.businessDate, refuse);
  checkWindow(job.window, refuse);
  checkLoadGuard(job.loadGuard, refuse);
  return { ...job, configHash: configHash(withoutNewNulls(job)) };
}

type Filled = Omit<Job, 'configHash'>;

/**
 * Fields that came later are no part of a version that does not use them: an upgrade makes no new versions. People are asked
 * for the fields of a parameter in their order, so another order is another version.
 */
const withoutNewNulls = ({ window, loadGuard, paramFields, ...job }: Filled): object => ({
  ...job,
  ...(paramFields === null ? {} : { paramFields: Object.entries(paramFields) }),
  ...(window === null ? {} : { window }),
  ...(loadGuard === null ? {} : { loadGuard }),
});

function checkIdentity(job: Filled, refuse: Refuse): void {
  if (!NAME.test(job.name)) refuse('name', 'must be 1 to 64 letters, digits, ".", "_" or "-"');
  if (!Number.isInteger(job.id) || job.id < 1 || job.id > INT32_MAX)
    refuse('id', 'must be an integer from 1 to 2^31-1');
  if (!GLUE_TYPES.includes(job.glueType)) refuse('glueType', `must be one of ${GLUE_TYPES.join(', ')}`);
  if (job.handler === '' && job.glueType === 'BEAN') refuse('handler', 'must not be empty');
  if (job.handler !== '' && job.glueType !== 'BEAN') refuse('handler', `is not for a job of type ${job.glueType}`);
  if (!NAME.test(job.group)) refuse('group', 'must be the appname of executors');
}

function checkWork(job: Filled, refuse: Refuse): void {
  const wholeOf = (field: 'timeoutSeconds' | 'parallelMax') => {
    if (!Number.isInteger(job[field]) || job[field] < 0) refuse(field, 'must be 0 or more');
  };
  wholeOf('timeoutSeconds');
  wholeOf('parallelMax');
  const { slowAfterSeconds: slow } = job;
  if (slow !== null && (!Number.isInteger(slow) || slow < 0)) refuse('slowAfterSeconds', 'must be 0 or more, or null');
  if (slow !== null && job.timeoutSeconds > 0 && slow >= job.timeoutSeconds) {
    refuse(
      'slowAfterSeconds',
      `must be less than timeoutSeconds (${job.timeoutSeconds}): later there is nothing to warn of`,
    );
  }
  if (!ROUTES.includes(job.route)) refuse('route', `must be one of ${ROUTES.join(', ')}`);
  if (!BLOCK_STRATEGIES.includes(job.block)) refuse('block', `must be one of ${BLOCK_STRATEGIES.join(', ')}`);
  if (!Number.isInteger(job.priority) || job.priority < 1 || job.priority > 9) refuse('priority', 'must be 1 to 9');
  const { shardTotal } = job;
  if (shardTotal !== null && !(Number.isInteger(shardTotal) && shardTotal >= 1 && shardTotal <= SHARDS_MAX)) {
    refuse('shardTotal', `must be 1 to ${SHARDS_MAX}, or null for one per executor`);
  }
  if (shardTotal !== null && job.route !== 'SHARDING_BROADCAST') {
    refuse('shardTotal', 'is for the route SHARDING_BROADCAST: leave it out, or change the route');
  }
}

function checkParams(job: Filled, refuse: Refuse): void {
  checkParamFields(job.paramFields, refuse);
  const texts = { param: job.param, ...mapKeys(job.paramByShard) };
  // Nobody is there to give what is required when a job fires by itself.
  const whole = job.schedule.kind !== 'none';
  for (const [field, text] of Object.entries(texts)) {
    const refusal = paramRefusal(text) ?? paramFault(job.paramFields, text, whole)?.words ?? null;
    if (refusal !== null) refuse(field, refusal);
  }
  for (const index of Object.keys(job.paramByShard)) {
    if (!/^(0|[1-9][0-9]{0,4})$/.test(index)) refuse('paramByShard', `has "${index}": its keys are shard indexes`);
  }
}

const mapKeys = (byShard: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(byShard).map(([index, text]) => [`paramByShard[${index}]`, text]));

function checkRetry(retry: Retry, refuse: Refuse): void {
  for (const field of ['count', 'firstMs', 'maxMs'] as const) {
    if (!Number.isSafeInteger(retry[field]) || retry[field] < 0) refuse(`retry.${field}`, 'must be 0 or more');
  }
  if (retry.maxMs < retry.firstMs) refuse('retry.maxMs', `must be at least retry.firstMs (${retry.firstMs})`);
  if (!(retry.factor >= 1)) refuse('retry.factor', 'must be 1 or more');
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) refuse('retry.jitter', 'must be from 0 to 1');
  if (retry.on.length === 0 || retry.on.some((word) => typeof word !== 'string' || word === '')) {
    refuse('retry.on', 'must name what is tried again: FAILED, TIMEOUT, or error codes of the handler');
  }
}
