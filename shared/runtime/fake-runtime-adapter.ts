import { setImmediate as immediate } from 'node:timers/promises';
import type { Runtime } from './runtime.ts';
import { seededRandom } from './seeded-random.ts';

export interface FakeRuntime extends Runtime {
  /** Moves both clocks forward, waking sleepers and deadlines in the order of their instants, each with its turn. */
  advance(ms: number): Promise<void>;
  /** Sets this machine's wall clock alone, as an administrator or NTP does. */
  setWall(epochMs: number): void;
  /** How many sleeps and deadlines wait. */
  readonly waiting: number;
}

// Enough turns for code that yields a few times to reach its next wait.
const SETTLE_TURNS = 8;

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await immediate();
}

/** A runtime whose time stands still until a test moves it. Default start: 2026-11-20T00:00:00Z, seed 1. */
export function createFakeRuntime(options: { startMs?: number; seed?: number | string } = {}): FakeRuntime {
  let wallMs = options.startMs ?? Date.UTC(2026, 10, 20);
  let monotonicMs = 0;
  let sequence = 0;
  const waiting = new Set<{ atMs: number; sequence: number; fire: () => void }>();

  const at = (ms: number, fire: () => void): (() => void) => {
    const entry = { atMs: monotonicMs + Math.max(0, ms), sequence: sequence++, fire };
    waiting.add(entry);
    return () => waiting.delete(entry);
  };
  const nextUpTo = (endMs: number) =>
    [...waiting].filter((entry) => entry.atMs <= endMs).sort((a, b) => a.atMs - b.atMs || a.sequence - b.sequence)[0];
  const moveTo = (ms: number): void => {
    wallMs += ms - monotonicMs;
    monotonicMs = ms;
  };

  return {
    // Whole milliseconds, as every machine's wall clock has them.
    clock: { wallMs: () => Math.floor(wallMs), monotonicMs: () => monotonicMs },
    random: seededRandom(options.seed ?? 1, () => wallMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const cancel = at(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    yieldTurn: async () => {
      await immediate();
    },
    deadline(ms, parent) {
      const controller = new AbortController();
      at(ms, () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')));
      return parent ? AbortSignal.any([parent, controller.signal]) : controller.signal;
    },
    async advance(ms) {
      const endMs = monotonicMs + ms;
      await settle();
      for (let next = nextUpTo(endMs); next; next = nextUpTo(endMs)) {
        waiting.delete(next);
        moveTo(Math.max(next.atMs, monotonicMs));
        next.fire();
        await settle();
      }
      moveTo(endMs);
      await settle();
    },
    setWall(epochMs) {
      wallMs = epochMs;
    },
    get waiting() {
      return waiting.size;
    },
  };
}
