import type { Attempt } from './attempt.ts';
import type { HandlerEnding } from './classify-outcome.ts';
import type { ContextLog } from './create-handler-context.ts';

/** One attempt, handed to whatever runs its handler. */
export interface HandlerCall {
  readonly attempt: Attempt;
  readonly signal: AbortSignal;
  readonly log: ContextLog;
}

/** Where one handler of one node runs: it is initialised once, runs attempts, and is destroyed at the end. */
export interface HandlerHost {
  /** Never rejects; resolves when nothing of the attempt runs any more. */
  run(call: HandlerCall): Promise<HandlerEnding>;
  /** How long after it was told to stop an attempt counts as stuck. */
  readonly stuckAfterMs: number;
  /** After the last attempt. Waits for `limitMs` at most; never rejects. */
  close(limitMs: number): Promise<void>;
}
