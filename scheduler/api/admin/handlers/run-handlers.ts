import { Readable } from 'node:stream';
import { DaybreakError, isDaybreakError } from '../../../../shared/errors.ts';
import type { RunCounts } from '../../../../shared/protocol/inspect.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { clearRuns } from '../../../admin/clear-runs.ts';
import { progressOfRun, statesOfRun } from '../../../admin/night/chain-run-detail.ts';
import type { AskedRun } from '../../../admin/night/live-counts.ts';
import { timelineOf } from '../../../admin/night/timeline.ts';
import { hasRight, isVisible, type Principal, type Visible } from '../../../admin/rights/rights.ts';
import { judgeTold, parseTotals } from '../../../callback/told-totals.ts';
import { type LogRange, readAttemptLog } from '../../../run/attempt-log.ts';
import { killRun } from '../../../run/kill-run.ts';
import { rerun } from '../../../run/rerun.ts';
import { rerunRefusal } from '../../../run/rerun-rules.ts';
import { parseResult, runResultOf } from '../../../run/run-result.ts';
import { isRunEnded, type RunState } from '../../../run/run-transitions.ts';
import { throttledNow } from '../../../run/run-view.ts';
import { toldRowOf } from '../../../run/told-of-run.ts';
import { AFTER_RUN, BEFORE_RUN, isHook } from '../../../shard/hook-shards.ts';
import { currentCachedJob } from '../../../storage/definition-cache.ts';
import { begunAt } from '../../../storage/sql/admin-chain-queries.ts';
import { countAttemptsOf, countClearable } from '../../../storage/sql/admin-clearing-queries.ts';
import {
  type AttemptPageRow,
  attemptsOfShards,
  countShardStates,
  lineageOf,
  newestAttempts,
  relatedRuns,
  runExtras,
  shardPage,
} from '../../../storage/sql/admin-run-detail-queries.ts';
import {
  countRange,
  type RunFilter,
  type RunLineRow,
  runLines,
  runLinesOf,
  SORTED_MAX,
} from '../../../storage/sql/admin-run-queries.ts';
import { chainIdByName } from '../../../storage/sql/definition-queries.ts';
import { stoppingAttempts } from '../../../storage/sql/kill-queries.ts';
import { resumedRunId } from '../../../storage/sql/run-line-queries.ts';
import { type RunRow, runById } from '../../../storage/sql/run-queries.ts';
import { scriptVersionOfRun } from '../../../storage/sql/script-queries.ts';
import { shardsOf } from '../../../storage/sql/shard-queries.ts';
import type { Query } from '../contract/routes.ts';
import type { Attempt, RunDetail, RunLine, runRoutes } from '../contract/run-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { askPage } from './ask-executor.ts';
import { moneyOf } from './chain-run-handlers.ts';
import { logLines, searchLog, streamLog } from './log-text.ts';
import { cursorOf, numberCursor, PAGE_DEFAULT, readCursor } from './paging.ts';

const DAY_MS = 86_400_000;
/** Who reads slowly has so many parts of at most 1 MiB lie here, and the executor is not asked for more. */
const DOWNLOAD_PARTS_AHEAD = 4;
const OPEN: readonly RunState[] = ['waiting', 'running', 'dispatched'];
const BAD: readonly RunState[] = ['failed', 'timed_out', 'cancelled'];

export function createRunHandlers({ ctx, counts }: AdminParts): Handlers<typeof runRoutes> {
  return {
    'GET /runs': async ({ query, visible }) =>
      ctx.store.read('list-runs', async (db) => {
        const { limit = PAGE_DEFAULT, sort = 'started', order = 'desc' } = query;
        const filter = await filterOf(db, query, visible);
        if (filter === null) return { items: [], next: null };
        if (sort !== 'started' && filter.jobId === undefined) await assertNarrow(db, filter);
        const key = readCursor(query.after);
        const after = key === null ? null : ([Number(key[0]), Number(key[1])] as const);
        const rows = await runLines(db, filter, { sort, order, limit: limit + 1, after });
        const items = rows.slice(0, limit);
        const last = items.at(-1);
        const value =
          last === undefined
            ? 0
            : sort === 'duration'
              ? (last.durationMs ?? 0)
              : sort === 'lateness'
                ? last.latenessMs
                : 0;
        return {
          items: items.map((row) => runLineOf(row, db.nowMs)),
          next: rows.length > limit && last !== undefined ? cursorOf(value, last.id) : null,
        };
      }),
    'GET /runs/:runId': async ({ params, principal, visible }) => {
      const asked = await ctx.store.read('find-run-to-ask', (db) => runToAsk(db, params.runId));
      const now = await counts.of(asked === null ? [] : [asked]);
      return ctx.store.read('view-run', (db) =>
        runDetail(db, params.runId, { principal, visible, counts: asked === null ? undefined : now.get(asked.runId) }),
      );
    },
    'GET /runs/:runId/shards': async ({ params, query }) =>
      ctx.store.read('list-shards', async (db) => {
        const { limit = PAGE_DEFAULT, state } = query;
        const afterIndex = numberCursor(query.after, Number.MIN_SAFE_INTEGER);
        const which = { runId: params.runId, afterIndex, limit: limit + 1 };
        const rows = await shardPage(db, state === undefined ? which : { ...which, state });
        const shown = rows.slice(0, limit);
        const attempts = Map.groupBy(
          await attemptsOfShards(
            db,
            params.runId,
            shown.map(({ shardIndex }) => shardIndex),
          ),
          ({ shardIndex }) => shardIndex,
        );
        const stopping = new Set((await stoppingAttempts(db, params.runId)).map(({ logId }) => logId));
        return {
          items: shown.map((shard) => ({
            index: shard.shardIndex,
            phase: phaseOf(shard.shardIndex),
            state: shard.state,
            reason: shard.reason,
            result: parseResult(shard.result),
            endedAtMs: shard.endedAt,
            attempts: (attempts.get(shard.shardIndex) ?? []).map((row) => attemptOf(row, stopping)),
          })),
          next: rows.length > limit ? cursorOf(shown.at(-1)?.shardIndex ?? 0) : null,
        };
      }),
    'GET /runs/:runId/timeline': async ({ params }) =>
      ctx.store.read('view-timeline', async (db) => {
        const run = await oneRun(db, params.runId);
        return { items: timelineOf(run, await newestAttempts(db, run.id, 1_000)) };
      }),
    'GET /runs/:runId/slices': async ({ params, query }) => {
      const group = await ctx.store.read(
        'find-group',
        async (db) => (await runLinesOf(db, [params.runId]))[0]?.appName,
      );
      return askPage(ctx, group ?? '', 'run.slices', { runId: params.runId, ...query });
    },
    'GET /runs/:runId/steps': async ({ params, query }) => {
      // A run that resumes another goes on with its steps.
      const found = await ctx.store.read('find-first-of-line', async (db) => {
        const run = await oneRun(db, params.runId);
        const firstId = (await resumedRunId(db, run)) ?? run.id;
        const first = await runById(db, firstId);
        const [line] = await runLinesOf(db, [run.id]);
        return { group: line?.appName ?? '', runId: firstId, sinceMs: first?.createdAt ?? 0 };
      });
      const { group, ...which } = found;
      try {
        return await askPage(ctx, group, 'run.steps', { ...which, ...query });
      } catch (error) {
        // Executors without batch jobs do not know the question: then the run has no steps, and nothing is wrong.
        if (isDaybreakError(error) && error.code === 'NOT_FOUND') return { items: [], next: null };
        throw error;
      }
    },
    'POST /runs/:runId/kill': async (call) => {
      const { runId } = call.params;
      return { killed: await killRun(call.ctx, runId, { by: call.by, reason: call.body.reason }) };
    },
    'POST /runs/:runId/rerun': async (call) => {
      const { kind, requestId, param } = call.body;
      const order = { kind, requestId, by: call.by, ...(param === undefined ? {} : { param }) };
      return rerun(call.ctx, call.params.runId, order);
    },
    'GET /logs/:logId': async ({ params, query }) => {
      const page = await readAttemptLog(ctx, params.logId, rangeOf(query));
      return { ...page, lines: logLines(page) };
    },
    'GET /logs/:logId/search': async ({ params, query }) => searchLog(ctx, params.logId, query),
    'GET /logs/:logId/download': async ({ params, reply }) => {
      // The first page is read before anything is sent: what is missing is told as an error, not as an empty file.
      const text = await streamLog(ctx, params.logId);
      return reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', `attachment; filename="log-${params.logId}.txt"`)
        .send(Readable.from(text, { highWaterMark: DOWNLOAD_PARTS_AHEAD }));
    },
    'GET /clearing': async ({ query }) =>
      ctx.store.read('preview-clearing', async (db) => {
        const filter = clearFilterOf(query, db.nowMs);
        const { runs, oldest, newest } = await countClearable(db, filter);
        const attempts = await countAttemptsOf(db, filter);
        return { runs, attempts, oldestAtMs: oldest, newestAtMs: newest };
      }),
    'POST /clearing': async (call) => {
      const nowMs = await ctx.store.read('read-clock', async (db) => db.nowMs);
      return clearRuns(call.ctx, clearFilterOf(call.body, nowMs), call.body.expected);
    },
  };
}

async function filterOf(db: SqlReader, query: Query<'GET /runs'>, visible: Visible): Promise<RunFilter | null> {
  const { jobId, chainRunId, chain, group, state, businessDate, fromMs, toMs } = query;
  const chainId = chain === undefined ? undefined : await chainIdByName(db, chain);
  if (chainId === null) return null;
  const groups = visible.kind === 'all' ? (group === undefined ? undefined : [group]) : groupsIn(visible.names, group);
  if (groups?.length === 0) return null;
  const states = state === undefined ? undefined : state === 'open' ? OPEN : state === 'bad' ? BAD : [state];
  const given = { jobId, chainRunId, chainId, groups, states, businessDate, fromMs, toMs };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RunFilter;
}

const groupsIn = (names: ReadonlySet<string>, group: string | undefined): readonly string[] =>
  group === undefined ? [...names] : names.has(group) ? [group] : [];

/** An order that no index has is offered for so many runs as can be sorted at once. */
async function assertNarrow(db: SqlReader, { fromMs, toMs }: RunFilter): Promise<void> {
  const why = 'sort by duration or lateness within one job, or within a time range of fewer runs';
  if (fromMs === undefined) throw new DaybreakError('BAD_INPUT', why, { details: { path: 'fromMs' } });
  const runs = await countRange(db, fromMs, toMs ?? Number.MAX_SAFE_INTEGER, SORTED_MAX);
  if (runs >= SORTED_MAX) throw new DaybreakError('BAD_INPUT', why, { details: { path: 'fromMs' } });
}

export function runLineOf(row: RunLineRow, nowMs: number): RunLine {
  return {
    id: row.id,
    jobId: row.jobId,
    job: row.job,
    group: row.appName,
    chainRunId: row.chainRunId,
    chain: row.chain,
    state: row.state,
    waitsFor: row.state === 'waiting' ? row.waitsFor : null,
    reason: row.reason,
    businessDate: row.businessDate,
    origin: row.origin,
    by: row.askedBy,
    rerunOf: row.rerunOf,
    plannedAtMs: row.plannedAt,
    startedAtMs: row.createdAt,
    endedAtMs: row.endedAt,
    durationMs: row.durationMs ?? Math.max(0, nowMs - row.createdAt),
    latenessMs: row.latenessMs,
    shardTotal: row.shardTotal,
  };
}

async function oneRun(db: SqlReader, runId: number): Promise<RunRow> {
  const run = await runById(db, runId);
  if (run === null) throw new DaybreakError('NOT_FOUND', `there is no run ${runId}`);
  return run;
}

/** Null: everything is told, or nothing is frozen. A run that resumes another goes on with its slices. */
async function runToAsk(db: SqlReader, runId: number): Promise<AskedRun | null> {
  const told = await toldRowOf(db, await oneRun(db, runId));
  const [line] = await runLinesOf(db, [runId]);
  const isPartlyTold = told.sliceCount !== null && told.slicesTold < told.sliceCount;
  return line === undefined || !isPartlyTold ? null : { runId: told.id, group: line.appName };
}

interface Looking {
  readonly principal: Principal;
  readonly visible: Visible;
  readonly counts: RunCounts | undefined;
}

async function runDetail(
  db: SqlReader,
  runId: number,
  { principal, visible, counts: now }: Looking,
): Promise<RunDetail> {
  const run = await oneRun(db, runId);
  const [line] = await runLinesOf(db, [runId]);
  if (line === undefined) throw new DaybreakError('NOT_FOUND', `there is no run ${runId}`);
  const extras = await runExtras(db, runId);
  const shards = await shardsOf(db, runId);
  const told = await toldRowOf(db, run);
  const counts = await countShardStates(db, runId);
  const related = async (which: 'parents' | 'children') =>
    (await relatedRuns(db, runId, which)).flatMap(({ appName, ...row }) => (isVisible(visible, appName) ? [row] : []));
  const lineage = await lineageOf(db, runId);
  const job = await currentCachedJob(db, run.jobId);
  const mayRun = hasRight(principal, 'run', line.appName);
  const mayRerun = (kind: 'all' | 'failed' | 'resume'): boolean =>
    mayRun &&
    rerunRefusal({
      runId,
      state: run.state,
      chainRunId: run.chainRunId,
      shardTotal: run.shardTotal,
      shards,
      tellsSettled: job?.tellsSettled === true,
      kind,
      hasParam: false,
    }) === null;
  return {
    run: runLineOf(line, db.nowMs),
    param: run.param,
    jobVersion: extras?.jobVersion ?? null,
    codeVersion: extras?.codeVersion ?? null,
    scriptVersion: await scriptVersionOfRun(db, runId),
    dispatchedAtMs: run.dispatchedAt,
    settledAtMs: run.settledAt,
    result: runResultOf(shards),
    shardCounts: counts,
    progress: progressOfRun(
      { ...run, ...told },
      {
        begunAtMs: (await begunAt(db, [told.id])).get(told.id) ?? null,
        shardsDone: counts.succeeded ?? 0,
        nowMs: db.nowMs,
        counts: now,
      },
    ),
    frozen: parseTotals(told.manifest).map(moneyOf),
    told: statesOfRun(told, now).map(moneyOf),
    mismatch: judgeTold({ ...run, ...told }).mismatch,
    throttled: [...(await throttledNow(db, runId)).values()][0] ?? null,
    parents: await related('parents'),
    children: await related('children'),
    line:
      lineage.length < 2
        ? []
        : lineage.map(({ runId: id, kind, state }) => ({
            runId: id,
            kind: kind ?? 'all',
            state,
            isThis: id === runId,
          })),
    may: {
      kill: mayRun && !isRunEnded(run.state),
      rerunAll: mayRerun('all'),
      rerunFailed: mayRerun('failed'),
      resume: mayRerun('resume'),
    },
  };
}

function phaseOf(index: number): 'before' | 'shard' | 'after' {
  if (!isHook(index)) return 'shard';
  return index === BEFORE_RUN ? 'before' : index === AFTER_RUN ? 'after' : 'shard';
}

const attemptOf = (row: AttemptPageRow, stopping: ReadonlySet<number>): Attempt => ({
  logId: row.id,
  no: row.no,
  executorId: row.executorId,
  address: row.address,
  state: stopping.has(row.id) ? 'stopping' : row.state,
  reason: row.reason,
  sentAtMs: row.sentAt,
  acceptedAtMs: row.acceptedAt,
  endedAtMs: row.endedAt,
  sends: row.sends,
});

function rangeOf({ fromLine, lastLines, beforeLine, linesMax }: Query<'GET /logs/:logId'>): LogRange {
  if (beforeLine !== undefined) return { beforeLine, lastLines: lastLines ?? 200 };
  if (fromLine !== undefined) return { fromLine, ...(linesMax === undefined ? {} : { linesMax }) };
  return { lastLines: lastLines ?? 200 };
}

interface Clearing {
  readonly group?: string;
  readonly jobId?: number;
  readonly olderThanDays?: number;
  readonly keepLast?: number;
}

function clearFilterOf({ group, jobId, olderThanDays, keepLast }: Clearing, nowMs: number) {
  if (olderThanDays === undefined && keepLast === undefined) {
    throw new DaybreakError('BAD_INPUT', 'say how old, or how many stay: olderThanDays or keepLast', {
      details: { path: 'olderThanDays' },
    });
  }
  return {
    ...(group === undefined ? {} : { group }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(olderThanDays === undefined ? {} : { beforeMs: nowMs - olderThanDays * DAY_MS }),
    ...(keepLast === undefined ? {} : { keepLast }),
  };
}
