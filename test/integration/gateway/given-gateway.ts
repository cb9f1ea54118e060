import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { verifyCallback } from '../../../executor/downstream/callback-signature.ts';
import type { AnswerEntry, Debit, Exchange } from '../../../executor/downstream/define-downstream.ts';
import {
  type GatewayBooksSnapshot,
  readBooks,
} from '../../../executor/examples/settlement/gateway-simulator/read-books.ts';
import type {
  GatewaySimulator,
  GatewaySimulatorOptions,
} from '../../../executor/examples/settlement/gateway-simulator/simulator-options.ts';
import { startGatewaySimulator } from '../../../executor/examples/settlement/gateway-simulator/start-gateway-simulator.ts';
import {
  createGatewayDownstream,
  type GatewayDownstream,
} from '../../../executor/examples/settlement/http-gateway-client.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';

export const KEY = 'sk-live-0123456789abcdef';
export const never = new AbortController().signal;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
export const later = (cleanUp: () => Promise<void> | void): void => void cleanUps.push(cleanUp);

export function booksFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'books.sqlite');
}

export function clientOf(url: string, timeoutMs = 5_000): GatewayDownstream {
  const client = createGatewayDownstream({ url, key: KEY, runtime: systemRuntime(), logger: silentLogger, timeoutMs });
  later(() => client.close());
  return client;
}

export interface GivenGateway {
  readonly simulator: GatewaySimulator;
  readonly client: GatewayDownstream;
  books(): GatewayBooksSnapshot;
  debit(requestNo: string, change?: Partial<Debit>): Debit;
  /** Sends one debit; the entry, or the kind of exchange when there was no answer. */
  send(debit: Debit): Promise<AnswerEntry | string>;
  query(requestNo: string): Promise<AnswerEntry | string>;
  void(requestNo: string): Promise<AnswerEntry | string>;
  /** A request as it is, with the key unless another header is given. */
  raw(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<RawAnswer>;
  today(): string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A running simulator in this process, with a client; with nothing wrong unless dials say so. */
export async function givenGateway(
  options: Partial<GatewaySimulatorOptions> & { timeoutMs?: number } = {},
): Promise<GivenGateway> {
  const { timeoutMs = 5_000, ...rest } = options;
  const simulator = await startGatewaySimulator({ books: booksFile(), key: KEY, ...rest });
  later(() => simulator.close());
  const client = clientOf(simulator.url, timeoutMs);
  const only = (exchange: Exchange<readonly AnswerEntry[]>): AnswerEntry | string =>
    exchange.kind === 'answered' ? (exchange.value[0] ?? 'no entry') : exchange.kind;
  return {
    simulator,
    client,
    books: () => readBooks(simulator.books),
    debit: (requestNo, change = {}) => ({
      requestNo,
      accountNo: '6210000000000001',
      amount: 1_250,
      currency: 'CNY',
      expireAt: simulator.nowMs() + 3_600_000,
      ...change,
    }),
    send: async (debit) => only(await client.send([debit], never)),
    query: async (requestNo) => only(await client.query([requestNo], never)),
    void: async (requestNo) => only(await client.void([requestNo], never)),
    raw: (method, path, body, headers) => rawRequest(simulator.url, method, path, body, headers),
    today: () => new Date(simulator.nowMs()).toISOString().slice(0, 10),
  };
}

function rawRequest(
  url: string,
  method: string,
  path: string,
  body = '',
  headers: Record<string, string> = { authorization: `Bearer ${KEY}` },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}${path}`, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

export interface ReceivedCallback {
  readonly eventId: string;
  readonly requestNo: string;
  readonly status: string;
  readonly code: string;
  readonly amount: number;
  readonly atMs: number;
  readonly check: ReturnType<typeof verifyCallback>;
}

export interface CallbackReceiver {
  readonly url: string;
  readonly received: ReceivedCallback[];
  /** What is answered from now on; default 200. */
  answer: number;
  /** Resolves when so many have come. */
  count(wanted: number): Promise<void>;
}

export async function callbackReceiver(secret = KEY): Promise<CallbackReceiver> {
  const received: ReceivedCallback[] = [];
  let waiting: (() => void)[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const check = verifyCallback(secret, String(request.headers['x-gateway-signature'] ?? ''), raw);
      received.push({ ...(JSON.parse(raw.toString()) as ReceivedCallback), atMs: performance.now(), check });
      response.writeHead(check.ok ? receiver.answer : 401).end();
      for (const wake of waiting.splice(0)) wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  later(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const receiver: CallbackReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/gateway/callbacks`,
    received,
    answer: 200,
    async count(wanted) {
      while (received.length < wanted) await new Promise<void>((resolve) => waiting.push(resolve));
      waiting = [];
    },
  };
  return receiver;
}
