import type { Total } from '../../shared/protocol/wire.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import { parseTotals } from '../callback/told-totals.ts';
import { AFTER_RUN, BEFORE_RUN, isHook } from '../shard/hook-shards.ts';
import type { ShardState } from '../shard/shard-transitions.ts';
import { type AttemptRow, attemptsOf } from '../storage/sql/attempt-queries.ts';
import { currentJob } from '../storage/sql/definition-queries.ts';
import { stoppingAttempts } from '../storage/sql/kill-queries.ts';
import { originOfRun, type RunOrigin } from '../storage/sql/run-line-queries.ts';
import { type RunRow, runById } from '../storage/sql/run-queries.ts';
import { scriptVersionOfRun } from '../storage/sql/script-queries.ts';
import { type ShardRow, shardsOf } from '../storage/sql/shard-queries.ts';
import { throttledShards } from '../storage/sql/throttled-queries.ts';
import { parseResult, runResultOf } from './run-result.ts';
import type { RunState } from './run-transitions.ts';
import { toldRowOf } from './told-of-run.ts';

export interface RunView {
  readonly id: number;
  readonly job: string;
  readonly state: RunState;
  readonly reason: string | null;
  /** While one of its shards is THROTTLED: why. Else null. */
  readonly throttled: string | null;
  /** Where it came from: which kind of fire, who asked, and which run it repeats, if any. */
  readonly origin: RunOrigin;
  /** As it was given; the shards get it with their names filled in. */
  readonly param: string;
  readonly businessDate: string;
  readonly plannedAtMs: number;
  readonly createdAtMs: number;
  readonly dispatchedAtMs: number | null;
  readonly settledAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly shardTotal: number | null;
  /** In index order. */
  readonly shards: readonly ShardView[];
  /** What runs once before the first shard and once after the last; null for a job without them. */
  readonly beforeRun: ShardView | null;
  readonly afterRun: ShardView | null;
  /** What afterRun returned; else the result of the only shard; else the list of the shards' results in index order. */
  readonly result: unknown;
  /** The version of the script that it runs; null for a job that runs a handler, and before it is split. */
  readonly scriptVersion: number | null;
  /** What was frozen, or null while nothing was told; sliceCount grows with each split that was told of. */
  readonly manifest: { readonly sliceCount: number; readonly totals: readonly Total[] } | null;
  readonly slicesTold: number;
  /** The sums of the slices that were told settled, by group, currency and state. */
  readonly totalsTold: readonly Total[];
}

export interface ShardView {
  readonly index: number;
  readonly state: ShardState;
  readonly reason: string | null;
  /** While it is worked more slowly than it could be: why, as its executor told lately. Else null. */
  readonly throttled: string | null;
  /** What the handler returned (JSON), or null. */
  readonly result: unknown;
  readonly attempts: readonly AttemptView[];
}

export interface AttemptView {
  readonly logId: number;
  readonly no: number;
  readonly address: string;
  /** `stopping`: it counts no more and was told to stop; its executor has not said yet that it has ended. */
  readonly state: AttemptRow['state'] | 'stopping';
  readonly reason: string | null;
  readonly sentAtMs: number;
  readonly sends: number;
  readonly endedAtMs: number | null;
}

/** Executors tell it with each heartbeat; what was told longer ago is over, or nobody knows. */
const THROTTLED_FOR_MS = 90_000;

/** Why shards of a run are THROTTLED, by their index; the first of them is said of the run. */
export const throttledNow = (db: SqlReader, runId: number): Promise<ReadonlyMap<number, string>> =>
  throttledShards(db, runId, THROTTLED_FOR_MS);

export async function viewRun(db: SqlReader, runId: number): Promise<RunView | null> {
  const run = await runById(db, runId);
  if (run === null) return null;
  const job = await currentJob(db, { id: run.jobId });
  return viewRunRow(db, run, job?.name ?? String(run.jobId));
}

export async function viewRunRow(db: SqlReader, run: RunRow, job: string): Promise<RunView> {
  const attempts = await attemptsOf(db, run.id);
  const stopping = new Set((await stoppingAttempts(db, run.id)).map(({ logId }) => logId));
  const rows = await shardsOf(db, run.id);
  const told = await toldRowOf(db, run);
  const throttled = await throttledNow(db, run.id);
  const viewShard = (shard: ShardRow): ShardView => ({
    index: shard.shardIndex,
    state: shard.state,
    reason: shard.reason,
    throttled: throttled.get(shard.shardIndex) ?? null,
    result: parseResult(shard.result),
    attempts: attempts
      .filter((attempt) => attempt.shardIndex === shard.shardIndex)
      .map((attempt) => viewAttempt(attempt, stopping.has(attempt.id))),
  });
  const hookAt = (index: number) => rows.filter((shard) => shard.shardIndex === index).map(viewShard)[0] ?? null;
  return {
    id: run.id,
    job,
    state: run.state,
    reason: run.reason,
    throttled: [...throttled.values()][0] ?? null,
    origin: await originOfRun(db, run.id),
    param: run.param,
    businessDate: run.businessDate,
    plannedAtMs: run.plannedAt,
    createdAtMs: run.createdAt,
    dispatchedAtMs: run.dispatchedAt,
    settledAtMs: run.settledAt,
    endedAtMs: run.endedAt,
    shardTotal: run.shardTotal,
    shards: rows.filter((shard) => !isHook(shard.shardIndex)).map(viewShard),
    beforeRun: hookAt(BEFORE_RUN),
    afterRun: hookAt(AFTER_RUN),
    result: runResultOf(rows),
    scriptVersion: await scriptVersionOfRun(db, run.id),
    manifest: told.manifest === null ? null : { sliceCount: told.sliceCount ?? 0, totals: parseTotals(told.manifest) },
    slicesTold: told.slicesTold,
    totalsTold: parseTotals(told.totalsTold),
  };
}

const viewAttempt = (attempt: AttemptRow, stopping: boolean): AttemptView => ({
  logId: attempt.id,
  no: attempt.no,
  address: attempt.address,
  state: stopping ? 'stopping' : attempt.state,
  reason: attempt.reason,
  sentAtMs: attempt.sentAt,
  sends: attempt.sends,
  endedAtMs: attempt.endedAt,
});
