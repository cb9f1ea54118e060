import type { Attempt, StopKind } from '../attempt.ts';
import type { LogLevel } from '../handler-context.ts';
import type { CrossedEnding, CrossedError } from './cross-ending.ts';

/** What a node tells the thread or process of a handler. JSON, so that one shape fits both kinds of channel. */
export type ToWorker =
  | {
      readonly kind: 'run';
      readonly attempt: Attempt;
      readonly executorAddress: string;
      /** As the node's own schema made it; used where the module has none. */
      readonly params?: unknown;
    }
  | { readonly kind: 'stop'; readonly why: StopKind }
  /** The log lines up to here are written. */
  | { readonly kind: 'flushed' }
  /** Destroy the handler and end. */
  | { readonly kind: 'close' };

/** What comes back. */
export type FromWorker =
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly kind: 'flush' }
  /** The event loop turns: the handler was told, and may take its grace. */
  | { readonly kind: 'stop-heard' }
  | { readonly kind: 'ended'; readonly ending: CrossedEnding }
  | { readonly kind: 'crashed'; readonly error: CrossedError };

/** Which handler a thread or process is for; given to it when it starts. */
export interface WorkerTarget {
  readonly name: string;
  /** A `file:` URL. */
  readonly module: string;
  readonly exportName: string;
}

/** The other side, seen from inside the thread or process. */
export interface NodeChannel {
  send(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
  /** Ends this thread or process. */
  exit(): void;
}

/** A thread or process that runs one attempt at a time, seen from the node. */
export interface IsolatedWorker {
  send(message: ToWorker): void;
  /** Ends it and all that it started, now. `ended` says when that is done. */
  kill(): void;
  /** Resolves with words about how it ended; never rejects. */
  readonly ended: Promise<string>;
}

export interface WorkerStart {
  readonly target: WorkerTarget;
  readonly memoryMbMax: number | null;
  readonly onMessage: (message: FromWorker) => void;
  /** What it wrote to its standard output and error past the log. */
  readonly onOutput: (level: LogLevel, line: string) => void;
}

export type StartWorker = (start: WorkerStart) => IsolatedWorker;
