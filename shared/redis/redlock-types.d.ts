/** redlock 4.2.0 has no types, and those of others do not compile against ioredis 6. Only what is used here. */
declare module 'redlock' {
  import type { EventEmitter } from 'node:events';

  interface Client {
    evalsha(hash: string, args: (string | number)[], done: Done): void;
    eval(args: (string | number)[], done: Done): void;
  }
  /** redlock reads the message of a failure whenever it is not null: undefined would break it. */
  type Done = (error: Error | null, reply?: unknown) => void;

  class Redlock extends EventEmitter {
    constructor(clients: Client[], options?: { retryCount?: number; driftFactor?: number });
    /** A promise of bluebird's. */
    lock(resource: string, ttlMs: number): PromiseLike<Redlock.Lock>;
    static readonly LockError: new (
      message?: string,
      attempts?: number,
    ) => Error;
  }
  namespace Redlock {
    interface Lock {
      /** Throws LockError when the lock has run out. */
      unlock(): PromiseLike<void>;
    }
  }
  export = Redlock;
}
