import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DaybreakError } from '../../../shared/errors.ts';

/** What a running night answers to `daybreak status` and `daybreak resolve` of the same user, by name. */
export type ControlActions = Readonly<Record<string, (body: unknown) => Promise<unknown>>>;

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

const BODY_MAX_BYTES = 65_536;

/** Loopback only, a port of the system's choice, every request with the token. */
export async function startControlServer(token: string, actions: ControlActions): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(request, token, actions).then(
      (result) => send(response, 200, { result }),
      (error: unknown) =>
        send(response, error instanceof DaybreakError ? error.status : 500, { error: describe(error) }),
    );
  });
  server.requestTimeout = 10_000;
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Resolves when the server listens on 127.0.0.1; rejects with the system's error. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(request: IncomingMessage, token: string, actions: ControlActions): Promise<unknown> {
  if (!isAuthorized(request, token)) throw new DaybreakError('UNAUTHORIZED', 'the control token is missing or wrong');
  const name = (request.url ?? '').slice(1);
  const action = request.method === 'POST' && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) throw new DaybreakError('NOT_FOUND', `there is no control action "${name}"`);
  const body = await readBody(request, BODY_MAX_BYTES);
  if (body === null) throw new DaybreakError('TOO_LARGE', `the body is over ${BODY_MAX_BYTES} bytes`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new DaybreakError('BAD_INPUT', 'the body is no JSON', { cause });
  }
  return action(parsed);
}

/** The whole body, or null when it is larger than the limit (the rest is left unread). */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function isAuthorized(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function describe(error: unknown): { code: string; message: string } {
  return error instanceof DaybreakError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}
