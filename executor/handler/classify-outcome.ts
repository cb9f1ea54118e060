import { messageOf } from '../../shared/errors.ts';
import { CODE_FAIL, CODE_SUCCESS, CODE_TIMEOUT } from '../../shared/protocol/wire.ts';
import type { AttemptOutcome, AttemptStopped } from './attempt.ts';
import type { HandlerResult } from './handler-context.ts';

/**
 * How a handler's call ended. 'unholdable': with a value that JSON cannot hold, in a thread or process. 'stuck': it was
 * told to stop and did not return in time. 'forced': nor did it, and its thread or process was ended.
 */
export type HandlerEnding =
  | { readonly kind: 'returned'; readonly value: HandlerResult }
  | { readonly kind: 'unholdable' }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'stuck'; readonly graceMs: number }
  | { readonly kind: 'forced'; readonly graceMs: number; readonly what: 'thread' | 'process' };

export const MESSAGE_CHARS_MAX = 50_000;
export const RESULT_CHARS_MAX = 262_144;

const UNHOLDABLE: AttemptOutcome = {
  code: CODE_FAIL,
  message: 'the handler returned a value that JSON cannot hold',
  result: null,
};

/**
 * The verdict of an attempt. Who was told to stop did not finish, whatever it returns: a handler that obeys its signal
 * returns early and normally, and that is not success. Its result is kept, for what it says about how far it came.
 */
export function classifyOutcome(ending: HandlerEnding, stopped: AttemptStopped | null): AttemptOutcome {
  if (stopped !== null) return stoppedOutcome(ending, stopped);
  switch (ending.kind) {
    case 'returned':
      return returnedOutcome(ending.value);
    case 'threw':
      return threwOutcome(ending.error);
    case 'unholdable':
      return UNHOLDABLE;
    case 'stuck':
    case 'forced':
      return { code: CODE_FAIL, message: 'the handler did not return', result: null };
  }
}

/** For an attempt that was stopped while it waited in the queue: its handler never began. */
export function neverBegan(stopped: AttemptStopped): AttemptOutcome {
  return {
    code: CODE_FAIL,
    message: `${stopped.message} [job not executed, in the job queue, killed.]`,
    result: null,
  };
}

function stoppedOutcome(ending: HandlerEnding, stopped: AttemptStopped): AttemptOutcome {
  const timedOut = stopped.kind === 'timeout';
  const words = timedOut ? stopped.message : `${stopped.message} [job running, killed]`;
  return {
    code: timedOut ? CODE_TIMEOUT : CODE_FAIL,
    message: cut(words + afterthought(ending, stopped)),
    result: ending.kind === 'returned' ? partialResult(ending.value) : null,
  };
}

function partialResult(value: HandlerResult): string | null {
  const text = toJson(value)?.text ?? null;
  return text !== null && text.length <= RESULT_CHARS_MAX ? text : null;
}

function afterthought(ending: HandlerEnding, stopped: AttemptStopped): string {
  if (ending.kind === 'stuck') {
    return ` (the handler did not stop within ${ending.graceMs} ms of being told; it may still be running on the node)`;
  }
  if (ending.kind === 'forced') {
    return ` (the handler did not stop within ${ending.graceMs} ms of being told, and its ${ending.what} was ended by force)`;
  }
  if (ending.kind === 'threw' && !comesFrom(ending.error, stopped)) return ` (${describe(ending.error)})`;
  return '';
}

function returnedOutcome(value: HandlerResult): AttemptOutcome {
  if (value === undefined) return { code: CODE_SUCCESS, message: '', result: null };
  const json = toJson(value);
  if (json === null) return UNHOLDABLE;
  if (json.text.length > RESULT_CHARS_MAX) {
    // The work is done: failing it now would have it done again.
    const message = `the result is not sent: ${json.text.length} characters of JSON, at most ${RESULT_CHARS_MAX} are`;
    return { code: CODE_SUCCESS, message, result: null };
  }
  return { code: CODE_SUCCESS, message: cut(json.text), result: json.text };
}

function threwOutcome(error: unknown): AttemptOutcome {
  const code = codeOf(error);
  const fact = { code: code ?? 'HANDLER_FAILED', message: cut(messageOf(error), 2_000), ...retryableOf(error) };
  return { code: CODE_FAIL, message: cut(describe(error)), result: JSON.stringify({ error: fact }) };
}

function describe(error: unknown): string {
  const code = codeOf(error);
  return code === null ? messageOf(error) : `${code}: ${messageOf(error)}`;
}

function codeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && code !== '' ? code.slice(0, 64) : null;
}

/** Only what the error itself says: one that says nothing leaves the choice to the job's retry policy. */
function retryableOf(error: unknown): { retryable?: boolean } {
  const says = error instanceof Error && 'retryable' in error ? error.retryable : undefined;
  return typeof says === 'boolean' ? { retryable: says } : {};
}

/** Whether an error only says that the attempt was stopped: the reason itself, or what was thrown because of it. */
function comesFrom(error: unknown, stopped: AttemptStopped): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at === stopped || at.name === 'AbortError') return true;
  }
  return false;
}

function toJson(value: HandlerResult): { text: string } | null {
  try {
    const text: string | undefined = JSON.stringify(value);
    return text === undefined ? null : { text };
  } catch {
    // A circle or a bigint: the caller says so in the outcome.
    return null;
  }
}

function cut(text: string, max: number = MESSAGE_CHARS_MAX): string {
  return text.length <= max ? text : text.slice(0, max);
}
