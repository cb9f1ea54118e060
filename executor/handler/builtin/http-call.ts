import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosResponse, isAxiosError } from 'axios';
import { DaybreakError, messageOf } from '../../../shared/errors.ts';
import { type HttpTargetRules, httpTargets } from './http-targets.ts';

export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** For the whole exchange, redirects and the reading of the answer included. */
  readonly timeoutMs: number;
  /** Whether doing it twice does what doing it once does. */
  readonly repeatable: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Whether the answer was longer than what was read of it. */
  readonly cut: boolean;
}

export interface HttpCallerOptions extends HttpTargetRules {
  readonly redirectsMax: number;
  readonly answerBytesMax: number;
}

export interface HttpCaller {
  /** Throws HTTP_REFUSED, HTTP_UNREACHABLE, HTTP_UNCLEAR, or the signal's reason. */
  call(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

/**
 * The one axios instance for calls of jobs. Its defaults follow redirects to anywhere, obey the environment's proxy,
 * inflate without end and read without end: all of that is off.
 */
export function createHttpCaller(options: HttpCallerOptions): HttpCaller {
  const targets = httpTargets(options);
  // No connection is kept: one that was judged in another state of the network is not used again.
  const agents = {
    http: new HttpAgent({ keepAlive: false, lookup: targets.lookup }),
    https: new HttpsAgent({ keepAlive: false, lookup: targets.lookup }),
  };
  const http = axios.create({
    httpAgent: agents.http,
    httpsAgent: agents.https,
    maxRedirects: 0,
    proxy: false,
    decompress: false,
    responseType: 'stream',
    transformRequest: (body: unknown) => body,
    validateStatus: () => true,
  });

  async function exchange(url: URL, call: HttpCall, signal: AbortSignal): Promise<AxiosResponse<Readable>> {
    const refusal = targets.refusalOf(url);
    if (refusal !== null) throw new DaybreakError('HTTP_REFUSED', refusal);
    return await http.request<Readable>({
      url: url.href,
      method: call.method,
      headers: { 'user-agent': 'daybreak', 'accept-encoding': 'identity', ...call.headers },
      data: call.body ?? undefined,
      signal,
    });
  }

  async function follow(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    let { url, headers } = call;
    for (let redirects = 0; ; redirects++) {
      const response = await exchange(url, { ...call, headers }, signal);
      const next = redirects < options.redirectsMax ? redirectOf(response, call, url) : null;
      if (next === null) return await readAnswer(response, options.answerBytesMax, signal);
      response.data.destroy();
      // What was meant for one origin (a token, a cookie) is not told to another.
      if (next.origin !== url.origin) headers = {};
      url = next;
    }
  }

  return {
    async call(call, signal) {
      const deadline = AbortSignal.timeout(call.timeoutMs);
      try {
        return await follow(call, AbortSignal.any([signal, deadline]));
      } catch (error) {
        signal.throwIfAborted();
        throw judgeFailure(error, call, deadline.aborted);
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Where a redirect leads, for requests that only ask; a request that does something is never sent on. */
function redirectOf({ status, headers }: AxiosResponse, { method }: HttpCall, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(status) || (method !== 'GET' && method !== 'HEAD')) return null;
  const location: unknown = headers.location;
  return typeof location === 'string' ? URL.parse(location, from.href) : null;
}

async function readAnswer(
  { status, data }: AxiosResponse<Readable>,
  bytesMax: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const abort = () => data.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    // Leaving the loop ends the connection: what lies beyond the limit is not read.
    for await (const part of data as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes > bytesMax) break;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return { status, body: Buffer.concat(parts).subarray(0, bytesMax).toString('utf8'), cut: bytes > bytesMax };
}

// Failures to make a connection: no byte of the request has left. Everything else may have arrived.
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
// A certificate is judged before the request is written.
const BAD_CERTIFICATE = /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

function judgeFailure(error: unknown, { method, url, timeoutMs, repeatable }: HttpCall, late: boolean): DaybreakError {
  if (error instanceof DaybreakError) return error;
  const code = codeOf(error) ?? codeOf(isAxiosError(error) ? error.cause : null);
  const where = `${method} ${url.origin}${url.pathname}`;
  if (code === 'ENOTALLOWED') return new DaybreakError('HTTP_REFUSED', `${where}: ${messageOf(error)}`);
  if (code !== null && (NOT_SENT.has(code) || BAD_CERTIFICATE.test(code))) {
    return new DaybreakError('HTTP_UNREACHABLE', `${where}: no connection (${code})`, { details: { code } });
  }
  const why = late ? `no whole answer within ${timeoutMs} ms` : `the line broke (${code ?? messageOf(error)})`;
  return new DaybreakError('HTTP_UNCLEAR', `${where}: ${why}: it may have been executed`, { retryable: repeatable });
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
