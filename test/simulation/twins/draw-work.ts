import type { ChainDefinition } from '../../../scheduler/definition/chain-definition.ts';
import { BLOCK_STRATEGIES, type JobDefinition, ROUTES, readJob } from '../../../scheduler/definition/job-definition.ts';
import type { Misfire, Schedule } from '../../../scheduler/definition/schedule-definition.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/runtime/runtime.ts';

export const DATE = '2026-11-20';
/** Saturdays and Sundays are out. */
export const CALENDAR = { name: 'workdays' };
export const GROUPS = ['orders', 'parcels'] as const;
export const SCRIPT_JOB = 'script';
export const CHAIN: ChainDefinition = {
  name: 'night',
  nodes: ['import', 'debit', 'report'],
  edges: [
    { from: 'import', to: 'debit' },
    { from: 'debit', to: 'report', when: 'always' },
  ],
  sweeps: ['sweep'],
  schedule: { kind: 'cron', dialect: 'quartz', text: '0 0/5 * * * ?', zone: 'UTC' },
};
const NODES: ReadonlySet<string> = new Set(CHAIN.nodes);

const MISFIRES: readonly Partial<Misfire>[] = [
  {},
  { policy: 'SKIP', afterMs: 20_000 },
  { policy: 'FIRE_ONCE', afterMs: 2_000 },
  { policy: 'FIRE_ONCE', afterMs: 20_000, holdAfterMs: 120_000 },
  { policy: 'CATCH_UP', max: 2, windowMs: 300_000, afterMs: 2_000 },
  { policy: 'CATCH_UP', afterMs: 60_000 },
];
const PARAMS: readonly Partial<JobDefinition>[] = [
  {},
  { param: 'plain' },
  { param: '{businessDate:yyyyMMdd}/{shardIndex}/{shardTotal} of run {runId}' },
  { param: '{"from":"{windowFrom}","to":"{windowTo}"}' },
  { param: '{"key":"{secret.KEY}"}' },
  { param: 'all', paramByShard: { 0: 'north', 2: '{secret.SOUTH}' } },
  { paramFields: { limit: { type: 'integer', default: 5 }, key: { type: 'text', default: '{secret.KEY}' } } },
  { param: '{"limit":7}', paramFields: { limit: { type: 'integer', default: 5 } } },
];

/** Jobs of every route, block strategy, kind of schedule and shape, of two groups, and the nodes and the sweep of a chain. */
export function drawJobs(random: Random): JobDefinition[] {
  const kinds: readonly [string, (earlier: readonly string[]) => Schedule][] = [
    ['minute', () => cron('0 * * * * ?')],
    ['half', () => cron('0/30 * * * * ?')],
    ['rate', () => ({ kind: 'fixed_rate', everyMs: 20_000 })],
    ['delay', () => ({ kind: 'fixed_delay', delayMs: 10_000 })],
    ['another', () => cron('0/20 * * * * ?')],
    ['once', () => ({ kind: 'one_off', atMs: Date.parse(`${DATE}T10:01:00Z`) })],
    ['by-hand', () => ({ kind: 'none' })],
    [SCRIPT_JOB, () => cron('0 * * * * ?')],
    [
      'child',
      (earlier) => ({
        kind: 'parent',
        jobs: [pick(random, earlier)],
        on: pick(random, ['success', 'failure', 'always']),
      }),
    ],
    ['import', () => ({ kind: 'none' })],
    ['debit', () => ({ kind: 'none' })],
    ['report', () => ({ kind: 'none' })],
    ['sweep', () => ({ kind: 'fixed_rate', everyMs: 15_000 })],
  ];
  const jobs: JobDefinition[] = [];
  for (const [name, scheduleOf] of kinds) {
    const schedule = scheduleOf(jobs.map((job) => job.name));
    jobs.push(drawJob(random, { id: jobs.length + 1, name, schedule }));
  }
  return jobs;
}

const OTHER_SCHEDULES: readonly Schedule[] = [
  { kind: 'none' },
  { kind: 'fixed_delay', delayMs: 10_000 },
  { kind: 'fixed_rate', everyMs: 30_000 },
  cron('10/30 * * * * ?'),
];

/** The same job as somebody has edited it; some of them fire at other times from now on. */
export function drawEdit(random: Random, { id, name, schedule = { kind: 'none' } }: JobDefinition): JobDefinition {
  const keeps = NODES.has(name) || name === 'sweep' || random.next() < 0.7;
  return drawJob(random, { id, name, schedule: keeps ? schedule : pick(random, OTHER_SCHEDULES) });
}

type Given = Pick<JobDefinition, 'id' | 'name'> & { readonly schedule: Schedule };

function drawJob(random: Random, given: Given): JobDefinition {
  for (;;) {
    const job = drawAny(random, given);
    try {
      readJob(job);
      return job;
    } catch (error) {
      // Not everything goes with everything.
      if (!isDaybreakError(error) || error.code !== 'CONFIG_INVALID') throw error;
    }
  }
}

function drawAny(random: Random, { id, name, schedule }: Given): JobDefinition {
  const often = (part: number) => random.next() < part;
  const route = often(0.3) ? 'SHARDING_BROADCAST' : pick(random, ROUTES);
  const hasTimes = schedule.kind === 'cron' || schedule.kind === 'one_off';
  const isScript = name === SCRIPT_JOB;
  return {
    id,
    name,
    ...(isScript ? { glueType: 'GLUE_SHELL' } : { handler: name }),
    group: often(0.8) ? 'orders' : 'parcels',
    route,
    ...(route === 'SHARDING_BROADCAST' && often(0.7) ? { shardTotal: 1 + random.integer(6) } : {}),
    block: often(0.4) ? 'PARALLEL' : pick(random, BLOCK_STRATEGIES),
    parallelMax: pick(random, [0, 0, 1, 2]),
    // Different ones: of equals the one with the smaller id goes first, and ids are given in the order of the making.
    priority: 1 + ((id - 1) % 9),
    ...(often(0.2) ? { labels: { zone: pick(random, ['north', 'north', 'nowhere']) } } : {}),
    ...pick(random, PARAMS),
    timeoutSeconds: pick(random, [0, 0, 30, 120]),
    slowAfterSeconds: pick(random, [null, null, 5]),
    retry: pick(random, [
      {},
      { count: 2 },
      { count: 1, firstMs: 2_000, jitter: 0.5 },
      { count: 3, on: ['TIMEOUT', 'E1'] },
    ]),
    sliced: often(0.3),
    tellsSettled: often(0.15),
    onNodeLoss: pick(random, ['auto', 'reassign', 'fail']),
    schedule,
    misfire: pick(random, MISFIRES),
    ...(hasTimes && often(0.3)
      ? { limits: { calendar: CALENDAR.name, roll: pick(random, ['skip', 'next', 'previous']) } }
      : {}),
    businessDate: { offsetDays: pick(random, [0, 0, -1]) },
    ...(often(0.1) ? { beforeRun: 'before' } : {}),
    ...(often(0.1) ? { afterRun: 'after' } : {}),
    ...(often(0.05) && !NODES.has(name) ? { arrival: { path: '/in/{businessDate}.csv', lateAfterMs: 60_000 } } : {}),
    ...(often(0.1) ? { window: { from: '22:00', to: '06:00', timeZone: 'UTC' }, sliced: true } : {}),
    ...(often(0.1) ? { loadGuard: { roundTripP95Ms: 20 }, sliced: true } : {}),
    ...(name === 'sweep' ? { enabledWhile: 'chain_running' as const } : {}),
    enabled: !often(0.03),
  };
}

export const pick = <T>(random: Pick<Random, 'integer'>, from: readonly T[]): T =>
  from[random.integer(from.length)] as T;

function cron(text: string): Schedule {
  return { kind: 'cron', dialect: 'quartz', text, zone: 'UTC' };
}
