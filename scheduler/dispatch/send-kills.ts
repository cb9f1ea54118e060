import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  claimKills,
  deleteKillOrder,
  type KillOrderRow,
  killOrders,
  noteKillSent,
  postponeKill,
  wantedAttemptAt,
} from '../storage/sql/kill-queries.ts';
import type { KillAnswer } from './executor-client.ts';

/**
 * Tells executors to stop what is not wanted any more, until they have heard. An order stands until its attempt is known to
 * have ended: by its result, by the end of its process, or because the executor has no such attempt. Each is claimed before
 * it is sent: of two schedulers one sends it, and when that one dies it is due again a moment later.
 */
export async function sendKills(ctx: SchedulerContext): Promise<BodyReport> {
  const { nowMs, orders } = await ctx.store.read('list-kill-orders', async (db) => ({
    nowMs: db.nowMs,
    orders: await killOrders(db),
  }));
  const due: KillOrderRow[] = [];
  let nextAtMs: number | null = null;
  for (const order of orders) {
    if (hasEndedWithItsProcess(order)) await forget(ctx, order.logId);
    else if (order.nextAt === null) continue;
    else if (order.nextAt <= nowMs) due.push(order);
    else nextAtMs = Math.min(nextAtMs ?? Infinity, order.nextAt);
  }
  // Side by side: one executor that is silent must not hold up the others.
  const mine = await claim(ctx, due);
  await Promise.all(mine.map((order) => sendOne(ctx, order)));
  if (due.length > 0) nextAtMs = Math.min(nextAtMs ?? Infinity, nowMs + ctx.settings.killAgainMs);
  return { wakeInMs: nextAtMs === null ? null : Math.max(0, nextAtMs - nowMs) };
}

async function claim(ctx: SchedulerContext, due: readonly KillOrderRow[]): Promise<readonly KillOrderRow[]> {
  if (due.length === 0) return due;
  const { dispatchTimeoutMs, killAgainMs } = ctx.settings;
  const claimed = await ctx.store.transaction('claim-kills', (tx) =>
    claimKills(tx, due, tx.nowMs + dispatchTimeoutMs + killAgainMs),
  );
  return due.filter(({ logId }) => claimed.has(logId));
}

/** The registry's lease and the process's own id say so; how long ago the order was given says nothing. */
const hasEndedWithItsProcess = (order: KillOrderRow): boolean =>
  order.executorState === 'gone' || order.executorIncarnation !== order.incarnation;

async function sendOne(ctx: SchedulerContext, order: KillOrderRow): Promise<void> {
  if (await wouldHitAnother(ctx, order)) return;
  const { address, jobId, logId } = order;
  const answer = await ctx.client.kill({ address, jobId, logId });
  ctx.metrics.kills.add(1, { answer });
  await ctx.store.transaction('record-kill', async (tx) => {
    if (answer === 'not_there' && isSurelyNotThere(ctx, order, tx.nowMs)) await deleteKillOrder(tx, logId);
    else await noteKillSent(tx, logId, answer === 'told' ? null : tx.nowMs + ctx.settings.killAgainMs);
  });
  // What waited for a peer to hear this may go.
  if (answer !== 'unclear' && order.incarnation === null) ctx.wake('dispatch-ready-shards');
  if (answer === ('unclear' satisfies KillAnswer)) {
    ctx.logger.warn({ address, logId, sends: order.sends + 1 }, 'a kill was not heard; it is sent again');
  }
}

/**
 * An executor of xxl-job knows jobs and no attempts: a kill ends the running attempt and the queue of the job on that node.
 * While that would hit an attempt that is wanted, none is sent: the one that is not wanted runs to its end, and its result
 * changes nothing.
 */
async function wouldHitAnother(ctx: SchedulerContext, order: KillOrderRow): Promise<boolean> {
  if (order.incarnation !== null) return false;
  return ctx.store.transaction('look-before-kill', async (tx) => {
    const other = await wantedAttemptAt(tx, order);
    if (other === null) return false;
    await postponeKill(tx, order.logId, tx.nowMs + ctx.settings.killAgainMs);
    ctx.logger.info(
      { address: order.address, logId: order.logId, other: other.logId },
      'no kill is sent: the node would end an attempt of another run as well',
    );
    return true;
  });
}

/** A request that nobody has acknowledged may still be on its way when the kill arrives. */
function isSurelyNotThere(ctx: SchedulerContext, order: KillOrderRow, nowMs: number): boolean {
  return order.acceptedAt !== null || nowMs - order.madeAt > 2 * ctx.settings.dispatchTimeoutMs;
}

async function forget(ctx: SchedulerContext, logId: number): Promise<void> {
  await ctx.store.transaction('forget-kill', (tx) => deleteKillOrder(tx, logId));
}
