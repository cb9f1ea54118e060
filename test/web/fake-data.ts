import type { Reply } from '../../scheduler/api/admin/contract/routes.ts';
import { readJob } from '../../scheduler/definition/job-definition.ts';
import { CHAIN, chainRunLine, DAY, HOUR, JOB_NAMES, MINUTE, ODD_STRINGS, runLines, shownNight } from './fake-night.ts';
import { SCRIPT_JOB, scriptJob } from './fake-scripts.ts';

/** The rest of what the page asks for; shapes are checked against the contract by the fake server at each answer. */
type Job = Reply<'GET /jobs/:jobId'>['job'];
type ChainReply = Reply<'GET /chains/:chain'>;

const TITLES = [
  'Import the plans',
  'Check limits',
  'Debit premiums',
  'Debit principals',
  'Fees of the banks',
  'Reconcile with the banks',
  'Statements for customers',
  'Report of the night',
];

/** One of each type. */
const FEE_FIELDS: Job['paramFields'] = {
  region: { type: 'text', required: true, oneOf: ['north', 'south'] },
  limit: { type: 'integer', default: 100, min: 1, max: 100_000 },
  rate: { type: 'number' },
  day: { type: 'date', default: '{businessDate}' },
  isFinal: { type: 'boolean', default: false },
  note: { type: 'text' },
  more: { type: 'json' },
};

export const jobs: Job[] = [
  ...JOB_NAMES.map((name, n) =>
    readJob({
      id: 10 + n,
      name,
      title: TITLES[n] ?? '',
      owner: n % 3 === 0 ? 'chen' : n % 3 === 1 ? 'ops-night' : 'li.wei',
      tags: n % 2 === 0 ? ['night', 'money'] : ['night'],
      handler: name,
      group: n === 4 ? 'operations' : 'settlement',
      route: n < 4 ? 'SHARDING_BROADCAST' : 'FAILOVER',
      shardTotal: n < 4 ? 12 : null,
      param: n === 0 ? '{"file":"/in/plans-{businessDate}.csv"}' : n === 4 ? '{"region":"north"}' : '',
      paramFields: n === 4 ? FEE_FIELDS : null,
      timeoutSeconds: 600,
      retry: { count: 3, firstMs: 1_000 },
      tellsSettled: n === 2 || n === 3,
      schedule:
        n === 4
          ? { kind: 'cron', dialect: 'quartz', text: '0 30 2 ? * MON-FRI', zone: 'Asia/Shanghai' }
          : n === 6
            ? { kind: 'parent', jobs: ['reconcile'], on: 'success' }
            : { kind: 'none' },
    }),
  ),
  readJob({
    id: 30,
    name: 'verification-sweep',
    group: 'settlement',
    route: 'FAILOVER',
    handler: 'sweep',
    schedule: { kind: 'fixed_rate', everyMs: 60_000 },
    enabledWhile: 'chain_running',
    owner: 'ops-night',
  }),
  readJob({
    id: 31,
    name: 'gateway-heartbeat',
    group: 'operations',
    route: 'ROUND',
    handler: 'http-call',
    schedule: { kind: 'cron', dialect: 'unix', text: '*/5 * * * *', zone: 'Europe/Berlin' },
    tags: ['watch'],
  }),
  readJob({
    id: 32,
    name: 'clear-logs',
    group: 'operations',
    route: 'FIRST',
    handler: 'clear-logs',
    schedule: { kind: 'fixed_delay', delayMs: 6 * HOUR },
    enabled: false,
  }),
  readJob({
    id: 33,
    name: 'odd.strings',
    title: ODD_STRINGS.image,
    owner: ODD_STRINGS.rightToLeft,
    tags: [ODD_STRINGS.script, 'x'.repeat(50)],
    group: 'reports',
    route: 'RANDOM',
    handler: 'odd',
    param: Object.values(ODD_STRINGS).join('|').replaceAll(/[{}]/g, ''),
  }),
  scriptJob,
];

const may = { run: true, edit: true, approve: true };
const OUTCOMES = ['succeeded', 'failed', 'succeeded', 'running', 'succeeded', 'timed_out'] as const;

export const jobLine = (job: Job, nowMs: number, removed = false): Reply<'GET /jobs'>['items'][number] => {
  const n = job.id - 10;
  const state = OUTCOMES[n % OUTCOMES.length] ?? 'succeeded';
  return {
    id: job.id,
    name: job.name,
    title: job.title,
    group: job.group,
    owner: job.owner,
    tags: [...job.tags],
    runs: job.handler || job.glueType,
    schedule: job.schedule,
    enabled: job.enabled && !removed,
    heldBecause: job.name === 'bank-fees' ? 'hold of the job by chen: the banks are closed' : null,
    version: 3 + (n % 4),
    updatedAtMs: nowMs - n * 5 * HOUR,
    nextFireAtMs:
      job.enabled && job.schedule.kind !== 'none' && job.schedule.kind !== 'parent'
        ? nowMs + (n + 1) * 17 * MINUTE
        : null,
    lastRun:
      job.id === 33
        ? null
        : {
            runId: 9000 + n,
            state,
            startedAtMs: nowMs - (n + 1) * 21 * MINUTE,
            endedAtMs: state === 'running' ? null : nowMs - n * 20 * MINUTE,
          },
    openRuns: state === 'running' ? 1 : 0,
  };
};

export const jobView = (job: Job, nowMs: number): Reply<'GET /jobs/:jobId'> => {
  const line = jobLine(job, nowMs);
  return {
    job,
    version: line.version,
    updatedAtMs: line.updatedAtMs,
    heldBecause: line.heldBecause,
    nextFireAtMs: line.nextFireAtMs,
    lastRun: line.lastRun,
    openRuns: line.openRuns,
    chains: JOB_NAMES.includes(job.name) ? [CHAIN] : [],
    children: job.name === 'reconcile' ? [{ jobId: 16, name: 'statements', on: 'success' }] : [],
    may,
  };
};

export const nextFires = (nowMs: number): Reply<'GET /jobs/:jobId/next-fires'> => ({
  zone: 'Europe/Berlin',
  items: Array.from({ length: 10 }, (_, n) => ({
    atMs: nowMs + (n + 1) * DAY,
    businessDate: new Date(nowMs + (n + 1) * DAY).toISOString().slice(0, 10),
    local: `${new Date(nowMs + (n + 1) * DAY).toISOString().slice(0, 10)} 02:30:00 ${n < 5 ? '+02:00' : '+01:00'}`,
    clockChange: n === 5 ? { atMs: nowMs + 5.6 * DAY, offsetBeforeMs: 2 * HOUR, offsetAfterMs: HOUR } : null,
  })),
});

export const versions = (nowMs: number): Reply<'GET /jobs/:jobId/versions'> => ({
  items: [5, 4, 3, 2, 1].map((version) => ({
    version,
    isCurrent: version === 5,
    createdAtMs: nowMs - (6 - version) * 3.1 * DAY,
    by: version % 2 === 0 ? 'chen' : 'li.wei',
  })),
});

export const diff = (version: number, from: number): Reply<'GET /jobs/:jobId/versions/:version/diff'> => ({
  from,
  to: version,
  differences: [
    { path: 'timeoutSeconds', before: 300, after: 600 },
    { path: 'retry.count', before: 0, after: 3 },
    {
      path: 'schedule',
      before: { kind: 'none' },
      after: { kind: 'cron', dialect: 'quartz', text: '0 30 2 ? * MON-FRI', zone: 'Asia/Shanghai' },
    },
    { path: 'param', before: '', after: ODD_STRINGS.lines },
  ],
});

export function chainView(nowMs: number, name = CHAIN): ChainReply {
  const { nodes, edges } = shownNight(nowMs, 0);
  const chain = {
    name,
    title: name === CHAIN ? 'The nightly settlement' : '',
    owner: 'ops-night',
    tags: ['night', 'money'],
    nodes: nodes.map(({ job }) => job),
    edges: edges.map(({ from, to, when, milestone, orCutOff, deadlineMs, onDeadline }) => ({
      from,
      to,
      when,
      milestone,
      orCutOff,
      ...(deadlineMs === null ? {} : { deadlineMs, onDeadline }),
    })),
    joinAny: [],
    sweeps: ['verification-sweep'],
    schedule: { kind: 'cron', dialect: 'quartz', text: '0 0 22 ? * MON-FRI', zone: 'Asia/Shanghai' },
    limits: { startAtMs: null, endAtMs: null, calendar: 'china-banks', roll: 'skip' },
    misfire: { policy: 'FIRE_ONCE', afterMs: 5_000, max: 100, windowMs: DAY, holdAfterMs: 2 * HOUR },
    businessDate: { zone: null, offsetDays: 0 },
    cutOff: { kind: 'time', time: '06:00', zone: 'Asia/Shanghai' },
    enabled: true,
    configHash: 'fake',
  } as unknown as ChainReply['chain'];
  return {
    chain,
    version: 7,
    updatedAtMs: nowMs - 2 * DAY,
    heldBecause: null,
    nextFireAtMs: nowMs + 20.6 * HOUR,
    nodes: nodes.map(({ job, jobId, group, rank }) => {
      const { param = '', paramFields = null } = jobs.find(({ name }) => name === job) ?? {};
      return { job, jobId, group, rank, title: '', enabled: true, param, paramFields };
    }),
    edges: edges.map((edge) => ({ ...edge, verdict: null })),
    lastRun: chainRunLine(nowMs),
    may,
  };
}

export const chainLines = (nowMs: number): Reply<'GET /chains'> => ({
  items: [CHAIN, 'intraday-fees', 'month-end'].map((name, n) => {
    const view = chainView(nowMs, name);
    return {
      name,
      title: view.chain.title,
      owner: view.chain.owner,
      tags: [...view.chain.tags],
      schedule: view.chain.schedule,
      enabled: n !== 2,
      heldBecause: n === 1 ? 'hold of the chain by chen' : null,
      nodes: 10 - n * 3,
      groups: ['settlement', 'operations'],
      version: 7 - n,
      updatedAtMs: view.updatedAtMs,
      nextFireAtMs: n === 2 ? null : view.nextFireAtMs,
      lastRun:
        n === 2
          ? null
          : { ...chainRunLine(nowMs), chain: name, state: n === 0 ? ('running' as const) : ('succeeded' as const) },
    };
  }),
  next: null,
});

/** The run of a script. */
export const SCRIPT_RUN = 9035;

export function runDetail(runId: number, nowMs: number, step: number): Reply<'GET /runs/:runId'> {
  const known = runLines(nowMs, 60).find(({ id }) => id === runId) ?? runLines(nowMs, 1, 9)[0];
  if (known === undefined) throw new Error('no run');
  const bad = runId === 9005;
  const running = runId === 9003;
  const ofScript = runId === SCRIPT_RUN;
  const shown = shownNight(nowMs, step);
  const run = {
    ...known,
    id: runId,
    jobId: ofScript ? SCRIPT_JOB : known.jobId,
    job: ofScript ? scriptJob.name : bad ? 'bank-fees' : running ? 'premium-debit' : known.job,
    chain: CHAIN,
    chainRunId: 412,
    state: bad ? ('failed' as const) : running ? ('running' as const) : known.state,
    reason: bad ? 'shard 3 of 8: 502 time limit of 600 s passed' : running ? null : known.reason,
    endedAtMs: running ? null : known.endedAtMs,
    shardTotal: running ? 1_000 : 12,
  };
  return {
    run,
    param: `{"file":"/in/plans-2026-11-19.csv","limit":100000}\n${Object.values(ODD_STRINGS).join('\n')}`,
    jobVersion: 5,
    codeVersion: 'a3a8cdf',
    scriptVersion: ofScript ? 2 : null,
    dispatchedAtMs: run.endedAtMs,
    settledAtMs: run.endedAtMs,
    result: run.endedAtMs === null ? null : { imported: 10_000_000, rejected: 41, note: ODD_STRINGS.script },
    shardCounts: running
      ? { ready: 412, sent: 4, running: 12, succeeded: 569, failed: 3 }
      : { succeeded: 9, failed: 3 },
    progress: shown.nodes[running ? 2 : 0]?.progress ?? {
      shardsDone: 9,
      shardsTotal: 12,
      slicesDone: 0,
      slicesTotal: null,
      itemsDone: null,
      itemsOpen: null,
      itemsTotal: null,
      itemsPerSecond: null,
      etaAtMs: null,
    },
    frozen: running ? shown.frozen.filter(({ leg }) => leg === 'PREMIUM') : [],
    told: running ? shown.told.filter(({ leg }) => leg === 'PREMIUM') : [],
    mismatch: null,
    throttled: null,
    parents: [{ runId: 9001, job: 'import-plans', state: 'succeeded', because: 'DISPATCHED' }],
    children: [{ runId: 9004, job: 'principal-debit', state: 'running', because: 'DISPATCHED' }],
    line: bad
      ? [
          { runId: 8990, kind: 'all', state: 'failed', isThis: false },
          { runId: 9005, kind: 'failed', state: 'failed', isThis: true },
        ]
      : [],
    may: {
      kill: run.endedAtMs === null,
      rerunAll: run.endedAtMs !== null,
      rerunFailed: bad || run.state === 'failed',
      resume: bad,
    },
  };
}

export function shards(runId: number, nowMs: number): Reply<'GET /runs/:runId/shards'>['items'] {
  const total = runId === 9003 ? 1_000 : 12;
  return Array.from({ length: total }, (_, index) => {
    const state =
      index % 97 === 13
        ? ('failed' as const)
        : index < total * 0.57
          ? ('succeeded' as const)
          : index < total * 0.58 + 6
            ? ('running' as const)
            : ('ready' as const);
    const sentAtMs = nowMs - (total - index) * 4_000;
    const tries = index % 97 === 13 ? 4 : index % 41 === 7 ? 2 : 1;
    return {
      index,
      phase: 'shard' as const,
      state,
      reason:
        state === 'failed'
          ? `GATEWAY_BUSY: the bank answers 503 (${index % 2 === 0 ? ODD_STRINGS.control : 'limit of 20 a second'})`
          : null,
      result: null,
      endedAtMs: state === 'succeeded' || state === 'failed' ? sentAtMs + 61_000 : null,
      attempts:
        state === 'ready'
          ? []
          : Array.from({ length: tries }, (_n, no) => ({
              logId: 70_000 + index * 5 + no,
              no: no + 1,
              executorId: (index % 9) + 1,
              address: `http://10.2.8.${(index % 9) + 11}:9800/`,
              state:
                no < tries - 1
                  ? ('failed' as const)
                  : state === 'running'
                    ? ('running' as const)
                    : state === 'failed'
                      ? ('failed' as const)
                      : ('succeeded' as const),
              reason: no < tries - 1 ? 'GATEWAY_BUSY' : null,
              sentAtMs: sentAtMs + no * 9_000,
              acceptedAtMs: sentAtMs + no * 9_000 + 40,
              endedAtMs: state === 'running' && no === tries - 1 ? null : sentAtMs + no * 9_000 + 61_000,
              sends: 1,
            })),
    };
  });
}

export const timeline = (nowMs: number): Reply<'GET /runs/:runId/timeline'> => ({
  items: [
    ['planned', null, null, null],
    ['made', null, null, 'premium-debit of chain run 412'],
    ['split', null, null, '12 shards'],
    ['sent', 0, 1, null],
    ['accepted', 0, 1, null],
    ['failed', 3, 1, 'GATEWAY_BUSY: the bank answers 503'],
    ['retried', 3, 2, null],
    ['lost', 5, 1, `executor went away ${ODD_STRINGS.rightToLeft}`],
    ['ended', 0, 1, null],
    ['dispatched', null, null, null],
    ['settled', null, null, null],
  ].map(([kind, shardIndex, attempt, text], n) => ({
    atMs: nowMs - (12 - n) * 7 * MINUTE,
    kind: kind as string,
    shardIndex: shardIndex as number | null,
    attempt: attempt as number | null,
    address: shardIndex === null ? null : 'http://10.2.8.14:9800/',
    text: text as string | null,
  })),
});

/** Ten million lines that nobody keeps: each is made from its number. */
export const LOG_LINES = 10_482_113;
export function logLine(no: number): Reply<'GET /logs/:logId'>['lines'][number] {
  const odd = Object.values(ODD_STRINGS);
  const at = new Date(Date.UTC(2026, 10, 19, 18, 0, 0) + no * 37).toISOString();
  if (no % 211 === 0)
    return { no, level: 'error', text: `${at} slice 17: GATEWAY_BUSY after 4 tries {"requestNo":"PRD.${no}.1.1"}` };
  if (no % 211 < 4 && no > 4) return { no, level: null, text: `    at debit (premium-debit.ts:${no % 90}:14)` };
  if (no % 37 === 0)
    return { no, level: 'warn', text: `${at} the gateway is slow: 812 ms ${odd[no % odd.length] ?? ''}` };
  if (no % 9 === 0) return { no, level: 'debug', text: `${at} lease of slice ${no % 497} renewed, epoch 3` };
  return {
    no,
    level: 'info',
    text: `${at} slice ${no % 497}: chunk of 200 written, ${(no * 200).toLocaleString('en')} rows, checkpoint ${no}`,
  };
}

export const groups: Reply<'GET /groups'> = {
  items: [
    {
      name: 'settlement',
      title: 'Settlement machines',
      addressType: 'auto',
      addresses: [],
      hasOwnToken: true,
      runLimit: 8,
      jobs: 8,
      executors: { alive: 7, draining: 1, silent: 1, gone: 1 },
      openRuns: 4,
      tellsSettled: true,
      isHeld: false,
    },
    {
      name: 'operations',
      title: 'Operations',
      addressType: 'auto',
      addresses: [],
      hasOwnToken: false,
      runLimit: 0,
      jobs: 3,
      executors: { alive: 3, draining: 0, silent: 0, gone: 0 },
      openRuns: 1,
      tellsSettled: false,
      isHeld: true,
    },
    {
      name: 'reports',
      title: ODD_STRINGS.script,
      addressType: 'manual',
      addresses: ['http://10.2.9.4:9800/', 'http://10.2.9.5:9800/'],
      hasOwnToken: false,
      runLimit: 2,
      jobs: 1,
      executors: { alive: 1, draining: 0, silent: 0, gone: 0 },
      openRuns: 0,
      tellsSettled: false,
      isHeld: false,
    },
  ],
};

export const calendars = (nowMs: number): Reply<'GET /calendars'> => ({
  items: [
    {
      calendar: {
        name: 'china-banks',
        weekly: ['MON', 'TUE', 'WED', 'THU', 'FRI'],
        datesOut: ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-06', '2026-10-07', '2027-01-01'],
        datesIn: ['2026-10-10', '2026-09-27'],
        names: { '2026-10-01': '国庆节 National Day', '2026-10-10': '补班 make-up work day' },
        years: [2026, 2027],
      },
      version: 3,
      updatedAtMs: nowMs - 40 * DAY,
      usedBy: [{ kind: 'chain', name: CHAIN }],
    },
  ],
});

export const items = (nowMs: number): Reply<'GET /items'>['items'] =>
  Array.from({ length: 9 }, (_, n) => ({
    runId: 9003,
    sliceNo: n * 7,
    seq: n * 13 + 5,
    key: `C-2026-0004${n}1`,
    requestNo: `PRD.C-2026-0004${n}1.P.2026-11.1.${n + 1}`,
    leg: n % 3 === 0 ? 'PRINCIPAL' : 'PREMIUM',
    currency: 'CNY',
    amountMinor: String(1_200_000 + n * 33),
    state: ['PROCESSING', 'MANUAL', 'RETRY_WAIT', 'PROCESSING', 'SUCCESS'][n % 5] ?? 'PENDING',
    reason:
      n === 1
        ? `two definite answers: SUCCESS, then FAILED ${ODD_STRINGS.script}`
        : n === 0
          ? 'UNCLEAR'
          : n === 2
            ? 'SUCCESS_OTHER_VALUES'
            : null,
    attempt: n + 1,
    businessDate: '2026-11-19',
    openedAtMs: n % 5 === 4 ? null : nowMs - (n + 1) * 23 * MINUTE,
    nextCheckAtMs: n % 5 === 4 ? null : nowMs + (n === 3 ? -3 * MINUTE : (n + 1) * 40_000),
  }));

export const itemHistory = (nowMs: number, requestNo: string): Reply<'GET /items/history'> => ({
  item: {
    ...((items(nowMs).find((item) => item.requestNo === requestNo) ??
      items(nowMs)[0]) as Reply<'GET /items'>['items'][number]),
    requestNo,
  },
  events: [
    { atMs: nowMs - 70 * MINUTE, kind: 'state', text: 'PENDING > PROCESSING', by: null, body: null },
    {
      atMs: nowMs - 70 * MINUTE,
      kind: 'call',
      text: `call 1 stored, key ${requestNo}`,
      by: null,
      body: '{"amountMinor":"1200000","currency":"CNY"}',
    },
    { atMs: nowMs - 69 * MINUTE, kind: 'evidence', text: 'no answer within 30 s', by: null, body: 'ETIMEDOUT' },
    {
      atMs: nowMs - 66 * MINUTE,
      kind: 'evidence',
      text: 'asked: PROCESSING',
      by: null,
      body: `{"state":"PROCESSING","note":"${ODD_STRINGS.script.replaceAll('"', "'")}"}`,
    },
    { atMs: nowMs - 61 * MINUTE, kind: 'hand', text: 'asked now', by: 'chen', body: null },
    { atMs: nowMs - 60 * MINUTE, kind: 'ledger', text: 'nothing debited yet', by: null, body: null },
  ],
});

/** What everything that was due came to: one night left items unresolved, one differs. */
const endedTotals = (n: number): Reply<'GET /nights'>['items'][number]['totals'] => {
  const left = n === 2 ? 27 : 0;
  const total = (leg: string, currency: string, state: string | null, count: number, amountMinor: string) => ({
    ...{ leg, currency, state, count, amountMinor },
  });
  return [
    total('PREMIUM', 'CNY', null, 9_940_000, '119280000000'),
    total('PREMIUM', 'CNY', 'SUCCESS', 9_891_789 - left - n, '118701468000'),
    total('PREMIUM', 'CNY', 'FAILED', 48_211 + n, '578532000'),
    total('PREMIUM', 'CNY', 'BLOCKED', 0, '0'),
    total('PREMIUM', 'CNY', 'UNRESOLVED', left, String(left * 12_000)),
    total('PRINCIPAL', 'CNY', null, 9_588_112, '9588112000000450'),
    total('PRINCIPAL', 'CNY', 'SUCCESS', 9_507_916, '9507916000000450'),
    total('PRINCIPAL', 'CNY', 'FAILED', 31_985, '31985000000000'),
    total('PRINCIPAL', 'CNY', 'BLOCKED', 48_211, '48211000000000'),
    total('PRINCIPAL', 'CNY', 'UNRESOLVED', 0, '0'),
  ];
};

export const nights = (nowMs: number): Reply<'GET /nights'>['items'] =>
  Array.from({ length: 6 }, (_, n) => ({
    nightId: String(120 - n),
    businessDate: new Date(Date.UTC(2026, 10, 19 - n)).toISOString().slice(0, 10),
    chainRunId: 412 - n,
    state: n === 0 ? 'running' : n === 2 ? 'unresolved' : n === 3 ? 'differs' : 'settled',
    startedAtMs: nowMs - 3.4 * HOUR - n * DAY,
    endedAtMs: n === 0 ? null : nowMs + 1.6 * HOUR - n * DAY,
    totals: n === 0 ? [] : endedTotals(n),
    differences: n === 0 ? null : n === 3 ? 2 : 0,
  }));

export function nightReport(nowMs: number, nightId: string): Reply<'GET /nights/report'> {
  const night = nights(nowMs).find((one) => one.nightId === nightId) ?? nights(nowMs)[1];
  if (night === undefined) throw new Error('no night');
  const shift = Number(nightId) % 7;
  const columns = [
    'kind',
    'requestNo',
    'gatewayRef',
    'contractNo',
    'leg',
    'currency',
    'ours',
    'theirs',
    'breaks',
    'note',
  ];
  const of = ['PREMIUM', 'CNY'];
  return {
    night,
    sections: [
      {
        name: 'conservation',
        title: 'Conservation',
        columns: ['leg', 'currency', 'state', 'count', 'amountMinor'],
        rows: night.totals.map(({ leg, currency, state, count, amountMinor }) => [
          ...[leg, currency, state ?? 'due'],
          ...[count, amountMinor],
        ]),
      },
      {
        name: 'reconciliation',
        title: 'Reconciliation',
        columns: ['figure', 'count'],
        rows: [
          ['matched', 19_399_705 - shift],
          ['onlyOurs', night.differences === 2 ? 1 : 0],
        ],
      },
      {
        name: 'differences',
        title: 'Differences',
        columns,
        rows:
          night.differences === 2
            ? [
                ['ONLY_OURS', 'PRD.C-2026-00041.P.1.1', null, 'C-2026-00041', ...of, '1200000', null, 1, null],
                ['AMOUNT_DIFFERS', 'PRD.C-7.P.1.1', 'GW-1', 'C-7', ...of, '1200000', '120000', 1, ODD_STRINGS.script],
              ]
            : [],
      },
      {
        name: 'executors',
        title: 'Executors',
        columns: ['address', 'shardIndex', 'items'],
        rows: [
          ['http://10.2.8.11:9800/', 0, 6_513_504],
          ['http://10.2.8.12:9800/', 'volunteer', 13_027_008],
        ],
      },
      {
        name: 'throughput',
        title: 'Throughput',
        columns: ['figure', 'value'],
        rows: [
          ['items', 19_540_512],
          ['seconds', 16_200 + shift * 60],
          ['itemsPerSecond', 1_206.2],
        ],
      },
    ],
    document: { businessDate: night.businessDate, exitCode: 0 },
  };
}
