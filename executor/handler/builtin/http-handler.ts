import { type Static, Type } from 'typebox';
import { DaybreakError } from '../../../shared/errors.ts';
import type { Resolve } from '../../../shared/http-networks.ts';
import { defineHandler } from '../define-handler.ts';
import type { Handler, HandlerContext, HandlerResult } from '../handler-context.ts';
import { createHttpCaller, type HttpAnswer, type HttpCall } from './http-call.ts';

export interface HttpHandlerOptions {
  /**
   * What jobs may call: URL prefixes (`https://api.example.com/hooks/`) or hosts (`api.example.com`, `10.0.0.7:8080`).
   * Default none: every job is refused, with a message that says what to write here.
   */
  readonly allow?: readonly string[];
  /** Networks off the public internet that an allowed name or address may lie in, e.g. `10.0.0.0/8`; default none. */
  readonly networks?: readonly string[];
  /** The ports of hosts without a port; default 80 and 443. */
  readonly ports?: readonly number[];
  /** Default `httpJobHandler`. */
  readonly name?: string;
  /** How many redirects a GET or HEAD may follow, each checked like the first address; default 0. */
  readonly redirectsMax?: number;
  /** How much of an answer is read; default 1 MiB. What is beyond it is left unread. */
  readonly answerBytesMax?: number;
  /** How much of an answer goes to the run log; default 500 characters, 0 for none. */
  readonly logCharsMax?: number;
  /** How much of an answer a job may ask to have in its result (`resultChars`); default 0. */
  readonly resultCharsMax?: number;
  /** The longest `timeout` of a job; default 600,000 ms. */
  readonly timeoutMsMax?: number;
  /** How names are resolved; default by the machine. */
  readonly resolve?: Resolve;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const Text = Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 16_384 }), { default: {} });

const HttpParams = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 8_192 }),
    method: Type.String({ default: 'POST', maxLength: 16 }),
    contentType: Type.String({ default: 'application/json', maxLength: 256 }),
    headers: Text,
    cookies: Text,
    timeout: Type.Integer({ default: 3_000, maximum: 2 ** 31 - 1 }),
    data: Type.Optional(Type.String()),
    form: Type.Optional(Type.Record(Type.String(), Type.String())),
    auth: Type.Optional(Type.String({ maxLength: 16_384 })),
    expect: Type.Optional(Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), { minItems: 1, maxItems: 100 })),
    contains: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096 })),
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    resultChars: Type.Integer({ default: 0, minimum: 0, maximum: 262_144 }),
  },
  { additionalProperties: false },
);
type HttpParams = Static<typeof HttpParams>;

/**
 * A handler that makes one HTTP request. The job's parameter is JSON as xxl-job's handler of this name has it: url,
 * method (default POST), contentType, headers, cookies, timeout (ms, default 3,000, for the whole exchange), data, form
 * and auth (the Authorization header as it is). Ours besides: expect (statuses, default 200 to 299), contains (a text
 * that must be in the answer), idempotencyKey (a header; `auto` makes it of the run and the shard), resultChars.
 *
 * It calls what `allow` names and, unless `networks` says otherwise, the public internet only. The outcomes that are
 * errors: PARAM_INVALID, HTTP_REFUSED, HTTP_UNREACHABLE (nothing was asked), HTTP_UNCLEAR (asked, and no answer: it may
 * have been executed), HTTP_UNEXPECTED (another answer than was expected). Throws BAD_OPTION here.
 * @example
 * createExecutor({ ..., handlers: [httpHandler({ allow: ['https://api.example.com/hooks/'] })] });
 */
export function httpHandler(options: HttpHandlerOptions = {}): Handler {
  const { timeoutMsMax = 600_000, logCharsMax = 500, resultCharsMax = 0 } = options;
  const caller = createHttpCaller({
    allow: options.allow ?? [],
    networks: options.networks ?? [],
    ports: options.ports ?? [80, 443],
    redirectsMax: options.redirectsMax ?? 0,
    answerBytesMax: options.answerBytesMax ?? 1_048_576,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });

  async function run(ctx: HandlerContext<HttpParams>): Promise<HandlerResult> {
    const call = readCall(ctx, timeoutMsMax);
    ctx.log.info(`${call.method} ${call.url.origin}${call.url.pathname}`);
    const answer = await caller.call(call, ctx.signal);
    ctx.log.info(`status ${answer.status}, ${answer.body.length} characters${answer.cut ? ' (cut)' : ''}`);
    if (logCharsMax > 0 && answer.body !== '') ctx.log.info(`answer: ${answer.body.slice(0, logCharsMax)}`);
    const surprise = surpriseIn(answer, ctx.params);
    if (surprise !== null) {
      const retryable = call.repeatable && mayChange(answer.status);
      throw new DaybreakError('HTTP_UNEXPECTED', surprise, { details: { status: answer.status }, retryable });
    }
    const shown = Math.min(ctx.params.resultChars, resultCharsMax);
    return { status: answer.status, ...(shown > 0 ? { body: answer.body.slice(0, shown) } : {}) };
  }

  return defineHandler({
    name: options.name ?? 'httpJobHandler',
    params: HttpParams,
    run,
    destroy: () => caller.close(),
  });
}

function readCall(ctx: HandlerContext<HttpParams>, timeoutMsMax: number): HttpCall {
  const { params } = ctx;
  const url = URL.parse(params.url);
  if (url === null) throw new DaybreakError('PARAM_INVALID', '"url" of the parameter is no URL');
  const method = params.method.toUpperCase();
  if (!METHODS.some((known) => known === method)) {
    throw new DaybreakError('PARAM_INVALID', `"method" of the parameter must be one of ${METHODS.join(', ')}`);
  }
  const key = params.idempotencyKey === 'auto' ? `run-${ctx.runId}-${ctx.shardIndex}` : params.idempotencyKey;
  return {
    url,
    method,
    headers: headersOf(params, key),
    body: bodyOf(params, method),
    // 0 and less mean the default, as they do in xxl-job.
    timeoutMs: Math.min(params.timeout > 0 ? params.timeout : 3_000, timeoutMsMax),
    repeatable: key !== undefined || method === 'GET' || method === 'HEAD' || method === 'OPTIONS',
  };
}

// They belong to the connection: a job that sets them can make one request look like two.
const FORBIDDEN_HEADERS =
  /^(host|connection|keep-alive|transfer-encoding|content-length|upgrade|te|trailer|expect|proxy-.*)$/i;

function headersOf(params: HttpParams, key: string | undefined): Record<string, string> {
  const cookies = Object.entries(params.cookies).map(([name, value]) => `${name}=${value}`);
  const headers: Record<string, string> = { ...params.headers };
  const add = (name: string, value: string | undefined) => {
    const given = Object.keys(headers).some((other) => other.toLowerCase() === name);
    if (value !== undefined && !given) headers[name] = value;
  };
  add('content-type', params.form === undefined ? params.contentType : 'application/x-www-form-urlencoded');
  add('cookie', cookies.length === 0 ? undefined : cookies.join('; '));
  add('authorization', params.auth);
  add('idempotency-key', key);
  for (const [name, value] of Object.entries(headers)) {
    const why = FORBIDDEN_HEADERS.test(name)
      ? 'may not be set by a job'
      : !/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)
        ? 'has a character that no header can hold'
        : null;
    if (why !== null) throw new DaybreakError('PARAM_INVALID', `the header "${name.slice(0, 100)}" ${why}`);
  }
  return headers;
}

function bodyOf({ data, form }: HttpParams, method: string): string | null {
  if (method === 'GET' || method === 'HEAD') return null;
  return form === undefined ? (data ?? null) : new URLSearchParams(form).toString();
}

/** Whether the same request may be answered otherwise later: not when the answer says that the request is wrong. */
const mayChange = (status: number): boolean => status < 400 || status >= 500 || [408, 425, 429].includes(status);

/** What is not as the job expects, or null. */
function surpriseIn(answer: HttpAnswer, { expect, contains }: HttpParams): string | null {
  const good = expect === undefined ? answer.status >= 200 && answer.status < 300 : expect.includes(answer.status);
  if (!good)
    return `the answer has status ${answer.status}, not ${expect === undefined ? '200 to 299' : expect.join(', ')}`;
  if (contains === undefined || answer.body.includes(contains)) return null;
  return `the answer (status ${answer.status}) does not contain the text that the job expects`;
}
