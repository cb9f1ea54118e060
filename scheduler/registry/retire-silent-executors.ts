import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ExecutorRow, executorsNotGone, moveExecutor, pickExecutor } from '../storage/sql/executor-queries.ts';
import { EXECUTOR_STATES, type ExecutorState, transitExecutor } from './executor-liveness.ts';

/**
 * Judges each executor by how long it has been quiet, on the store's clock, while somebody listened. What a gone one held
 * is taken back.
 */
export async function retireSilentExecutors(ctx: SchedulerContext): Promise<BodyReport> {
  const { nowMs, executors } = await ctx.store.read('list-executors', async (db) => ({
    nowMs: db.nowMs,
    executors: await executorsNotGone(db),
  }));
  const listenedMs = ctx.listening.listenedMs();
  const counts = new Map<ExecutorState, number>(EXECUTOR_STATES.map((state) => [state, 0]));
  let moved = 0;
  for (const executor of executors) {
    const to = stateAt(ctx, executor, { nowMs, listenedMs });
    counts.set(to, (counts.get(to) ?? 0) + 1);
    if (to !== executor.state && (await retireOne(ctx, executor, listenedMs))) moved += 1;
  }
  for (const [state, count] of counts) ctx.metrics.executors.set(count, { state });
  if (moved > 0) {
    ctx.wake('rescue-lost-attempts');
    ctx.wake('dispatch-ready-shards');
    // Who looks for silent ones every 10 seconds would miss one that is gone before that.
    ctx.wake('send-alarms');
  }
  return {};
}

/** Judged anew under the lock: a beat may have come since the list was read. One that is locked is being judged, or beats. */
async function retireOne(ctx: SchedulerContext, listed: ExecutorRow, listenedMs: number): Promise<boolean> {
  const to = await ctx.store.transaction('retire-executor', async (tx) => {
    const executor = await pickExecutor(tx, listed.appName, listed.address);
    const to = executor === null ? null : stateAt(ctx, executor, { nowMs: tx.nowMs, listenedMs });
    if (executor === null || to === null || to === executor.state) return null;
    return (await moveExecutor(tx, executor, to)) ? to : null;
  });
  if (to !== null) {
    // One that said that it leaves is gone as expected.
    const level = listed.state === 'draining' ? 'info' : 'warn';
    ctx.logger[level]({ address: listed.address, group: listed.appName, state: to }, `executor is ${to}`);
  }
  return to !== null;
}

function stateAt(
  ctx: SchedulerContext,
  executor: ExecutorRow,
  { nowMs, listenedMs }: { readonly nowMs: number; readonly listenedMs: number },
): ExecutorState {
  const verdict = transitExecutor(executor.state, {
    kind: 'watched',
    quietMs: Math.min(nowMs - executor.lastBeatAt, listenedMs),
    silentAfterMs: ctx.settings.executorSilentAfterMs,
    goneAfterMs: ctx.settings.executorGoneAfterMs,
  });
  return verdict.kind === 'moved' ? verdict.to : executor.state;
}

/** For a start that has proven by the exclusive store that no executor of before lives. */
export async function declareAllGone(ctx: SchedulerContext): Promise<number> {
  return ctx.store.transaction('declare-executors-gone', async (tx) => {
    const executors = await executorsNotGone(tx);
    for (const executor of executors) {
      const verdict = transitExecutor(executor.state, { kind: 'declared_gone' });
      if (verdict.kind === 'moved') await moveExecutor(tx, executor, verdict.to);
    }
    return executors.length;
  });
}
