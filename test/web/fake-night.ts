import type { Reply } from '../../scheduler/api/admin/contract/routes.ts';

/** A night at half past one, as a busy installation would show it; every instant counts from `nowMs`. */
type Tonight = Reply<'GET /tonight'>;
type ChainRunDetail = NonNullable<Tonight['shown']>;
type Node = ChainRunDetail['nodes'][number];
type RunLine = Reply<'GET /runs'>['items'][number];

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Strings that a hostile or careless program writes: they have to stay inert wherever they are shown. */
export const ODD_STRINGS = {
  script: '<script>alert(1)</script>',
  image: '"><img src=x onerror=alert(1)>',
  template: '{{constructor.constructor("alert(1)")()}}',
  control: 'bell\u0007 back\b esc\u001b[31mred\u001b[0m',
  rightToLeft: 'invoice\u202Efdp.exe',
  lines: 'one\r\ntwo\rthree\u2028four',
  nul: 'nul\u0000byte',
} as const;

const node = (job: string, rank: number, given: Partial<Node>): Node => ({
  job,
  jobId: rank + 10,
  group: 'settlement',
  rank,
  picture: { kind: 'waits', atMs: null, for: [] },
  hold: null,
  runId: null,
  startedAtMs: null,
  endedAtMs: null,
  progress: null,
  markAsked: null,
  etaAtMs: null,
  ...given,
});

const progress = (given: Partial<NonNullable<Node['progress']>>): NonNullable<Node['progress']> => ({
  shardsDone: 0,
  shardsTotal: 12,
  slicesDone: 0,
  slicesTotal: null,
  itemsDone: null,
  itemsOpen: null,
  itemsTotal: null,
  itemsPerSecond: null,
  etaAtMs: null,
  ...given,
});

export const CHAIN = 'nightly-settlement';
const DATE = '2026-11-19';

export function chainRunLine(nowMs: number): ChainRunDetail['run'] {
  return {
    id: 412,
    chain: CHAIN,
    businessDate: DATE,
    seq: 1,
    state: 'running',
    reason: null,
    startedAtMs: nowMs - 3.4 * HOUR,
    endedAtMs: null,
    cutOffAtMs: nowMs + 4.5 * HOUR,
    rerunOf: null,
  };
}

/** `step` counts reads, so that the page is seen to move. */
export function shownNight(nowMs: number, step: number): ChainRunDetail {
  const done = Math.min(9_940_000, 6_214_300 + step * 11_420);
  const slices = Math.floor(done / 20_000);
  const principal = Math.floor(done * 0.41);
  return {
    run: chainRunLine(nowMs),
    nodes: [
      node('import-plans', 0, {
        runId: 9001,
        picture: { kind: 'run', state: 'succeeded', reason: null },
        startedAtMs: nowMs - 3.4 * HOUR,
        endedAtMs: nowMs - 3.2 * HOUR,
        progress: progress({ shardsDone: 4, shardsTotal: 4, itemsDone: 10_000_000, itemsTotal: 10_000_000 }),
      }),
      node('check-limits', 1, {
        runId: 9002,
        picture: { kind: 'run', state: 'succeeded', reason: null },
        startedAtMs: nowMs - 3.2 * HOUR,
        endedAtMs: nowMs - 3.1 * HOUR,
        progress: progress({ shardsDone: 12 }),
      }),
      node('premium-debit', 1, {
        runId: 9003,
        picture: { kind: 'run', state: 'running', reason: null },
        startedAtMs: nowMs - 3.1 * HOUR,
        progress: progress({
          shardsDone: 3,
          slicesDone: slices,
          slicesTotal: 497,
          itemsDone: done,
          itemsTotal: 9_940_000,
          itemsPerSecond: 1_142.4,
          etaAtMs: nowMs + 55 * MINUTE,
        }),
      }),
      node('principal-debit', 2, {
        runId: 9004,
        picture: { kind: 'run', state: 'running', reason: null },
        startedAtMs: nowMs - 2.2 * HOUR,
        progress: progress({
          shardsDone: 0,
          slicesDone: Math.floor(principal / 20_000),
          slicesTotal: 480,
          itemsDone: principal,
          itemsTotal: 9_588_112,
          itemsPerSecond: 803,
          etaAtMs: nowMs + 132 * MINUTE,
        }),
      }),
      node('bank-fees', 2, {
        runId: 9005,
        picture: { kind: 'run', state: 'failed', reason: 'shard 3 of 8: 502 time limit of 600 s passed' },
        startedAtMs: nowMs - 2.9 * HOUR,
        endedAtMs: nowMs - 2.6 * HOUR,
        progress: progress({ shardsDone: 8, shardsTotal: 8 }),
      }),
      node('reconcile', 3, { picture: { kind: 'waits', atMs: null, for: ['premium-debit', 'principal-debit'] } }),
      node('fee-desk', 3, { picture: { kind: 'due' }, group: 'operations' }),
      node('statements', 4, { picture: { kind: 'waits', atMs: nowMs + 4.5 * HOUR, for: ['reconcile'] } }),
      node('night-report', 4, { picture: { kind: 'waits', atMs: null, for: ['reconcile'] } }),
      node('archive', 5, { picture: { kind: 'passed_over', why: 'not on Fridays' }, group: 'operations' }),
    ],
    edges: [
      ['import-plans', 'check-limits', 'met'],
      ['import-plans', 'premium-debit', 'met', { milestone: 'DISPATCHED' }],
      ['check-limits', 'principal-debit', 'met'],
      ['premium-debit', 'principal-debit', 'met', { milestone: 'DISPATCHED' }],
      ['check-limits', 'bank-fees', 'met'],
      ['bank-fees', 'fee-desk', 'met', { when: 'failure' }],
      ['premium-debit', 'reconcile', 'wait', { orCutOff: true }],
      ['principal-debit', 'reconcile', 'late', { deadlineMs: 3 * HOUR }],
      ['reconcile', 'statements', 'wait', { orCutOff: true }],
      ['reconcile', 'night-report', 'wait', { when: 'always' }],
      ['night-report', 'archive', 'never'],
    ].map(([from, to, verdict, more]) => ({
      from,
      to,
      when: 'success',
      milestone: 'SETTLED',
      orCutOff: false,
      deadlineMs: null,
      onDeadline: 'alarm',
      verdict,
      ...(more as object | undefined),
    })) as unknown as ChainRunDetail['edges'],
    sweeps: [
      {
        job: 'verification-sweep',
        runs: 204,
        last: { runId: 9040, state: 'running', startedAtMs: nowMs - 20_000 },
      },
    ],
    frozen: [
      { leg: 'PREMIUM', currency: 'CNY', state: null, count: 9_940_000, amountMinor: '119280000000' },
      { leg: 'PRINCIPAL', currency: 'CNY', state: null, count: 9_588_112, amountMinor: '9588112000000450' },
      { leg: 'PREMIUM', currency: 'JPY', state: null, count: 12_400, amountMinor: '74400000' },
    ],
    told: [
      { leg: 'PREMIUM', currency: 'CNY', state: 'SUCCESS', count: done - 61_400, amountMinor: '74012000000' },
      { leg: 'PREMIUM', currency: 'CNY', state: 'FAILED', count: 48_211, amountMinor: '578532000' },
      { leg: 'PREMIUM', currency: 'CNY', state: 'PROCESSING', count: 11_020, amountMinor: '132240000' },
      { leg: 'PREMIUM', currency: 'CNY', state: 'MANUAL', count: 27, amountMinor: '324000' },
      { leg: 'PREMIUM', currency: 'CNY', state: 'RETRY_WAIT', count: 2_142, amountMinor: '25704000' },
      {
        leg: 'PRINCIPAL',
        currency: 'CNY',
        state: 'SUCCESS',
        count: principal - 90_000,
        amountMinor: '3931125920000185',
      },
      { leg: 'PRINCIPAL', currency: 'CNY', state: 'BLOCKED', count: 48_211, amountMinor: '48211000000000' },
      { leg: 'PRINCIPAL', currency: 'CNY', state: 'PROCESSING', count: 9_804, amountMinor: '9804000000000' },
      { leg: 'PRINCIPAL', currency: 'CNY', state: 'FAILED', count: 31_985, amountMinor: '31985000000000' },
      { leg: 'PREMIUM', currency: 'JPY', state: 'SUCCESS', count: 12_400, amountMinor: '74400000' },
    ],
    etaAtMs: nowMs + 141 * MINUTE,
    isLate: false,
    may: { run: true, edit: true, approve: true },
  };
}

export function alarms(nowMs: number): Tonight['alarms'] {
  const alarm = (id: number, kind: string, severity: 'warning' | 'critical', name: string | null, message: string) => ({
    id,
    kind,
    severity,
    subjectKind: 'job',
    subjectId: String(id),
    subjectName: name,
    message,
    raisedAtMs: nowMs - id * 11 * MINUTE,
    times: id,
    lastAtMs: nowMs - id * 4 * MINUTE,
    closedAtMs: null,
  });
  return [
    alarm(1, 'RUN_FAILED', 'critical', 'bank-fees', 'run 9005: shard 3 of 8: 502 time limit of 600 s passed'),
    alarm(2, 'EDGE_LATE', 'warning', CHAIN, 'principal-debit > reconcile was not met within 3 h'),
    alarm(
      3,
      'EXECUTOR_LOST',
      'critical',
      'settlement',
      'executor 10.2.8.17:9800 has not been heard of for 45 s; its 2 shards went to others',
    ),
    alarm(4, 'RUN_SLOW', 'warning', 'principal-debit', `shard 7 has taken 80 % of its time ${ODD_STRINGS.script}`),
  ];
}

export function executors(nowMs: number): Tonight['executors'] {
  return Array.from({ length: 14 }, (_, n) => ({
    id: n + 1,
    group: n < 10 ? 'settlement' : n < 13 ? 'operations' : 'reports',
    address: `http://10.2.8.${n + 11}:9800/`,
    state: n === 6 ? 'gone' : n === 4 ? 'draining' : n === 9 ? 'silent' : 'alive',
    isDrained: n === 4,
    labels: (n % 2 === 0 ? { zone: 'east', disk: 'fast' } : { zone: 'west' }) as Record<string, string>,
    signs: n !== 13,
    registeredAtMs: nowMs - (n + 1) * 2 * DAY,
    lastBeatAtMs: nowMs - (n === 9 ? 45_000 : n === 6 ? 3 * HOUR : 1_200 + n * 100),
    openAttempts: n < 9 && n !== 6 ? (n % 3) + 1 : 0,
  }));
}

export function inFlight(nowMs: number): Tonight['inFlight'] {
  return Array.from({ length: 17 }, (_, n) => ({
    runId: n % 2 === 0 ? 9003 : 9004,
    jobId: n % 2 === 0 ? 11 : 12,
    job: n % 2 === 0 ? 'premium-debit' : 'principal-debit',
    shardIndex: n % 12,
    shardTotal: 12,
    logId: 70_000 + n,
    executorId: (n % 9) + 1,
    attempt: n === 5 ? 2 : 1,
    state: n === 8 ? 'stopping' : n === 9 ? 'sent' : 'running',
    sinceMs: nowMs - (17 - n) * 9 * MINUTE,
  }));
}

export function standingTonight(nowMs: number): Tonight {
  const all = tonight(nowMs, 0);
  const { shown } = all;
  if (shown === null) return all;
  const isLeft = ({ state }: { readonly state: string | null }) => state !== 'PROCESSING' && state !== 'RETRY_WAIT';
  const left = { leg: 'PRINCIPAL', currency: 'CNY', state: 'PENDING', count: 10, amountMinor: '1000000' };
  const nodes = shown.nodes.map(
    (one): Node =>
      one.picture.kind === 'run' && one.endedAtMs === null
        ? { ...one, picture: { ...one.picture, state: 'dispatched' }, etaAtMs: null }
        : one,
  );
  return { ...all, shown: { ...shown, nodes, told: [...shown.told.filter(isLeft), left], etaAtMs: null } };
}

export function tonight(nowMs: number, step: number): Tonight {
  const shown = shownNight(nowMs, step);
  return {
    nowMs,
    chainRuns: [
      shown.run,
      { ...shown.run, id: 409, chain: 'intraday-fees', seq: 2, startedAtMs: nowMs - 30 * MINUTE, cutOffAtMs: null },
      { ...shown.run, id: 401, chain: 'month-end', state: 'succeeded', endedAtMs: nowMs - 9 * HOUR },
    ],
    shown,
    executors: executors(nowMs),
    inFlight: inFlight(nowMs),
    alarms: alarms(nowMs),
    openRuns: { waiting: 3, running: 4, dispatched: 1 },
    next: [
      { kind: 'job', name: 'verification-sweep', atMs: nowMs + 10_000 },
      { kind: 'job', name: 'gateway-heartbeat', atMs: nowMs + 41_000 },
      { kind: 'chain', name: 'intraday-fees', atMs: nowMs + 28 * MINUTE },
      { kind: 'job', name: 'clear-logs', atMs: nowMs + 3.5 * HOUR },
      { kind: 'chain', name: CHAIN, atMs: nowMs + 20.6 * HOUR },
    ],
  };
}

const RUN_STATES = ['succeeded', 'succeeded', 'failed', 'succeeded', 'timed_out', 'cancelled', 'succeeded'] as const;
export const JOB_NAMES = [
  'import-plans',
  'check-limits',
  'premium-debit',
  'principal-debit',
  'bank-fees',
  'reconcile',
  'statements',
  'night-report',
];

export function grid(nowMs: number): Reply<'GET /grid'> {
  return {
    chain: CHAIN,
    nodes: JOB_NAMES,
    rows: Array.from({ length: 14 }, (_, n) => {
      const startedAtMs = nowMs - 3.4 * HOUR - n * DAY;
      const isBad = n === 4 || n === 9;
      return {
        run: {
          ...chainRunLine(nowMs),
          id: 412 - n,
          businessDate: new Date(Date.UTC(2026, 10, 19 - n)).toISOString().slice(0, 10),
          state: n === 0 ? ('running' as const) : isBad ? ('failed' as const) : ('succeeded' as const),
          startedAtMs,
          endedAtMs: n === 0 ? null : startedAtMs + (4.6 + ((n * 7) % 5) * 0.6) * HOUR,
        },
        cells: JOB_NAMES.map((_job, index) => {
          if (n === 0 && index > 4) return null;
          if (isBad && index > 5) return null;
          const state =
            n === 0 && (index === 2 || index === 3)
              ? ('running' as const)
              : isBad && index === 5
                ? ('failed' as const)
                : n === 0 && index === 4
                  ? ('failed' as const)
                  : n === 6 && index === 6
                    ? ('cancelled' as const)
                    : ('succeeded' as const);
          return {
            runId: 9001 + index - n * 20,
            state,
            durationMs: state === 'running' ? null : (index + 1) * 11 * MINUTE,
          };
        }),
      };
    }),
  };
}

export function runLines(nowMs: number, count: number, from = 0): RunLine[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const state =
      n === 0
        ? ('waiting' as const)
        : n < 3
          ? ('running' as const)
          : n === 3
            ? ('dispatched' as const)
            : (RUN_STATES[n % 7] ?? 'succeeded');
    const startedAtMs = nowMs - n * 13 * MINUTE - 30_000;
    const isOpen = n <= 3;
    const durationMs = isOpen ? nowMs - startedAtMs : ((n * 37) % 50) * MINUTE + 4_200;
    return {
      id: 9040 - n,
      jobId: 10 + (n % JOB_NAMES.length),
      job: JOB_NAMES[n % JOB_NAMES.length] ?? 'job',
      group: n % 5 === 4 ? 'operations' : 'settlement',
      chainRunId: n % 3 === 0 ? null : 412,
      chain: n % 3 === 0 ? null : CHAIN,
      state,
      waitsFor: n === 0 ? ('executors' as const) : null,
      reason:
        state === 'failed'
          ? n === 9
            ? `HandlerError: ${ODD_STRINGS.image} ${ODD_STRINGS.rightToLeft}`
            : 'shard 3 of 12: GATEWAY_BUSY after 4 tries'
          : state === 'timed_out'
            ? 'shard 7 of 12: 502 time limit of 600 s passed'
            : state === 'cancelled'
              ? 'ended by chen: the bank was closed'
              : null,
      businessDate: '2026-11-19',
      origin: n % 3 === 0 ? 'schedule' : n % 7 === 5 ? 'manual' : 'chain',
      by: n % 7 === 5 ? 'chen' : null,
      rerunOf: n === 11 ? 9012 : null,
      plannedAtMs: startedAtMs - ((n * 3) % 11) * 1_000,
      startedAtMs,
      endedAtMs: isOpen ? null : startedAtMs + durationMs,
      durationMs,
      latenessMs: ((n * 3) % 11) * 1_000,
      shardTotal: n === 0 ? null : 12,
    };
  });
}
