import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from './dials.ts';

const BODY_BYTES_MAX = 64 * 1024 * 1024;

export type Route =
  | { readonly endpoint: Exclude<Endpoint, 'file'> }
  | { readonly endpoint: 'file'; readonly date: string };

export function routeOf(request: IncomingMessage): Route | null {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (request.method === 'GET' && path === '/v1/capabilities') return { endpoint: 'capabilities' };
  if (request.method === 'POST' && path === '/v1/debits') return { endpoint: 'debits' };
  if (request.method === 'POST' && path === '/v1/debits/query') return { endpoint: 'query' };
  if (request.method === 'POST' && path === '/v1/debits/void') return { endpoint: 'void' };
  const date = /^\/v1\/settlement-files\/(\d{4}-\d{2}-\d{2})$/.exec(path)?.[1];
  return request.method === 'GET' && date !== undefined ? { endpoint: 'file', date } : null;
}

/** The whole body, or null when it is larger than any batch could be. @throws when the caller goes away. */
export async function readRequestBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function hasKey(request: IncomingMessage, key: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${key}`);
  return given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.byteLength, ...headers });
  response.end(body);
}

/** Announces all of the answer, sends half of it, and is gone. */
export function sendHalf(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.byteLength });
  response.write(body.subarray(0, Math.ceil(body.byteLength / 2)), () => response.destroy());
}

/** Resolves with the port. */
export function listen(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Ends all connections, whatever goes on in them. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** The caller has taken what was written, or is gone. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
