import { request } from 'node:http';
import { DaybreakError, ERRORS, type ErrorCode } from '../../../shared/errors.ts';
import type { Owner } from './owner-file.ts';

/**
 * Asks the process that owns the store. Throws the error that it answered, with its code, or STORE_BUSY when nobody
 * answers there. node:http directly: no proxy from the environment may see the token.
 */
export function askOwner(owner: Owner, action: string, body: unknown): Promise<unknown> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const silent = (cause: unknown): void =>
      reject(
        new DaybreakError(
          'STORE_BUSY',
          `process ${owner.pid} holds the store and does not answer at its control port`,
          {
            cause,
          },
        ),
      );
    const call = request(new URL(action, owner.controlUrl), {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(10_000),
      headers: {
        authorization: `Bearer ${owner.token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    });
    call.once('error', silent);
    call.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', silent);
      response.once('end', () => {
        try {
          resolve(resultOf(JSON.parse(Buffer.concat(parts).toString('utf8'))));
        } catch (error) {
          reject(error);
        }
      });
    });
    call.end(text);
  });
}

function resultOf(answer: { result?: unknown; error?: { code: string; message: string } }): unknown {
  if (answer.error === undefined) return answer.result;
  const code = Object.hasOwn(ERRORS, answer.error.code) ? (answer.error.code as ErrorCode) : 'INTERNAL';
  throw new DaybreakError(code, answer.error.message);
}
