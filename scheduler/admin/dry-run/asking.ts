import { askExecutors, type Question } from '../../routing/ask-executors.ts';
import type { ProbeAnswer } from '../../routing/route-failover.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';

/** Whom a forecast would have to ask, by job, and what they answered once they were. */
export interface Asking {
  readonly asks: Map<number, Pick<Question, 'question' | 'addresses'>>;
  readonly answers: Map<number, ReadonlyMap<string, ProbeAnswer>>;
}

/**
 * Makes a forecast, and, where it turns out that executors have to be asked first (FAILOVER, BUSYOVER), asks them and makes
 * it anew with their answers: outside of any transaction, and in the very way of a run in earnest. A beat costs them
 * nothing and changes nothing.
 */
export async function askingFirst<T>(
  ctx: Pick<SchedulerContext, 'client' | 'settings'>,
  forecast: (asking: Asking) => Promise<T>,
): Promise<T> {
  const asking: Asking = { asks: new Map(), answers: new Map() };
  const first = await forecast(asking);
  if (asking.asks.size === 0) return first;
  const timeoutMs = ctx.settings.probeTimeoutMs;
  await Promise.all(
    [...asking.asks].map(async ([jobId, ask]) => {
      asking.answers.set(jobId, await askExecutors(ctx.client, { ...ask, jobId, timeoutMs }));
    }),
  );
  return forecast(asking);
}
