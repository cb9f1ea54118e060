import { AttemptStopped } from '../attempt.ts';
import type { HandlerEnding } from '../classify-outcome.ts';
import type { HandlerResult } from '../handler-context.ts';

/** An ending on its way out of a thread or process. A result travels as the JSON text that it becomes anyway. */
export type CrossedEnding =
  | { readonly kind: 'returned'; readonly json: string | null }
  | { readonly kind: 'unholdable' }
  | { readonly kind: 'threw'; readonly error: CrossedError };

/** What the outcome and the run log say about an error, and no more: classes do not cross. */
export type CrossedError =
  | { readonly kind: 'stop' }
  | { readonly kind: 'value'; readonly text: string }
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly stack: string | null;
      readonly code: string | null;
      readonly retryable: boolean | null;
      readonly cause: CrossedError | null;
    };

const CAUSES_MAX = 5;

export function crossEnding(ending: HandlerEnding): CrossedEnding {
  switch (ending.kind) {
    case 'returned':
      return crossResult(ending.value);
    case 'threw':
      return { kind: 'threw', error: crossError(ending.error) };
    case 'unholdable':
    case 'stuck':
    case 'forced':
      return { kind: 'unholdable' };
  }
}

export function reviveEnding(crossed: CrossedEnding, stopped: unknown): HandlerEnding {
  switch (crossed.kind) {
    case 'returned':
      return {
        kind: 'returned',
        value: crossed.json === null ? undefined : (JSON.parse(crossed.json) as HandlerResult),
      };
    case 'unholdable':
      return { kind: 'unholdable' };
    case 'threw':
      return { kind: 'threw', error: reviveError(crossed.error, stopped) };
  }
}

function crossResult(value: HandlerResult): CrossedEnding {
  if (value === undefined) return { kind: 'returned', json: null };
  try {
    const json: string | undefined = JSON.stringify(value);
    return json === undefined ? { kind: 'unholdable' } : { kind: 'returned', json };
  } catch {
    // A circle or a bigint: the outcome says so in words.
    return { kind: 'unholdable' };
  }
}

export function crossError(error: unknown, depth = 0): CrossedError {
  if (error instanceof AttemptStopped) return { kind: 'stop' };
  if (!(error instanceof Error)) return { kind: 'value', text: String(error) };
  const { name, message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const retryable = 'retryable' in error && typeof error.retryable === 'boolean' ? error.retryable : null;
  const crossedCause = cause === undefined || depth >= CAUSES_MAX ? null : crossError(cause, depth + 1);
  return { kind: 'error', name, message, stack: stack ?? null, code, retryable, cause: crossedCause };
}

/** `stopped` is the node's own reason: an error that only passes it on is that very reason here, too. */
export function reviveError(crossed: CrossedError, stopped: unknown): unknown {
  switch (crossed.kind) {
    case 'stop':
      return stopped;
    case 'value':
      return crossed.text;
    case 'error': {
      const { name, message, stack, code, retryable, cause } = crossed;
      const error = new Error(message, cause === null ? {} : { cause: reviveError(cause, stopped) });
      error.name = name;
      if (stack === null) delete error.stack;
      else error.stack = stack;
      return Object.assign(error, code === null ? {} : { code }, retryable === null ? {} : { retryable });
    }
  }
}
