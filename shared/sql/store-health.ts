import { type ErrorCode, isDaybreakError, messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { backoffMs } from '../runtime/backoff.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Whether a store takes writes, for readiness: a process that cannot write must be sent no work. */
export interface StoreHealth {
  readonly isWritable: boolean;
  /** Why not, in words; null while it is. */
  readonly why: string | null;
}

export interface HealthWatch {
  health(): StoreHealth;
  /** Any error of the store's work: those that may mean that it is away begin the asking. */
  failed(error: unknown): void;
  close(): void;
}

const AWAY: ReadonlySet<ErrorCode> = new Set(['STORE_UNREACHABLE', 'STORE_READ_ONLY', 'COMMIT_UNKNOWN']);
const ASK_AGAIN = { firstMs: 250, maxMs: 3_000, factor: 2, jitter: 0.5 };

/**
 * One failure is no outage, so the store is asked; while it does not answer, or takes no writes, it is asked again with
 * growing waits. That it is back is seen here, whoever else has nothing to write just now.
 */
export function createHealthWatch(given: {
  readonly label: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Resolves when a write could be begun. */
  readonly ask: () => Promise<void>;
}): HealthWatch {
  const { label, runtime, logger } = given;
  const closing = new AbortController();
  let why: string | null = null;
  let isAsking = false;

  async function untilWritable(): Promise<void> {
    for (let failures = 1; !closing.signal.aborted; failures++) {
      const trouble = await given.ask().then(
        () => null,
        (error: unknown) => messageOf(error),
      );
      if (trouble === null) {
        if (why !== null) logger.warn({ store: label }, 'the store takes writes again');
        why = null;
        return;
      }
      if (why === null) logger.error({ store: label, why: trouble }, 'the store takes no writes');
      why = trouble;
      await runtime.sleep(backoffMs(failures, runtime.random, ASK_AGAIN), closing.signal).catch(() => undefined);
    }
  }

  return {
    health: () => ({ isWritable: why === null, why }),
    failed(error) {
      const mayBeAway = isDaybreakError(error) && AWAY.has(error.code);
      if (!mayBeAway || isAsking || closing.signal.aborted) return;
      isAsking = true;
      untilWritable()
        .catch((err: unknown) => logger.error({ err }, 'asking the store for its health failed'))
        .finally(() => {
          isAsking = false;
        });
    },
    close: () => closing.abort(),
  };
}
