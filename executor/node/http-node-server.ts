import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DaybreakError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { CODE_FAIL, type Envelope, TOKEN_HEADER } from '../../shared/protocol/wire.ts';
import { ANSWER_HEADER, SIGN_AGAIN } from '../../shared/protocol/wire-signature.ts';
import { discardRequestBody, readRequestBody } from './http-request-body.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { type WireGuard, wrongToken } from './wire-guard.ts';

/** A verb of the protocol: POST, with the token or signed with it, answered by an envelope. */
export type VerbRoute = (body: unknown) => Promise<Envelope>;
/** A page for people and tools: GET. */
export interface PageRoute {
  /** 'open' needs no token; 'local-or-token' needs it unless the node listens on loopback only. */
  readonly permission: 'open' | 'local-or-token';
  render(): Promise<{ status: number; contentType: string; body: string }>;
}

export interface NodeServerOptions {
  readonly verbs: Readonly<Record<string, VerbRoute>>;
  readonly pages: Readonly<Record<string, PageRoute>>;
  readonly guard: WireGuard;
  readonly host: string;
  readonly logger: Logger;
  readonly metrics: NodeMetrics;
}

export interface NodeServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What a request may cost before anybody knows whether it is worth it. */
export const SERVER_LIMITS = {
  headerBytesMax: 16_384,
  headersTimeoutMs: 10_000,
  /** From the first byte to the last. */
  requestTimeoutMs: 30_000,
  /** How often the two above are looked at. */
  checkEveryMs: 2_000,
  /** Admins of xxl-job expect idle connections to live this long. */
  idleMs: 90_000,
};

/** Listens on `port`, or with `searchUp` on the first free one from it upward. */
export async function startNodeServer(
  options: NodeServerOptions,
  where: { readonly port: number; readonly searchUp: boolean },
  limits: typeof SERVER_LIMITS = SERVER_LIMITS,
): Promise<NodeServer> {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      keepAliveTimeout: limits.idleMs,
    },
    (request, response) => void answerRequest(request, response, options),
  );
  server.maxHeadersCount = 100;
  const port = await listen(server, options.host, where);
  return {
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // What is being answered may finish; a connection that is kept open beyond that is not waited for.
      const force = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(force);
    },
  };
}

async function listen(server: Server, host: string, where: { port: number; searchUp: boolean }): Promise<number> {
  for (let port = where.port; port <= 65_535; port++) {
    try {
      // `once` takes both its listeners off whichever event comes: a search over many taken ports leaves none behind.
      const listening = once(server, 'listening');
      server.listen({ host, port, exclusive: true });
      await listening;
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (taken && where.searchUp) continue;
      const hint = taken ? 'another program has it: give another port' : 'give a host and port of this machine';
      throw new DaybreakError('BAD_OPTION', `the executor cannot listen on ${host}:${port}; ${hint}`, { cause: error });
    }
  }
  throw new DaybreakError('BAD_OPTION', `no port from ${where.port} upward is free on ${host}`);
}

/** Answers one request of whichever server; `url` is its path below the place where the node is mounted. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: NodeServerOptions,
  url: string = request.url ?? '',
): Promise<void> {
  try {
    const page = request.method === 'GET' ? ownOf(options.pages, url) : undefined;
    if (page !== undefined) await answerPage(page, request, response, options);
    else await answerVerb(url, request, response, options);
  } catch (err) {
    options.logger.error({ err, route: url.slice(0, 100) }, 'a request could not be answered');
    if (!response.headersSent)
      sendEnvelope(response, fail('request error: the executor could not do it; its log says why'));
  }
}

/** Failures are HTTP 200 with code 500: peers take any other status for a broken line. */
async function answerVerb(
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
  options: NodeServerOptions,
): Promise<void> {
  const verb = ownOf(options.verbs, url);
  const route = verb === undefined ? 'unknown' : url;
  const { refusal, bodyHash, signAnswer } = options.guard.admit({
    method: request.method ?? '',
    path: url,
    headers: request.headers,
  });
  const say = (envelope: Envelope, outcome: 'answered' | 'refused' | 'denied', sign = signAnswer) => {
    options.metrics.request(route, outcome);
    sendEnvelope(response, envelope, sign);
  };
  if (request.method !== 'POST' || refusal !== null || verb === undefined) {
    await discardRequestBody(request);
    if (request.method !== 'POST') return say(fail('invalid request, HttpMethod not support.'), 'refused');
    // Two processes that meet for the first time sign again; that is no reason to look.
    if (refusal !== null) return say(fail(refusal), refusal === SIGN_AGAIN ? 'refused' : 'denied');
    return say(fail(`invalid request, uri-mapping(${url.slice(0, 200)}) not found.`), 'refused');
  }
  const { json, hash } = await readRequestBody(request, { hash: bodyHash !== null });
  const isForged = bodyHash !== null && hash !== null && hash !== bodyHash;
  if (isForged) return say(fail(wrongToken(request.headers)), 'denied', null);
  if (json.kind === 'refused') return say(fail(`request error: ${json.why}`), 'refused');
  const envelope = await verb(json.value);
  say(envelope, envelope.code === CODE_FAIL ? 'refused' : 'answered');
}

async function answerPage(
  page: PageRoute,
  request: IncomingMessage,
  response: ServerResponse,
  options: NodeServerOptions,
): Promise<void> {
  const open = page.permission === 'open' || isLoopback(options.host) || options.guard.hasToken(request.headers);
  const { status, contentType, body } = open
    ? await page.render()
    : {
        status: 401,
        contentType: 'text/plain',
        body: `send the access token as ${TOKEN_HEADER} or as a bearer token\n`,
      };
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body);
}

export function sendEnvelope(
  response: ServerResponse,
  envelope: Envelope,
  sign: ((body: string) => string) | null = null,
): void {
  const body = JSON.stringify(envelope);
  // Not application/json: peers of every generation are used to this type from an executor.
  const headers = { 'content-type': 'text/html;charset=UTF-8', 'content-length': Buffer.byteLength(body) };
  response.writeHead(200, sign === null ? headers : { ...headers, [ANSWER_HEADER]: sign(body) }).end(body);
}

export const fail = (msg: string): Envelope => ({ code: CODE_FAIL, msg });
const ownOf = <T>(map: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(map, name) ? map[name] : undefined;
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);
