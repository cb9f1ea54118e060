/** Runs at most `max` at once; the others wait in the order in which they came. */
export interface Limiter {
  /** Rejects with the signal's reason when it aborts before `work` has begun; once begun, aborting is work's own affair. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly running: number;
  readonly waiting: number;
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>;
}

/**
 * @example
 * const limiter = createLimiter(4);
 * const answers = await Promise.all(requests.map((request) => limiter.run(() => send(request), signal)));
 */
export function createLimiter(max: number): Limiter {
  if (!Number.isInteger(max) || max < 1)
    throw new TypeError(`a limiter needs a whole number of at least 1, not ${max}`);
  const queue = new Set<() => void>();
  let idleWaiters: (() => void)[] = [];
  let running = 0;

  function leave(): void {
    running--;
    const [next] = queue;
    if (next) next();
    else if (running === 0) {
      for (const tell of idleWaiters) tell();
      idleWaiters = [];
    }
  }

  function enter(signal?: AbortSignal): Promise<void> {
    if (running < max) {
      running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        queue.delete(begin);
        signal?.removeEventListener('abort', giveUp);
        running++;
        resolve();
      };
      const giveUp = (): void => {
        queue.delete(begin);
        reject(signal?.reason);
      };
      queue.add(begin);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  return {
    async run(work, signal) {
      signal?.throwIfAborted();
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    get running() {
      return running;
    },
    get waiting() {
      return queue.size;
    },
    async idle() {
      if (running > 0 || queue.size > 0) await new Promise<void>((resolve) => idleWaiters.push(resolve));
    },
  };
}
