import type { CalendarDefinition } from '../../scheduler/calendar/calendar.ts';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import type { Misfire, Schedule } from '../../scheduler/definition/schedule-definition.ts';
import type { Random } from '../../shared/runtime/runtime.ts';

export interface Workload {
  readonly jobs: JobDefinition[];
  readonly chains: ChainDefinition[];
  readonly calendars: readonly CalendarDefinition[];
}

/** Instants at which the clocks of a zone change, from both hemispheres, and by half an hour too. */
export const CLOCK_CHANGES = [
  { zone: 'America/New_York', atMs: Date.UTC(2026, 2, 8, 7), gap: true },
  { zone: 'America/New_York', atMs: Date.UTC(2026, 10, 1, 6), gap: false },
  { zone: 'Australia/Sydney', atMs: Date.UTC(2026, 9, 3, 16), gap: true },
  { zone: 'Australia/Sydney', atMs: Date.UTC(2026, 3, 4, 16), gap: false },
  { zone: 'Europe/London', atMs: Date.UTC(2026, 2, 29, 1), gap: true },
  { zone: 'Europe/London', atMs: Date.UTC(2026, 9, 25, 1), gap: false },
  { zone: 'Australia/Lord_Howe', atMs: Date.UTC(2026, 9, 3, 15, 30), gap: true },
  { zone: 'Australia/Lord_Howe', atMs: Date.UTC(2026, 3, 4, 15), gap: false },
] as const;
export type ClockChange = (typeof CLOCK_CHANGES)[number];

const OTHER_ZONES = ['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'America/St_Johns'];
const WORK: readonly Pick<JobDefinition, 'block' | 'parallelMax'>[] = [
  { block: 'SERIAL_EXECUTION' },
  { block: 'DISCARD_LATER' },
  { block: 'COVER_EARLY' },
  { block: 'PARALLEL', parallelMax: 2 },
  { block: 'PARALLEL' },
];
const MISFIRES: readonly Partial<Misfire>[] = [
  { policy: 'SKIP' },
  { policy: 'FIRE_ONCE' },
  { policy: 'CATCH_UP', max: 5, windowMs: 600_000 },
  { policy: 'FIRE_ONCE', afterMs: 2_000 },
];
const ROUTES = ['ROUND', 'RANDOM', 'FIRST', 'LEAST_RECENTLY_USED', 'CONSISTENT_HASH'] as const;

/** Jobs of every kind of schedule, block strategy and shape, a chain and a calendar; nothing fires from `endAtMs` on. */
export function drawWorkload(random: Random, change: ClockChange, nowMs: number, endAtMs: number): Workload {
  const jobs: JobDefinition[] = [];
  const limits = { endAtMs };
  const pick = <T>(from: readonly T[]): T => from[random.integer(from.length)] as T;
  const add = (name: string, workMs: number, more: Partial<JobDefinition>) => {
    const sharded = random.integer(3) === 0;
    jobs.push({
      id: jobs.length + 1,
      name,
      handler: `work-${workMs}`,
      group: 'orders',
      route: sharded ? 'SHARDING_BROADCAST' : pick(ROUTES),
      ...(sharded ? { shardTotal: 1 + random.integer(5) } : {}),
      onNodeLoss: pick(['auto', 'reassign', 'fail']),
      sliced: random.integer(2) === 0,
      retry: random.integer(2) === 0 ? { count: 2, firstMs: 300 } : {},
      timeoutSeconds: random.integer(3) === 0 ? 20 : 0,
      misfire: pick(MISFIRES),
      priority: 1 + random.integer(9),
      limits,
      ...WORK[jobs.length % WORK.length],
      ...more,
    });
  };
  const cron = (text: string, zone: string): Schedule => ({ kind: 'cron', dialect: 'quartz', text, zone });

  for (const [n, everySeconds] of [5, 6, 10, 15, 20, 30].entries()) {
    add(`interval-${n}`, everySeconds * 250, { schedule: cron(`0/${everySeconds} * * * * ?`, zoneAt(n, change)) });
  }
  for (const [n, text] of timesOfDay(change).entries()) {
    add(`time-${n}`, 300, { schedule: cron(text, change.zone), misfire: pick(MISFIRES) });
  }
  for (const [n, everyMs] of [2_000, 2_500, 3_000, 4_000, 7_000].entries()) {
    add(`rate-${n}`, everyMs / 4, { schedule: { kind: 'fixed_rate', everyMs } });
  }
  for (const [n, delayMs] of [500, 1_000, 3_000].entries()) {
    add(`delay-${n}`, 400, { schedule: { kind: 'fixed_delay', delayMs } });
  }
  for (let n = 0; n < 4; n++) {
    const atMs = nowMs + 5_000 + random.integer(endAtMs - nowMs - 10_000);
    add(`once-${n}`, 500, { schedule: { kind: 'one_off', atMs }, misfire: { policy: 'FIRE_ONCE' } });
  }
  add('weekday', 300, { schedule: cron('0/20 * * * * ?', change.zone), limits: { ...limits, calendar: 'workdays' } });
  add('every-day', 300, { schedule: cron('3/20 * * * * ?', change.zone), limits: { ...limits, calendar: 'all-days' } });
  add('after-any', 200, { schedule: { kind: 'parent', jobs: ['interval-1', 'rate-4'], on: 'always' } });
  add('after-success', 200, { schedule: { kind: 'parent', jobs: ['interval-2'], on: 'success' } });
  add('after-failure', 200, { schedule: { kind: 'parent', jobs: ['interval-0', 'rate-3'], on: 'failure' } });
  add('after-after', 200, { schedule: { kind: 'parent', jobs: ['after-any'], on: 'always' } });
  add('hooked', 500, {
    schedule: { kind: 'fixed_rate', everyMs: 11_000 },
    beforeRun: 'work-100',
    afterRun: 'work-100',
    route: 'SHARDING_BROADCAST',
    shardTotal: 3,
  });
  add('settling', 600, {
    handler: 'settle-600',
    schedule: { kind: 'fixed_rate', everyMs: 13_000 },
    tellsSettled: true,
    sliced: true,
    route: 'SHARDING_BROADCAST',
    shardTotal: 1 + random.integer(5),
  });
  add('by-hand', 700, {});
  add('sweep', 300, { schedule: { kind: 'fixed_rate', everyMs: 3_000 }, enabledWhile: 'chain_running', limits: {} });
  for (const name of ['import', 'left', 'right', 'join', 'repair']) add(name, 600, {});
  const chain: ChainDefinition = {
    name: 'night',
    nodes: ['import', 'left', 'right', 'join', 'repair'],
    edges: [
      { from: 'import', to: 'left' },
      { from: 'import', to: 'right', when: 'always' },
      { from: 'left', to: 'join' },
      { from: 'right', to: 'join' },
      { from: 'import', to: 'repair', when: 'failure' },
    ],
    sweeps: ['sweep'],
    schedule: cron('7/30 * * * * ?', change.zone),
    limits,
    misfire: pick(MISFIRES),
  };
  const calendars = [
    { name: 'workdays', weekly: ['MON', 'TUE', 'WED', 'THU', 'FRI'] },
    { name: 'all-days', weekly: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] },
  ] as const;
  return { jobs, chains: [chain], calendars };
}

const zoneAt = (n: number, change: ClockChange): string =>
  n % 2 === 0 ? change.zone : (OTHER_ZONES[(n >> 1) % OTHER_ZONES.length] ?? 'UTC');

/** Times of day on both sides of the change, in it, and with a list of minutes and of hours. */
const timesOfDay = ({ zone, gap }: ClockChange): string[] => {
  const hour = zone === 'Europe/London' ? 1 : zone === 'America/New_York' && !gap ? 1 : 2;
  return [
    `0 30 ${hour} * * ?`,
    `15 0,10,20,30,40,50,59 ${hour - 1},${hour},${hour + 1} * * ?`,
    `0,30 15 ${hour} * * ?`,
    `0 */2 * * * ?`,
    `40 1-59 ${hour - 1}-${hour + 1} * * ?`,
  ];
};

/** The same work with one definition changed: another beat, another parameter, stopped or going again. */
export function editOf(random: Random, workload: Workload, number: number): Workload {
  const at = random.integer(workload.jobs.length);
  const jobs = workload.jobs.map((job, n): JobDefinition => {
    if (n !== at) return job;
    const titled = { ...job, title: `edit ${number}` };
    const { schedule } = job;
    switch (random.integer(4)) {
      case 0:
        return { ...titled, param: `edited ${number}` };
      case 1:
        return { ...titled, enabled: !(job.enabled ?? true) };
      default:
        if (schedule?.kind === 'fixed_rate') {
          return { ...titled, schedule: { kind: 'fixed_rate', everyMs: 2_000 + random.integer(8) * 500 } };
        }
        if (schedule?.kind === 'cron' && job.name.startsWith('interval')) {
          const seconds = `${random.integer(5)}/${5 + random.integer(10)}`;
          return { ...titled, schedule: { ...schedule, text: `${seconds} * * * * ?` } };
        }
        return { ...titled, enabled: true };
    }
  });
  return { ...workload, jobs };
}
