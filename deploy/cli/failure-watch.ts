import type { Handler } from '../../executor/handler/handler-context.ts';
import { DaybreakError, isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/** Sees that a job fails again and again: the store is lost, or we have a fault that waiting does not heal. */
export interface FailureWatch {
  /** The same handler, watched. */
  watch(handler: Handler): Handler;
  /** Rejects when a job failed too often in a row; never resolves. */
  readonly lost: Promise<never>;
}

// A shard is tried again within seconds. What heals by itself (a failover, a lock) has healed by then.
const FAILURES_MAX = 8;
const FAILING_FOR_MS = 15_000;

export function createFailureWatch(runtime: Pick<Runtime, 'clock'>): FailureWatch {
  const failing = new Map<string, { count: number; sinceMs: number }>();
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);

  function note(name: string, error: unknown): void {
    const nowMs = runtime.clock.monotonicMs();
    const { count, sinceMs } = failing.get(name) ?? { count: 0, sinceMs: nowMs };
    failing.set(name, { count: count + 1, sinceMs });
    if (count + 1 < FAILURES_MAX || nowMs - sinceMs < FAILING_FOR_MS) return;
    reject(
      new DaybreakError('INTERNAL', `${name} failed ${count + 1} times in a row: ${messageOf(error)}`, {
        cause: error,
      }),
    );
  }

  return {
    lost: promise,
    watch: (handler) => ({
      name: handler.name,
      async run(ctx) {
        try {
          const result = await handler.run(ctx);
          failing.delete(handler.name);
          return result;
        } catch (error) {
          // Told to stop, or outrun by an heir: that is no fault.
          if (!ctx.signal.aborted && !isDaybreakError(error, 'CANCELLED') && !isDaybreakError(error, 'LEASE_LOST')) {
            note(handler.name, error);
          }
          throw error;
        }
      },
    }),
  };
}
