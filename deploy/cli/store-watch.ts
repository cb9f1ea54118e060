import { DaybreakError, type ErrorCode, isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

export interface WatchedStore {
  /** The same store, watched. */
  readonly store: SqlStore;
  /** Aborts when nothing could be written for a while: the night ends, and its state is kept. */
  readonly lost: AbortSignal;
}

// A failover heals within seconds. Transactions that write nothing succeed on a full disk, so it is the failures that
// count: they are of one trouble while no more than the gap lies between them.
const FAILING_FOR_MS = 15_000;
const GAP_MS = 10_000;
const LOST: ReadonlySet<ErrorCode> = new Set(['STORE_UNREACHABLE', 'STORE_READ_ONLY', 'STORE_CORRUPT']);

/** Sees that a store is lost (its disk is full, its server stays away), whoever's transactions it is that fail. */
export function watchStore(store: SqlStore, runtime: Pick<Runtime, 'clock'>): WatchedStore {
  const lost = new AbortController();
  let failing: { sinceMs: number; lastMs: number } | null = null;

  function note(error: unknown): void {
    if (!isDaybreakError(error) || !LOST.has(error.code)) return;
    const nowMs = runtime.clock.monotonicMs();
    const isNew = failing === null || nowMs - failing.lastMs > GAP_MS;
    failing = { sinceMs: isNew || failing === null ? nowMs : failing.sinceMs, lastMs: nowMs };
    if (nowMs - failing.sinceMs < FAILING_FOR_MS || lost.signal.aborted) return;
    lost.abort(
      new DaybreakError(
        'STORE_UNREACHABLE',
        `the store ${store.label} could not be written for ${Math.round((nowMs - failing.sinceMs) / 1_000)} s: ${messageOf(error)}`,
        { cause: error },
      ),
    );
  }

  return {
    lost: lost.signal,
    store: {
      dialect: store.dialect,
      label: store.label,
      read: (name, body) => store.read(name, body),
      figures: (overMs) => store.figures(overMs),
      health: () => store.health(),
      close: () => store.close(),
      async transaction(name, body, how) {
        try {
          return await store.transaction(name, body, how);
        } catch (error) {
          note(error);
          throw error;
        }
      },
    },
  };
}
