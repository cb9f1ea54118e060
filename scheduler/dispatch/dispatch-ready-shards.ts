import type { BodyReport } from '../clockwork.ts';
import { isRunEnded, RUN_STATES } from '../run/run-transitions.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { SHARD_STATES } from '../shard/shard-transitions.ts';
import { openRuns } from '../storage/sql/run-queries.ts';
import { openShardCounts, runsWithShardsToSend } from '../storage/sql/shard-queries.ts';
import { type AskingPatience, createAskingPatience } from './asking-patience.ts';
import { handOutShards } from './hand-out-shards.ts';
import { letWaitingRunsGo } from './let-waiting-runs-go.ts';
import type { Sender } from './send-run-request.ts';

/**
 * Lets runs go that waited, hands out shards that are ready, and sends again what got no clear answer. The attempt is
 * committed before its request leaves, so after a crash it is known that it may have arrived. Requests go out beside
 * this body (one silent executor must not hold up the others).
 */
export async function dispatchReadyShards(
  ctx: SchedulerContext,
  sender: Sender,
  patience: AskingPatience = createAskingPatience(ctx.runtime.clock),
): Promise<BodyReport> {
  await countOpenWork(ctx);
  const askInMs = await letWaitingRunsGo(ctx, patience);
  const { nowMs, due } = await ctx.store.read('list-shards-to-send', async (db) => ({
    nowMs: db.nowMs,
    due: await runsWithShardsToSend(db),
  }));
  let wakeInMs = askInMs;
  for (const { runId, readyAt } of due) {
    if (readyAt > nowMs) wakeInMs = Math.min(wakeInMs ?? Infinity, readyAt - nowMs);
    else if (!(await handOutAll(ctx, sender, runId))) wakeInMs = Math.min(wakeInMs ?? Infinity, BUSY_AGAIN_MS);
  }
  return { wakeInMs };
}

// Another scheduler hands its shards out, or somebody records a result: it is looked at again after this.
const BUSY_AGAIN_MS = 100;

/** False: somebody else has the run just now. */
async function handOutAll(ctx: SchedulerContext, sender: Sender, runId: number): Promise<boolean> {
  for (;;) {
    const handedOut = await ctx.store.transaction('hand-out-shards', (tx) => handOutShards(tx, ctx, runId));
    for (const dispatch of handedOut.dispatches) sender.send(dispatch);
    if (handedOut.busy === true) return false;
    if (!handedOut.more) return true;
  }
}

const OPEN_STATES = RUN_STATES.filter((state) => !isRunEnded(state));

/** The gauges are set where the rows are read anyway: a scrape never asks the store. */
async function countOpenWork(ctx: SchedulerContext): Promise<void> {
  const { runs, shards } = await ctx.store.read('list-open-runs', async (db) => ({
    runs: await openRuns(db),
    shards: await openShardCounts(db),
  }));
  for (const state of OPEN_STATES) {
    ctx.metrics.openRuns.set(runs.filter((run) => run.state === state).length, { state });
  }
  for (const state of SHARD_STATES) {
    ctx.metrics.openShards.set(Number(shards.find((shard) => shard.state === state)?.n ?? 0), { state });
  }
}
