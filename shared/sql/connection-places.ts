import { DaybreakError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** So many may have a connection at once; the others wait in the order in which they came, and not for ever. */
export interface ConnectionPlaces {
  /** Resolves with the function that gives the place back. Throws STORE_OVERLOADED when the wait was too long. */
  take(): Promise<() => void>;
  readonly total: number;
  readonly inUse: number;
  readonly waiting: number;
}

export function createConnectionPlaces(given: {
  total: number;
  waitMs: number;
  label: string;
  runtime: Pick<Runtime, 'sleep'>;
}): ConnectionPlaces {
  const { total, waitMs, label, runtime } = given;
  const queue = new Set<() => void>();
  let inUse = 0;

  function leave(): void {
    const [next] = queue;
    if (next === undefined) inUse -= 1;
    else next();
  }

  const onceOnly = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      leave();
    };
  };

  async function wait(): Promise<void> {
    const over = new AbortController();
    let isMine = false;
    const given = new Promise<void>((resolve) => {
      const begin = (): void => {
        queue.delete(begin);
        isMine = true;
        resolve();
      };
      queue.add(begin);
      over.signal.addEventListener('abort', () => queue.delete(begin), { once: true });
    });
    const late = runtime.sleep(waitMs, over.signal).catch(() => undefined);
    await Promise.race([given, late]);
    over.abort();
    // A place that came in the same instant as the end of the wait is taken: nobody else would give it back.
    if (!isMine) throw overloaded({ total, waitMs, label, waiting: queue.size });
  }

  return {
    total,
    async take() {
      if (inUse < total) inUse += 1;
      else await wait();
      return onceOnly();
    },
    get inUse() {
      return inUse;
    },
    get waiting() {
      return queue.size;
    },
  };
}

function overloaded(at: { total: number; waitMs: number; label: string; waiting: number }): DaybreakError {
  return new DaybreakError(
    'STORE_OVERLOADED',
    `no connection to ${at.label} came free within ${at.waitMs} ms: all ${at.total} are at work and ${at.waiting} more ` +
      'callers wait; is the database slow? Else give this process more connections, or fewer slots',
    { details: at },
  );
}
