import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { readBody } from './owner/http-control-server.ts';
import { UsageError } from './usage-error.ts';

export interface CallbackServer {
  /** What the gateway is told to call. */
  readonly url: string;
  close(): Promise<void>;
}

export interface CallbackServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly logger: Logger;
  /** Stores the callback and says what to answer; 200 only after the commit. */
  accept(rawBody: Buffer, signature: string | null): Promise<{ status: number; body: string }>;
}

const PATH = '/gateway/callbacks';
const BODY_MAX_BYTES = 65_536;

/** Opens `POST /gateway/callbacks`. Throws UsageError when the port is taken. */
export async function startCallbackServer(options: CallbackServerOptions): Promise<CallbackServer> {
  const { host = '127.0.0.1' } = options;
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.logger.error({ err: error }, 'a callback could not be stored; the gateway will send it again');
      reply(response, 503, 'not stored, send it again');
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxHeadersCount = 50;
  try {
    await listen(server, options.port, host);
  } catch (cause) {
    throw new UsageError(
      `--callback-port ${options.port} cannot be opened on ${host} (${messageOf(cause)}): name a free port`,
      { cause },
    );
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}${PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // What is being stored may end; a peer that only holds its connection open may not.
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: CallbackServerOptions,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (path !== PATH) return reply(response, 404, 'not found');
  if (request.method !== 'POST') return reply(response, 405, 'POST only');
  const body = await readBody(request, BODY_MAX_BYTES);
  if (body === null) return reply(response, 413, `over ${BODY_MAX_BYTES} bytes`);
  const signature = request.headers['x-gateway-signature'];
  const { status, body: text } = await options.accept(body, typeof signature === 'string' ? signature : null);
  reply(response, status, text);
}

function reply(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    connection: status === 413 ? 'close' : 'keep-alive',
  });
  response.end(body);
}
