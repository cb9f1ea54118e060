import { DaybreakError } from '../../../../shared/errors.ts';
import type { RunCounts } from '../../../../shared/protocol/inspect.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { progressOfRun, statesOfRun } from '../../../admin/night/chain-run-detail.ts';
import type { AskedRun } from '../../../admin/night/live-counts.ts';
import { hasRight, isVisible, type Principal, type Visible } from '../../../admin/rights/rights.ts';
import { judgeTold, parseTotals } from '../../../callback/told-totals.ts';
import { rerunRefusal } from '../../../run/rerun-rules.ts';
import { runResultOf } from '../../../run/run-result.ts';
import { isRunEnded } from '../../../run/run-transitions.ts';
import { throttledNow } from '../../../run/run-view.ts';
import { toldRowOf } from '../../../run/told-of-run.ts';
import { currentCachedJob } from '../../../storage/definition-cache.ts';
import { begunAt } from '../../../storage/sql/admin-chain-queries.ts';
import { countShardStates, lineageOf, relatedRuns, runExtras } from '../../../storage/sql/admin-run-detail-queries.ts';
import { runLinesOf } from '../../../storage/sql/admin-run-queries.ts';
import { type RunRow, runById } from '../../../storage/sql/run-queries.ts';
import { scriptVersionOfRun } from '../../../storage/sql/script-queries.ts';
import { shardsOf } from '../../../storage/sql/shard-queries.ts';
import type { RunDetail } from '../contract/run-routes.ts';
import { moneyOf } from './chain-run-handlers.ts';
import { runLineOf } from './run-lines.ts';

/** Who looks, and what an executor has just said. */
interface Looking {
  readonly principal: Principal;
  readonly visible: Visible;
  readonly counts: RunCounts | undefined;
}

/** Everything of one run but its shards. */
export async function runDetail(
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

/** Throws NOT_FOUND. */
export async function oneRun(db: SqlReader, runId: number): Promise<RunRow> {
  const run = await runById(db, runId);
  if (run === null) throw new DaybreakError('NOT_FOUND', `there is no run ${runId}`);
  return run;
}

/** Null: everything is told, or nothing is frozen. A run that resumes another goes on with its slices. */
export async function runToAsk(db: SqlReader, runId: number): Promise<AskedRun | null> {
  const told = await toldRowOf(db, await oneRun(db, runId));
  const [line] = await runLinesOf(db, [runId]);
  const isPartlyTold = told.sliceCount !== null && told.slicesTold < told.sliceCount;
  return line === undefined || !isPartlyTold ? null : { runId: told.id, group: line.appName };
}
