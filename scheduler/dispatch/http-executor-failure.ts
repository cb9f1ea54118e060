import { isAxiosError } from 'axios';
import { messageOf } from '../../shared/errors.ts';
import type { DispatchAnswer } from './executor-client.ts';

// Failures to make a connection: no byte of the request has left. Everything else may have arrived.
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTALLOWED']);

/** What a failed exchange says about its request. */
export function judgeFailure(error: unknown): Extract<DispatchAnswer, { kind: 'unreachable' | 'unclear' }> {
  const code = codeOf(error) ?? codeOf(isAxiosError(error) ? error.cause : null);
  const why = code === null ? messageOf(error) : `${code}: ${messageOf(error)}`;
  return code !== null && NOT_SENT.has(code) ? { kind: 'unreachable', why } : { kind: 'unclear', why };
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
