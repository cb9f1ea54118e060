import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { Value } from 'typebox/value';
import type { Route } from '../../scheduler/api/admin/contract/route.ts';
import { API_PREFIX, ROUTES, type RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { pagePolicy } from '../../scheduler/api/admin/security-headers.ts';
import { type FakeState, fakeAnswers, Refusal } from './fake-answers.ts';
import { SCRIPTS } from './fake-scripts.ts';

/**
 * A scheduler's admin as the page sees it, of made-up data: every page, both themes, both languages without a store. Each
 * answer is checked against the contract, so that what is tried here is what the real one says. The policy is the real one.
 */
export interface FakeApi {
  readonly url: string;
  readonly state: FakeState;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

export async function startFakeApi(options: { readonly folder: string; readonly port?: number }): Promise<FakeApi> {
  const state: FakeState = {
    isSetUp: true,
    isLoggedIn: true,
    mustChangePassword: false,
    steps: 0,
    isDown: false,
    isStanding: false,
    bulkIds: [],
    isBulkHeldUp: false,
    scripts: [...SCRIPTS],
    streams: new Set(),
  };
  const server = createServer((request, response) => {
    void handle(request, response, state, options.folder).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'INTERNAL', message: String(error), fields: [], details: {} } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    state,
    close: () => endServer(server, state),
  };
}

function endServer(server: Server, state: FakeState): Promise<void> {
  for (const stream of state.streams) stream.end();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  state: FakeState,
  folder: string,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  if (!url.pathname.startsWith(`${API_PREFIX}/`)) return sendFile(response, folder, url.pathname);
  if (state.isDown) return void request.socket.destroy();
  const found = findRoute(request.method ?? 'GET', url.pathname.slice(API_PREFIX.length));
  if (found === null) return answer(response, 404, problem('NOT_FOUND', 'there is no such route'));
  const { name, params } = found;
  if (name === 'GET /stream') return stream(response, state);
  const body = await readBody(request);
  const query = Object.fromEntries(url.searchParams);
  try {
    const asked = { params, query, body, nowMs: Date.now(), state };
    const reply = fakeAnswers[name]?.(asked) ?? { done: true };
    if (typeof reply === 'string') {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(reply);
      return;
    }
    const { reply: schema } = ROUTES[name] as Route;
    const wrong = Value.Check(schema, reply) ? [] : [...Value.Errors(schema, reply)].slice(0, 3);
    if (wrong.length > 0) throw new Error(`the fake's ${name} is not what the contract says: ${JSON.stringify(wrong)}`);
    return answer(response, 200, reply);
  } catch (error) {
    if (error instanceof Refusal) return answer(response, error.status, error.problem);
    throw error;
  }
}

function findRoute(method: string, path: string): { name: RouteName; params: Record<string, string> } | null {
  const given = path.split('/');
  const fits = (name: string): Record<string, string> | null => {
    const [verb, pattern = ''] = name.split(' ');
    const parts = pattern.split('/');
    if (verb !== method || parts.length !== given.length) return null;
    const params: Record<string, string> = {};
    for (const [index, part] of parts.entries()) {
      const value = decodeURIComponent(given[index] ?? '');
      if (part.startsWith(':')) params[part.slice(1)] = value;
      else if (part !== value) return null;
    }
    return params;
  };
  // Words before parameters: /jobs/filters is no job.
  const names = (Object.keys(ROUTES) as RouteName[]).sort((a, b) => a.split(':').length - b.split(':').length);
  for (const name of names) {
    const params = fits(name);
    if (params !== null) return { name, params };
  }
  return null;
}

function stream(response: ServerResponse, state: FakeState): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': hello\n\n');
  state.streams.add(response);
  let id = 0;
  const timer = setInterval(() => {
    state.steps++;
    for (const topic of ['tonight', 'runs', 'run:9003']) {
      response.write(
        `id: ${++id}\nevent: change\ndata: ${JSON.stringify({ topic, atMs: Date.now(), kind: 'changed', id: null })}\n\n`,
      );
    }
  }, 2_000);
  response.on('close', () => {
    clearInterval(timer);
    state.streams.delete(response);
  });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

export const problem = (code: string, message: string, more: object = {}) => ({
  error: { code, message, fields: [], details: {}, ...more },
});

function sendFile(response: ServerResponse, folder: string, path: string): void {
  const wanted = normalize(join(folder, path === '/' ? 'index.html' : path));
  if (!wanted.startsWith(normalize(folder)) || !existsSync(wanted) || !statSync(wanted).isFile()) {
    response.writeHead(404);
    response.end();
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(wanted)] ?? 'application/octet-stream',
    'content-security-policy': pagePolicy('none'),
    'x-content-type-options': 'nosniff',
  });
  createReadStream(wanted).pipe(response);
}
