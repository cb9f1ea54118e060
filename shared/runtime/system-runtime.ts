import { randomBytes, randomInt } from 'node:crypto';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Runtime } from './runtime.ts';
import { createUlidFactory } from './ulid.ts';

// A timer over 2^31-1 ms fires at once, so longer waits are made of several.
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The real clock, chance and timers. Make one per process, in main, and hand it on. */
export function systemRuntime(): Runtime {
  const ulid = createUlidFactory(Date.now, randomBytes);
  return {
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    random: {
      next: () => Math.random(),
      integer: (below) => (below <= 1 ? 0 : randomInt(below)),
      ulid,
      secretHex: (length) => randomBytes(length).toString('hex'),
    },
    sleep,
    yieldTurn: async () => {
      await immediate();
    },
    deadline,
  };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const endMs = performance.now() + Math.max(0, ms);
    let timer: NodeJS.Timeout;
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const arm = (): void => {
      const leftMs = endMs - performance.now();
      timer = setTimeout(leftMs > TIMER_MAX_MS ? arm : finish, Math.min(Math.max(leftMs, 0), TIMER_MAX_MS));
    };
    const finish = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    arm();
  });
}

function deadline(ms: number, parent?: AbortSignal): AbortSignal {
  const own = ms <= TIMER_MAX_MS ? AbortSignal.timeout(Math.max(0, Math.ceil(ms))) : longTimeout(ms);
  return parent ? AbortSignal.any([parent, own]) : own;
}

/** Like AbortSignal.timeout, which takes no more than 2^31-1 ms. The timer holds neither the process nor the signal. */
function longTimeout(ms: number): AbortSignal {
  const controller = new AbortController();
  const held = new WeakRef(controller);
  const endMs = performance.now() + ms;
  // The signal keeps its controller alive for as long as somebody holds the signal.
  controllers.set(controller.signal, controller);
  const arm = (): void => {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) {
      held.deref()?.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    } else if (held.deref()) {
      setTimeout(arm, Math.min(leftMs, TIMER_MAX_MS)).unref();
    }
  };
  arm();
  return controller.signal;
}
const controllers = new WeakMap<AbortSignal, AbortController>();
