import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { runsWithShardsToSend } from '../storage/sql/shard-queries.ts';
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
  const askInMs = await letWaitingRunsGo(ctx, patience);
  const { nowMs, due } = await ctx.store.read('list-shards-to-send', async (db) => ({
    nowMs: db.nowMs,
    due: await runsWithShardsToSend(db, db.nowMs + AHEAD_MS),
  }));
  let wakeInMs = askInMs;
  for (const { runId, readyAt } of due) {
    if (readyAt > nowMs) wakeInMs = Math.min(wakeInMs ?? Infinity, readyAt - nowMs);
    else if (!(await handOutAll(ctx, sender, runId))) wakeInMs = Math.min(wakeInMs ?? Infinity, BUSY_AGAIN_MS);
  }
  return { wakeInMs };
}

// What falls due later is found by a tick.
const AHEAD_MS = 1_000;
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
