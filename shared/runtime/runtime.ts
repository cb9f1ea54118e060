/**
 * The door by which time, chance and ids come in. Nothing outside adapters reads a clock, draws a number or sets a
 * timer by itself (the lint step holds this), so that a whole system can run under one seed.
 */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  /** Resolves after `ms` on this process's monotonic clock; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets other work in (one macrotask), for loops that would otherwise hold the event loop. */
  yieldTurn(): Promise<void>;
  /** A signal that aborts with a TimeoutError after `ms`, or with the parent's reason when that aborts first. */
  deadline(ms: number, parent?: AbortSignal): AbortSignal;
}

export interface Clock {
  /** Epoch milliseconds of this machine. Never compared between processes: for that, `SqlTx.nowMs` is there. */
  wallMs(): number;
  /** Milliseconds that only grow, for durations inside one process. */
  monotonicMs(): number;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  integer(below: number): number;
  /** A sortable id (ULID: 26 characters), unique across processes. */
  ulid(): string;
  /** `length` unguessable bytes as lower-case hex, for secrets and tokens. */
  secretHex(length: number): string;
}
