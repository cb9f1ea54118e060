import type { ServerResponse } from 'node:http';
import type { RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { describeCron } from './fake-cron.ts';
import * as data from './fake-data.ts';
import {
  alarms,
  CHAIN,
  chainRunLine,
  DAY,
  executors,
  grid,
  HOUR,
  inFlight,
  MINUTE,
  ODD_STRINGS,
  runLines,
  shownNight,
  standingTonight,
  tonight,
} from './fake-night.ts';
import { type FakeScript, scriptLine } from './fake-scripts.ts';

export interface FakeState {
  isSetUp: boolean;
  isLoggedIn: boolean;
  mustChangePassword: boolean;
  /** Grows with every hint of the stream, so that progress is seen to move. */
  steps: number;
  /** Connections are cut, as when the scheduler restarts. */
  isDown: boolean;
  /** All shards of tonight are back, and ten principals wait for premiums that are with people. */
  isStanding: boolean;
  /** What was asked for many: those rows, and whether it stands still at the second. */
  bulkIds: readonly number[];
  isBulkHeldUp: boolean;
  /** Of its script job, the first first. */
  scripts: FakeScript[];
  readonly streams: Set<ServerResponse>;
}
interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly nowMs: number;
  readonly state: FakeState;
}

export class Refusal extends Error {
  readonly status: number;
  readonly problem: unknown;
  constructor(status: number, code: string, message: string, more: object = {}) {
    super(message);
    this.status = status;
    this.problem = { error: { code, message, fields: [], details: {}, ...more } };
  }
}

const session = ({ nowMs, state }: Asked) => {
  if (!state.isLoggedIn) throw new Refusal(401, 'UNAUTHORIZED', 'nobody is logged in');
  return {
    principal: {
      kind: 'user',
      id: 1,
      name: 'chen',
      displayName: 'Chen Yu',
      isAdmin: true,
      grants: [{ group: '*', permissions: ['view', 'run', 'edit', 'approve'] }],
      mustChangePassword: state.mustChangePassword,
      language: null,
      theme: 'system',
    },
    csrfToken: 'csrf',
    idleEndsAtMs: nowMs + HOUR,
    endsAtMs: nowMs + 12 * HOUR,
    installation: { version: '0.1.0', isDev: true, nowMs, store: 'mysql' },
  };
};
const enter = (asked: Asked) => {
  const { name, password } = asked.body as { name?: string; password?: string };
  if (password === 'wrong')
    throw new Refusal(401, 'UNAUTHORIZED', `no such name and password: ${name}`, { retryAfterSeconds: 4 });
  asked.state.isLoggedIn = true;
  asked.state.isSetUp = true;
  return session(asked);
};
const page = <T>(rows: readonly T[], { query }: Asked) => {
  const from = Number(query.after ?? 0);
  const to = from + Number(query.limit ?? 50);
  return { items: rows.slice(from, to), next: to < rows.length ? String(to) : null };
};
const jobOf = ({ params }: Asked) => {
  const job = data.jobs.find(({ id }) => id === Number(params.jobId));
  if (job === undefined) throw new Refusal(404, 'NOT_FOUND', `there is no job ${params.jobId}`);
  return job;
};
const problemsOf = (job: {
  name?: string;
  handler?: string;
  schedule?: { kind: string; text?: string; dialect?: 'quartz' | 'unix' };
}) => {
  const cron =
    job.schedule?.kind === 'cron'
      ? describeCron(job.schedule.text ?? '', job.schedule.dialect ?? 'quartz', 'UTC', 0).problem
      : null;
  return [
    ...(/^[A-Za-z0-9][\w.-]{0,63}$/.test(job.name ?? '')
      ? []
      : [{ path: 'name', message: 'must be 1 to 64 letters, digits, ".", "_" or "-"' }]),
    ...(job.handler === '' ? [{ path: 'handler', message: 'must not be empty' }] : []),
    ...(cron === null ? [] : [{ ...cron, path: 'schedule.text' }]),
  ];
};
const person = (n: number, nowMs: number) => ({
  id: n,
  name: ['chen', 'li.wei', 'ops-night', 'auditor'][n - 1] ?? 'somebody',
  displayName: ['Chen Yu', '李伟', 'Night shift', ODD_STRINGS.image][n - 1] ?? '',
  email: n === 3 ? null : `p${n}@example.com`,
  isAdmin: n === 1,
  state: n === 4 ? 'disabled' : 'active',
  grants:
    n === 1
      ? []
      : [{ group: n === 2 ? '*' : 'settlement', permissions: n === 2 ? ['view', 'approve'] : ['view', 'run', 'edit'] }],
  mustChangePassword: n === 3,
  createdAtMs: nowMs - n * 40 * DAY,
  lastLoginAtMs: n === 4 ? null : nowMs - n * 3 * HOUR,
  lockedUntilMs: n === 3 ? nowMs + 20 * MINUTE : null,
});
const key = (n: number, nowMs: number) => ({
  id: n,
  name: ['deploy pipeline', 'grafana', 'old import'][n - 1] ?? 'key',
  prefix: `dbk_${n}x9f`,
  isAdmin: false,
  grants: [{ group: '*', permissions: n === 1 ? ['view', 'edit'] : ['view'] }],
  createdBy: 'chen',
  createdAtMs: nowMs - n * 30 * DAY,
  expiresAtMs: n === 1 ? nowMs + 60 * DAY : null,
  lastUsedAtMs: n === 3 ? null : nowMs - n * HOUR,
  revokedAtMs: n === 3 ? nowMs - 4 * DAY : null,
});
const channel = (n: number, nowMs: number) => ({
  id: n,
  name: ['Night shift by mail', 'DingTalk group', 'Slack #settlement'][n - 1] ?? '',
  kind: ['email', 'dingtalk', 'slack'][n - 1] ?? 'webhook',
  enabled: n !== 3,
  settings:
    n === 1
      ? {
          host: 'smtp.example.com',
          port: 465,
          security: 'tls',
          user: 'night',
          from: 'night@example.com',
          to: ['ops@example.com'],
          language: 'en',
        }
      : { url: `https://hooks.example.com/${n}`, language: 'zh' },
  hasSecret: n < 3,
  lastSentAtMs: n === 3 ? null : nowMs - n * HOUR,
  lastError: n === 2 ? 'answered 502' : null,
});
const rule = (n: number) => ({
  id: n,
  name: ['What fails at night', 'Late against the cut-off'][n - 1] ?? '',
  enabled: true,
  events: n === 1 ? ['failure', 'node_lost'] : ['eta_past_cut_off', 'late_start', 'stalled'],
  group: n === 1 ? null : 'settlement',
  severity: n === 1 ? 'warning' : 'critical',
  channels: n === 1 ? [1, 2] : [2],
  tellRecovery: n === 1,
  afterMs: n === 1 ? 0 : 5 * MINUTE,
});
const approval = (n: number, nowMs: number, state = 'open') => ({
  id: n,
  kind: n % 2 === 0 ? 'node.mark' : 'item.resolve',
  group: 'settlement',
  subjectKind: n % 2 === 0 ? 'chain_run' : 'item',
  subjectId: n % 2 === 0 ? '412' : 'PRD.C-2026-000411.P.2026-11.1.1',
  order:
    n % 2 === 0
      ? { node: 'bank-fees', mark: 'succeeded' }
      : { requestNo: 'PRD.C-2026-000411.P.2026-11.1.1', as: 'success', group: 'settlement' },
  reason: n === 1 ? `the bank confirmed by phone, ref. 88121 ${ODD_STRINGS.script}` : 'fees were booked by hand',
  askedBy: n === 3 ? 'chen' : 'li.wei',
  askedAtMs: nowMs - n * 12 * MINUTE,
  state,
  decidedBy: state === 'open' ? null : 'chen',
  decidedAtMs: state === 'open' ? null : nowMs - n * 3 * MINUTE,
  decision: state === 'rejected' ? 'no evidence attached' : null,
  mayDecide: state === 'open' && n !== 3,
});
const auditEntry = (seq: number, nowMs: number) => ({
  seq,
  atMs: nowMs - (500 - seq) * 7 * MINUTE,
  principalKind: seq % 5 === 0 ? 'key' : 'user',
  who: seq % 5 === 0 ? 'deploy pipeline' : seq % 3 === 0 ? 'li.wei' : 'chen',
  from: '10.1.4.9',
  action: ['job.update', 'run.kill', 'session.login', 'chain.start', 'item.resolve'][seq % 5] ?? 'job.update',
  subjectKind: seq % 5 === 2 ? 'session' : 'job',
  subjectId: String(seq % 9),
  group: seq % 5 === 2 ? null : 'settlement',
  outcome: seq % 11 === 0 ? 'refused' : 'done',
  reason: seq % 5 === 1 ? 'it hung since 02:10' : null,
  before: seq % 5 === 0 ? { timeoutSeconds: 300, param: ODD_STRINGS.script } : null,
  after: seq % 5 === 0 ? { timeoutSeconds: 600, param: '' } : null,
  hash: `${(seq * 7919).toString(16).padStart(8, '0')}9b1c5e77aa01`,
});
const backfill = (nowMs: number) => ({
  id: 4,
  job: 'statements',
  chain: null,
  state: 'running',
  reason: null,
  fromDate: '2026-10-01',
  toDate: '2026-10-31',
  nextDate: '2026-10-18',
  by: 'chen',
  createdAtMs: nowMs - HOUR,
  endedAtMs: null,
  progress: { succeeded: 14, running: 2, failed: 1 },
});
const fire = (n: number, nowMs: number) => ({
  id: n,
  job: n % 2 === 0 ? 'bank-fees' : null,
  chain: n % 2 === 0 ? null : CHAIN,
  origin: 'schedule',
  state: n < 3 ? 'held' : 'fired',
  reason: n < 3 ? 'its cut-off 2026-11-19T22:00:00Z has passed: a person decides' : null,
  plannedAtMs: nowMs - n * 5 * HOUR,
  businessDate: '2026-11-19',
  by: null,
  decidedAtMs: n < 3 ? null : nowMs - n * 5 * HOUR + 1_000,
  runId: n < 3 ? null : 9_000 - n,
  chainRunId: null,
  mergedInto: null,
  range: null,
});

const saveScript = (scripts: FakeScript[], basedOn: number, script: FakeScript) => {
  if (basedOn !== scripts.length) {
    const details = { path: 'basedOn', version: scripts.length, by: scripts.at(-1)?.by ?? null };
    throw new Refusal(409, 'CONFLICT', 'the script is at another version: read it and save again', { details });
  }
  return { version: scripts.push(script), created: true };
};

/** What each route answers; a route that is not here answers `{ done: true }`. */
export const fakeAnswers: Partial<Record<RouteName, (asked: Asked) => unknown>> = {
  'GET /setup': ({ state }) => ({ needed: !state.isSetUp }),
  'POST /setup': enter,
  'POST /session': enter,
  'GET /session': session,
  'DELETE /session': ({ state }) => {
    state.isLoggedIn = false;
    return { done: true };
  },
  'POST /session/password': (asked) => {
    asked.state.mustChangePassword = false;
    return session(asked);
  },
  'GET /sessions': ({ nowMs }) => ({
    items: [1, 2].map((n) => ({
      id: `s${n}`,
      isThis: n === 1,
      createdAtMs: nowMs - n * HOUR,
      lastSeenAtMs: nowMs - n * 1_000,
      from: '10.1.4.9',
      agent:
        n === 1
          ? `Mozilla/5.0 ${ODD_STRINGS.script}`
          : 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    })),
  }),
  'GET /status': ({ nowMs }) => ({
    version: '0.1.0',
    nowMs,
    store: 'mysql',
    openRuns: 8,
    executorsAlive: 11,
    alarmsOpen: 4,
    approvalsOpen: 2,
  }),
  'GET /tonight': ({ nowMs, state }) => (state.isStanding ? standingTonight(nowMs) : tonight(nowMs, state.steps)),
  'GET /grid': ({ nowMs }) => grid(nowMs),
  'GET /runs': (asked) => {
    const { query, nowMs } = asked;
    const sweeps = runLines(nowMs, query.sweeps === 'without' ? 0 : 3, 1).map((run) => ({
      ...run,
      id: run.id + 100,
      job: 'verification-sweep',
    }));
    const all = [...sweeps, ...runLines(nowMs, 400)].filter(
      (run) =>
        (query.state === undefined ||
          run.state === query.state ||
          (query.state === 'bad' && ['failed', 'timed_out', 'cancelled'].includes(run.state)) ||
          (query.state === 'open' && run.endedAtMs === null)) &&
        (query.jobId === undefined || run.jobId === Number(query.jobId)),
    );
    const by = { duration: 'durationMs', lateness: 'latenessMs', started: 'startedAtMs' }[
      query.sort ?? 'started'
    ] as 'durationMs';
    const sorted = [...all].sort((a, b) => (query.order === 'asc' ? a[by] - b[by] : b[by] - a[by]));
    return page(sorted, asked);
  },
  'GET /runs/:runId': ({ params, nowMs, state }) => data.runDetail(Number(params.runId), nowMs, state.steps),
  'GET /runs/:runId/shards': (asked) =>
    page(
      data
        .shards(Number(asked.params.runId), asked.nowMs)
        .filter(({ state }) => asked.query.state === undefined || state === asked.query.state),
      asked,
    ),
  'GET /runs/:runId/timeline': ({ nowMs }) => data.timeline(nowMs),
  'GET /runs/:runId/steps': ({ nowMs, params }) => ({
    items: [0, 1].map((shardIndex) => ({
      instanceId: 40 + shardIndex,
      batchJob: 'fees',
      shardIndex,
      shardTotal: 2,
      status: shardIndex === 0 ? ('COMPLETED' as const) : ('RUNNING' as const),
      executions: 1 + shardIndex,
      startedAtMs: nowMs - 90_000,
      endedAtMs: shardIndex === 0 ? nowMs - 8_000 : null,
      message: null,
      step: 'compute',
      stepState: shardIndex === 0 ? ('COMPLETED' as const) : ('OPEN' as const),
      read: 120_000 + Number(params.runId),
      written: 119_400,
      filtered: 590,
      skipped: 10,
      commits: 120,
      updatedAtMs: nowMs - 1_000,
    })),
    next: null,
  }),
  'GET /runs/:runId/slices': (asked) =>
    page(
      Array.from({ length: 497 }, (_, no) => ({
        no,
        state: no < 310 ? 'done' : no < 322 ? 'running' : 'ready',
        owner: no < 322 ? `10.2.8.${(no % 9) + 11}:9800` : null,
        items: 20_000,
        done: no < 310 ? 20_000 : no < 322 ? 7_400 : 0,
        fromSeq: no * 20_000 + 1,
        toSeq: (no + 1) * 20_000,
      })),
      asked,
    ),
  'POST /runs/:runId/kill': () => ({ killed: true }),
  'POST /runs/:runId/rerun': () => ({ runId: 9041, created: true }),
  'GET /logs/:logId': ({ query }) => {
    const last = Number(query.linesMax ?? query.lastLines ?? 200);
    const from =
      query.fromLine !== undefined
        ? Number(query.fromLine)
        : query.beforeLine !== undefined
          ? Math.max(1, Number(query.beforeLine) - last)
          : data.LOG_LINES - last + 1;
    const to = Math.min(
      data.LOG_LINES,
      query.beforeLine !== undefined ? Number(query.beforeLine) - 1 : from + last - 1,
    );
    const lines = Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => data.logLine(from + n));
    return { fromLine: from, toLine: to, lines, isEnd: to >= data.LOG_LINES, missing: false };
  },
  'GET /logs/:logId/search': ({ query }) => {
    const from = Number(query.fromLine ?? 1);
    const lines = Array.from({ length: 20_000 }, (_, n) => data.logLine(from + n))
      .filter(({ text }) => text.toLowerCase().includes((query.text ?? '').toLowerCase()))
      .slice(0, 50);
    return { lines, nextFromLine: from + 20_000 > data.LOG_LINES ? null : from + 20_000 };
  },
  'GET /logs/:logId/download': () => 'a log\n',
  'GET /clearing': ({ nowMs }) => ({
    runs: 48_120,
    attempts: 512_004,
    oldestAtMs: nowMs - 400 * DAY,
    newestAtMs: nowMs - 90 * DAY,
  }),
  'POST /clearing': () => ({ deleted: 10_000, more: true }),
  'GET /jobs': (asked) => {
    const { search, group, tag, owner, schedule, enabled } = asked.query;
    const all = data.jobs.filter(
      (job) =>
        (search === undefined ||
          `${job.name} ${job.title} ${job.handler} ${job.owner}`.toLowerCase().includes(search.toLowerCase())) &&
        (group === undefined || job.group === group) &&
        (tag === undefined || job.tags.includes(tag)) &&
        (owner === undefined || job.owner === owner) &&
        (schedule === undefined || job.schedule.kind === schedule) &&
        (enabled === undefined || String(job.enabled) === enabled),
    );
    return page(
      all.map((job) => data.jobLine(job, asked.nowMs)),
      asked,
    );
  },
  'GET /jobs/filters': () => ({
    groups: ['operations', 'reports', 'settlement'],
    tags: ['money', 'night', 'watch'],
    owners: ['chen', 'li.wei', 'ops-night'],
    handlers: data.jobs.map(({ handler }) => handler),
  }),
  'POST /jobs': ({ body }) => {
    const { job } = body as { job: { name: string } };
    const problems = problemsOf(job);
    if (problems.length > 0)
      throw new Refusal(400, 'CONFIG_INVALID', 'the job cannot be stored as it is', { fields: problems });
    return { jobId: 34, name: job.name, version: 1 };
  },
  'POST /jobs/check': ({ body }) => ({ problems: problemsOf((body as { job: { name: string } }).job) }),
  'GET /jobs/:jobId': (asked) => data.jobView(jobOf(asked), asked.nowMs),
  'PUT /jobs/:jobId': (asked) => {
    const problems = problemsOf((asked.body as { job: { name: string } }).job);
    if (problems.length > 0)
      throw new Refusal(400, 'CONFIG_INVALID', 'the job cannot be stored as it is', { fields: problems });
    return { jobId: jobOf(asked).id, name: jobOf(asked).name, version: 6 };
  },
  'POST /jobs/:jobId/copy': ({ body }) => ({ jobId: 34, name: (body as { name: string }).name, version: 1 }),
  'POST /jobs/:jobId/labels': (asked) => ({ jobId: jobOf(asked).id, name: jobOf(asked).name, version: 6 }),
  'POST /jobs/:jobId/dry-run': ({ nowMs }) => ({
    ...{ nowMs, businessDate: '2026-11-20', heldBecause: null, run: RUN_FORECAST, usualMs: 60_000 },
    ...{ etaAtMs: nowMs + 60_000, children: [], zone: 'Asia/Shanghai', nextFires: [] },
  }),
  'POST /chains/:chain/dry-run': ({ nowMs }) => ({
    ...{ nowMs, businessDate: '2026-11-20', heldBecause: null, cutOffAtMs: nowMs + HOUR, etaAtMs: nowMs + MINUTE },
    nodes: [
      {
        ...{ job: 'import-plans', jobId: 1, group: 'orders', outcome: 'first', why: null, usualMs: MINUTE, param: '' },
        ...{ startAtMs: nowMs, endAtMs: nowMs + MINUTE, heldBecause: null, run: RUN_FORECAST },
      },
    ],
    ...{ edges: [], sweeps: [], isLate: false, zone: 'Asia/Shanghai', nextFires: [] },
  }),
  'POST /jobs/:jobId/run': () => ({ runId: 9041, created: true }),
  'GET /jobs/:jobId/versions': ({ nowMs }) => data.versions(nowMs),
  'GET /jobs/:jobId/versions/:version': (asked) => ({
    job: jobOf(asked),
    version: data.versions(asked.nowMs).items[0],
  }),
  'GET /jobs/:jobId/versions/:version/diff': ({ params, query }) =>
    data.diff(Number(params.version), Number(query.from ?? Number(params.version) - 1)),
  'POST /jobs/:jobId/versions/:version/restore': (asked) => ({
    jobId: jobOf(asked).id,
    name: jobOf(asked).name,
    version: 6,
  }),
  'GET /jobs/:jobId/scripts': ({ nowMs, state: { scripts } }) => ({
    items: scripts.map((script, at) => scriptLine(script, at + 1, nowMs)).reverse(),
  }),
  'GET /jobs/:jobId/scripts/:version': ({ params, nowMs, state: { scripts } }) => {
    const version = Number(params.version);
    const script = scripts[version - 1];
    if (script === undefined) throw new Refusal(404, 'NOT_FOUND', `there is no version ${version} of the script`);
    return { script: scriptLine(script, version, nowMs), source: script.source };
  },
  'POST /jobs/:jobId/scripts': ({ body, state: { scripts } }) => {
    const { source, remark, basedOn } = body as { source: string; remark: string; basedOn: number };
    return saveScript(scripts, basedOn, { source, remark, by: 'chen' });
  },
  'POST /jobs/:jobId/scripts/:version/restore': ({ params, body, state: { scripts } }) => {
    const { remark, basedOn } = body as { remark: string; basedOn: number };
    return saveScript(scripts, basedOn, {
      source: scripts[Number(params.version) - 1]?.source ?? '',
      remark,
      by: 'chen',
    });
  },
  'GET /jobs/:jobId/next-fires': ({ nowMs }) => data.nextFires(nowMs),
  'GET /jobs/:jobId/fires': (asked) =>
    page(
      [5, 6, 7, 8, 9].map((n) => fire(n, asked.nowMs)),
      asked,
    ),
  'GET /chains': ({ nowMs }) => data.chainLines(nowMs),
  'GET /chain-filters': () => ({ tags: ['night'], owners: ['settlement'] }),
  'POST /chains': ({ body }) => ({ chain: (body as { chain: { name: string } }).chain.name, version: 1 }),
  'POST /chains/check': () => ({ problems: [] }),
  'GET /chains/:chain': ({ params, nowMs }) => data.chainView(nowMs, params.chain),
  'PUT /chains/:chain': ({ params }) => ({ chain: params.chain, version: 8 }),
  'POST /chains/:chain/copy': ({ body }) => ({ chain: (body as { name: string }).name, version: 1 }),
  'GET /chains/:chain/versions': ({ nowMs }) => data.versions(nowMs),
  'GET /chains/:chain/versions/:version/diff': ({ params, query }) =>
    data.diff(Number(params.version), Number(query.from ?? Number(params.version) - 1)),
  'POST /chains/:chain/versions/:version/restore': ({ params }) => ({ chain: params.chain, version: 8 }),
  'GET /chains/:chain/next-fires': ({ nowMs }) => data.nextFires(nowMs),
  'GET /chains/:chain/fires': (asked) =>
    page(
      [5, 7, 9].map((n) => fire(n, asked.nowMs)),
      asked,
    ),
  'POST /chains/:chain/start': () => ({ chainRunId: 413, created: true }),
  'GET /chain-runs': (asked) =>
    page(
      Array.from({ length: 30 }, (_, n) => ({
        ...chainRunLine(asked.nowMs),
        id: 412 - n,
        state: n === 0 ? 'running' : n % 5 === 4 ? 'failed' : 'succeeded',
        endedAtMs: n === 0 ? null : asked.nowMs - n * DAY,
        startedAtMs: asked.nowMs - n * DAY - 4 * HOUR,
      })),
      asked,
    ),
  'GET /chain-runs/:chainRunId': ({ nowMs, state }) => shownNight(nowMs, state.steps),
  'POST /chain-runs/:chainRunId/nodes/:node/mark': () => ({ approvalId: 7 }),
  'GET /cron/preview': ({ query, nowMs }) =>
    describeCron(query.text ?? '', query.dialect === 'unix' ? 'unix' : 'quartz', query.zone ?? 'UTC', nowMs),
  'GET /zones': () => ({ items: Intl.supportedValuesOf('timeZone') }),
  'GET /calendars': ({ nowMs }) => data.calendars(nowMs),
  'GET /calendars/:calendar': ({ nowMs }) => data.calendars(nowMs).items[0],
  'PUT /calendars/:calendar': () => ({ version: 4, changed: true }),
  'GET /calendars/:calendar/days': ({ query, nowMs }) => {
    const { calendar } = data.calendars(nowMs).items[0] as ReturnType<typeof data.calendars>['items'][number];
    const items: { date: string; isIn: boolean; name: string | null }[] = [];
    for (let at = Date.parse(`${query.from}T00:00:00Z`); at <= Date.parse(`${query.to}T00:00:00Z`); at += DAY) {
      const date = new Date(at).toISOString().slice(0, 10);
      const isWeekday = ![0, 6].includes(new Date(at).getUTCDay());
      items.push({
        date,
        isIn: calendar.datesIn?.includes(date) || (isWeekday && !calendar.datesOut?.includes(date)),
        name: calendar.names?.[date] ?? null,
      });
    }
    return { items, unknownYears: [] };
  },
  'GET /held-fires': ({ nowMs }) => ({ items: [fire(1, nowMs), fire(2, nowMs)] }),
  'POST /held-fires/:fireId/decide': () => ({ state: 'fired' }),
  'GET /holds': ({ nowMs }) => ({
    items: [
      {
        scope: 'job',
        name: 'bank-fees',
        onResume: 'latest',
        reason: `the banks are closed ${ODD_STRINGS.image}`,
        by: 'chen',
        heldAtMs: nowMs - 5 * HOUR,
        heldFires: 2,
      },
    ],
  }),
  'POST /holds/release': () => ({ fired: 1, merged: 1, skipped: 0 }),
  'GET /backfills': ({ nowMs }) => ({ items: [backfill(nowMs)] }),
  'POST /backfills': () => ({ backfillId: 5, created: true }),
  'GET /backfills/:backfillId': ({ nowMs }) => backfill(nowMs),
  'GET /groups': () => data.groups,
  'POST /groups': ({ body }) => ({ ...data.groups.items[1], ...(body as object) }),
  'GET /groups/:group': ({ params }) =>
    data.groups.items.find(({ name }) => name === params.group) ?? data.groups.items[0],
  'PATCH /groups/:group': ({ params }) =>
    data.groups.items.find(({ name }) => name === params.group) ?? data.groups.items[0],
  'POST /groups/:group/token': () => ({ token: 'dbg_4f9a0c2be71d6035a8c2e19f7b44d0a2' }),
  'POST /groups/:group/join-token': ({ nowMs }) => ({
    joinToken: 'join_81c2',
    expiresAtMs: nowMs + 10 * MINUTE,
    command: 'DAYBREAK_SCHEDULERS=http://127.0.0.1:7070 DAYBREAK_JOIN_TOKEN=join-81c2 node my-executor.mjs',
  }),
  'GET /executors': ({ nowMs, query }) => ({
    items: executors(nowMs).filter(
      ({ state, group }) =>
        (query.gone === 'true' || state !== 'gone') && (query.group === undefined || group === query.group),
    ),
  }),
  'GET /executors/:executorId': ({ nowMs, params }) => ({
    executor: executors(nowMs)[Number(params.executorId) - 1],
    doing: inFlight(nowMs).filter(({ executorId }) => executorId === Number(params.executorId)),
  }),
  'GET /items': (asked) => page(data.items(asked.nowMs), asked),
  'GET /items/unresolved': (asked) =>
    page(
      data
        .items(asked.nowMs)
        .filter(({ state }) =>
          asked.query.state === undefined
            ? state === 'PROCESSING' || state === 'RETRY_WAIT'
            : state === asked.query.state,
        ),
      asked,
    ),
  'GET /items/history': ({ nowMs, query }) => data.itemHistory(nowMs, query.requestNo ?? ''),
  'POST /items/ask-now': () => ({ asked: true, text: 'the downstream is asked within a second' }),
  'POST /items/resolve': () => ({ approvalId: 8 }),
  'GET /nights': (asked) => {
    const { group, chainRunId } = asked.query;
    if (group !== 'settlement') throw new Refusal(404, 'NOT_FOUND', 'the executors of this group answer no questions');
    const all = data.nights(asked.nowMs);
    return page(chainRunId === undefined ? all : all.filter((one) => String(one.chainRunId) === chainRunId), asked);
  },
  'GET /nights/report': ({ nowMs, query: { nightId = '' } }) => {
    if (data.nights(nowMs).every((night) => night.nightId !== nightId)) {
      throw new Refusal(404, 'NOT_FOUND', `there is no night ${nightId}`);
    }
    return data.nightReport(nowMs, nightId);
  },
  'GET /reports/runs': ({ query }) => ({
    items: (query.by === 'job'
      ? data.jobs.map(({ name, id }) => [name, id] as const)
      : Array.from(
          { length: 30 },
          (_, n) => [new Date(Date.UTC(2026, 9, 21 + n)).toISOString().slice(0, 10), null] as const,
        )
    ).map(([name, jobId], n) => ({
      key: name,
      jobId,
      runs: 900 + ((n * 53) % 400),
      succeeded: 880 + ((n * 53) % 400),
      failed: (n * 7) % 19,
      other: n % 3,
      durationP50Ms: 40_000 + ((n * 917) % 9_000),
      durationP95Ms: 160_000 + ((n * 2_917) % 90_000),
      latenessP50Ms: 120 + (n % 60),
      latenessP95Ms: 900 + ((n * 177) % 2_000),
    })),
    next: null,
  }),
  'GET /alarms': (asked) =>
    page(
      [
        ...alarms(asked.nowMs),
        ...(asked.query.openOnly === 'false'
          ? alarms(asked.nowMs).map((one) => ({ ...one, id: one.id + 50, closedAtMs: asked.nowMs - 9 * HOUR }))
          : []),
      ],
      asked,
    ),
  'POST /alarms/:alarmId/close': () => ({ closed: true }),
  'GET /alarm-channels': ({ nowMs }) => ({ items: [1, 2, 3].map((n) => channel(n, nowMs)) }),
  'POST /alarm-channels': ({ nowMs }) => channel(1, nowMs),
  'PUT /alarm-channels/:channelId': ({ nowMs, params }) => channel(Number(params.channelId), nowMs),
  'POST /alarm-channels/:channelId/test': ({ params }) =>
    params.channelId === '2' ? { sent: false, problem: 'it answered with 502' } : { sent: true, problem: null },
  'GET /alarm-rules': () => ({ items: [rule(1), rule(2)] }),
  'POST /alarm-rules': () => rule(1),
  'PUT /alarm-rules/:ruleId': ({ params }) => rule(Number(params.ruleId)),
  'GET /alarm-messages': (asked) =>
    page(
      [1, 2, 3].map((n) => ({
        id: n,
        alarmId: n,
        channelId: (n % 2) + 1,
        what: n === 2 ? 'recovered' : 'raised',
        state: n === 3 ? 'given_up' : 'sent',
        tries: n,
        error: n === 3 ? 'answered 502' : null,
        createdAtMs: asked.nowMs - n * HOUR,
        sentAtMs: n === 3 ? null : asked.nowMs - n * HOUR + 900,
      })),
      asked,
    ),
  'GET /users': ({ nowMs }) => ({ items: [1, 2, 3, 4].map((n) => person(n, nowMs)) }),
  'POST /users': ({ nowMs }) => person(2, nowMs),
  'PATCH /users/:userId': ({ nowMs, params }) => person(Number(params.userId), nowMs),
  'GET /keys': ({ nowMs }) => ({ items: [1, 2, 3].map((n) => key(n, nowMs)) }),
  'POST /keys': ({ nowMs }) => ({ key: 'dbk_1x9f7a2cc41e0b', apiKey: key(1, nowMs) }),
  'GET /audit': (asked) =>
    page(
      Array.from({ length: 300 }, (_, n) => auditEntry(500 - n, asked.nowMs)),
      asked,
    ),
  'GET /audit/export': () => 'seq,at\n1,2\n',
  'GET /audit/verify': () => ({
    entries: 500,
    head: '9b1c5e77aa0193ffe1',
    headSeq: 500,
    total: 500,
    brokenAt: null,
    problem: null,
    hasAnchor: false,
    next: null,
  }),
  'GET /approvals': (asked) =>
    page(
      [
        approval(1, asked.nowMs),
        approval(2, asked.nowMs),
        approval(3, asked.nowMs),
        approval(4, asked.nowMs, 'approved'),
        approval(5, asked.nowMs, 'rejected'),
      ].filter(({ state }) => asked.query.state === undefined || state === asked.query.state),
      asked,
    ),
  'POST /approvals/:approvalId/approve': ({ nowMs, params }) => approval(Number(params.approvalId), nowMs, 'approved'),
  'POST /approvals/:approvalId/reject': ({ nowMs, params }) => approval(Number(params.approvalId), nowMs, 'rejected'),
  'POST /approvals/:approvalId/withdraw': ({ nowMs, params }) =>
    approval(Number(params.approvalId), nowMs, 'withdrawn'),
  'GET /bulk/:operationId': ({ nowMs, state }) => bulkOperation(state, nowMs),
  'POST /bulk': ({ body, nowMs, state }) => {
    state.bulkIds = (body as { ids: number[] }).ids;
    return bulkOperation(state, nowMs);
  },
};

const RUN_FORECAST = {
  ...{ outcome: 'goes', waitsFor: null, reason: null, input: null, executors: ['http://10.0.0.7:9999/'] },
  shardTotal: 1,
  shards: [
    {
      ...{ index: 0, name: 'shard 0', handler: 'importPlans', executor: 'http://10.0.0.7:9999/' },
      ...{ leaves: 'at_once', param: 'date=2026-11-20' },
    },
  ],
};

/** The second of them is refused; while it is held up only the first is done. */
function bulkOperation({ bulkIds: ids, isBulkHeldUp }: FakeState, nowMs: number) {
  const results = ids.map((id, n) => {
    if (isBulkHeldUp && n > 0) return { id, outcome: 'open' };
    return n === 1
      ? { id, outcome: 'refused', code: 'CONFLICT', reason: 'it has ended already' }
      : { id, outcome: 'done' };
  });
  const count = (wanted: string) => results.filter(({ outcome }) => outcome === wanted).length;
  return {
    ...{ operationId: 1, created: true, action: 'job.disable', state: isBulkHeldUp ? 'running' : 'done', by: 'chen' },
    ...{ startedAtMs: nowMs, endedAtMs: isBulkHeldUp ? null : nowMs },
    ...{ total: ids.length, doneCount: ids.length - count('open') },
    ...{ successCount: count('done'), failureCount: count('refused'), results },
  };
}
