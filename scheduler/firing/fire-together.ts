import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { ableExecutors } from '../dispatch/able-executors.ts';
import type { Dispatch } from '../dispatch/dispatch.ts';
import { runRequest } from '../dispatch/run-request.ts';
import type { Effects } from '../effects.ts';
import { assignShards } from '../routing/assign-shards.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import type { FireRow } from '../storage/sql/fire-queries.ts';
import type { LiveNode } from '../storage/sql/live-executor-queries.ts';
import {
  type FirstShard,
  fireAll,
  insertFirstShards,
  insertRuns,
  type NewFiredRun,
  nextRounds,
} from '../storage/sql/many-fires-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { newShard } from '../storage/sql/shard-queries.ts';
import { type PlainFire, readFiringWorld } from './firing-world.ts';

export interface FiredTogether {
  /** To be sent once this is committed. */
  readonly dispatches: readonly Dispatch[];
  /** To be decided one by one, in this order. */
  readonly rest: readonly FireRow[];
  /** So many are of jobs that somebody else has just now: the next pass looks again. */
  readonly busy: number;
}

/**
 * Fires what is plain, all of it together: fires that are due of jobs that need nothing but their executors (or an earlier
 * run's end). What one by one is twenty statements for each is then a dozen for all, and the run's first attempts are stored
 * with it, so that the next thing that happens is the request. Everything that asks for more, a hold, a limit, a file, a
 * script, hooks, a route that asks, is left to `decideDueFire`; both lead to the same rows.
 *
 * The fires are locked, in the order job, instant, id. Of one job only the first goes here: the others are judged by it.
 */
export async function fireTogether(
  tx: SqlTx,
  ctx: SchedulerContext,
  fires: readonly FireRow[],
  effects: Effects,
  handsOut: boolean,
): Promise<FiredTogether> {
  const world = await readFiringWorld(tx, ctx, fires);
  if (world.plain.length === 0) return { dispatches: [], rest: world.rest, busy: world.busy };
  await fireAll(
    tx,
    world.plain.map(({ fire }) => fire),
  );
  const runs = await makeRuns(tx, ctx, world.plain);
  await nextRounds(
    tx,
    world.plain.flatMap(({ job, homes }) => (job.route === 'ROUND' && homes !== null ? [job.id] : [])),
  );
  const dispatches = await makeShards(tx, ctx, runs, effects, handsOut);
  for (const { fire } of world.plain) {
    const lateSeconds = (tx.nowMs - fire.plannedAt) / 1_000;
    effects.counts.push((metrics) => {
      metrics.fires.add(1, { verdict: 'fired' });
      metrics.fireLateness.observe(lateSeconds);
    });
  }
  return { dispatches, rest: world.rest, busy: world.busy };
}

interface MadeRun {
  readonly plain: PlainFire;
  readonly run: RunRow;
}

async function makeRuns(tx: SqlTx, ctx: SchedulerContext, plain: readonly PlainFire[]): Promise<MadeRun[]> {
  const rows = plain.map((one) => runOf(one, tx.nowMs));
  const ids = await insertRuns(tx, rows, ctx.codeVersion);
  return plain.map((one, at) => {
    const row = rows[at] as NewFiredRun;
    const id = ids.get(row.fireId);
    if (id === undefined) throw new Error(`the run of fire ${row.fireId} is not there in the transaction that made it`);
    return { plain: one, run: { ...row, id } };
  });
}

/** A run as it is once it was made, judged and, where nothing is in its way, split. */
const runOf = ({ fire, job, homes, waits }: PlainFire, nowMs: number): NewFiredRun => ({
  fireId: fire.id,
  jobId: job.id,
  chainRunId: null,
  configHash: job.configHash,
  state: homes === null ? 'waiting' : 'running',
  waitsFor: waits?.for ?? null,
  rerunOf: null,
  reason: waits?.reason ?? null,
  param: fire.param ?? job.param,
  plannedAt: fire.plannedAt,
  businessDate: fire.businessDate,
  shardTotal: homes?.length ?? null,
  createdAt: nowMs,
  dispatchedAt: null,
  settledAt: null,
  endedAt: null,
  sliceCount: null,
  manifest: null,
  slicesTold: 0,
  totalsTold: null,
  mismatch: null,
  priority: job.priority,
  group: job.group,
});

async function makeShards(
  tx: SqlTx,
  ctx: SchedulerContext,
  runs: readonly MadeRun[],
  effects: Effects,
  handsOut: boolean,
): Promise<Dispatch[]> {
  const shards = runs.flatMap((made) => firstShards(ctx, made, handsOut));
  if (shards.length === 0) return [];
  if (shards.some(({ to }) => to === null)) effects.wakes.add('dispatch-ready-shards');
  const { dispatchTimeoutMs, resendAfterMs } = ctx.settings;
  const logIds = await insertFirstShards(tx, shards, tx.nowMs + dispatchTimeoutMs + resendAfterMs);
  const dispatches: Dispatch[] = [];
  for (const { made, runId, shardIndex, to } of shards) {
    if (to === null) continue;
    const logId = logIds.get(`${runId} ${shardIndex}`);
    if (logId === undefined) throw new Error(`shard ${shardIndex} of run ${runId} has no attempt after it was made`);
    const inHand: { run: RunRow; job: Job } = { run: made.run, job: made.plain.job };
    const attempt = { shard: newShard(runId, shardIndex), logId, no: 1, foreign: to.foreign };
    dispatches.push({ address: to.address, request: await runRequest(tx, inHand, attempt) });
  }
  return dispatches;
}

interface ShardInHand extends FirstShard {
  readonly made: MadeRun;
  readonly to: LiveNode | null;
}

function firstShards(ctx: SchedulerContext, made: MadeRun, handsOut: boolean): ShardInHand[] {
  const { plain, run } = made;
  const { homes } = plain;
  if (homes === null) return [];
  const ready = homes.map(({ index, home }) => ({
    shardIndex: index,
    homeExecutorId: home.id,
    avoidExecutorId: null,
  }));
  const assigned = !handsOut
    ? []
    : assignShards({
        ready,
        live: ableExecutors(
          plain.live,
          ready.map(({ shardIndex }) => ({ run, job: plain.job, shardIndex })),
        ),
        held: new Map(),
        shardsPerExecutor: ctx.settings.shardsPerExecutor,
        avoided: plain.avoided,
        yetToHear: plain.yetToHear,
      });
  const nodes = new Map(plain.live.map((node) => [node.id, node]));
  const given = new Map(assigned.map(({ shard, executor }) => [shard.shardIndex, nodes.get(executor.id) ?? null]));
  return ready.map(({ shardIndex, homeExecutorId }) => ({
    made,
    runId: run.id,
    shardIndex,
    homeExecutorId,
    to: given.get(shardIndex) ?? null,
  }));
}
