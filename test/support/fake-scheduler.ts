import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { CallbackMessage } from '../../shared/protocol/wire.ts';

/** How the scheduler treats what it is told. 'lose-answer' takes it and cuts the line; 'silent' never answers. */
export type SchedulerMood = 'ok' | 'lose-answer' | 'silent' | 'http-500' | 'refuse' | 'objects-only';

export interface ToldMessage {
  readonly verb: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** Whether the teller was told 200. */
  readonly acknowledged: boolean;
}

/** A real HTTP server that stands where a scheduler would and remembers what executors told it. */
export interface FakeScheduler {
  readonly url: string;
  mood: SchedulerMood;
  /** A body that this is true of is refused, whatever the mood. */
  refuses: (body: unknown) => boolean;
  readonly told: readonly ToldMessage[];
  /** All callbacks that arrived, in order, repeats too; only the acknowledged ones when asked. */
  callbacks(which?: 'all' | 'acknowledged'): CallbackMessage[];
  /** Resolves as soon as the condition holds; it is looked at again at every message. */
  until(condition: (scheduler: FakeScheduler) => boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startFakeScheduler(
  options: { port?: number; mood?: SchedulerMood } = {},
): Promise<FakeScheduler> {
  const told: ToldMessage[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();

  const server = createServer(async (request, response) => {
    const body = await readJson(request);
    const acknowledged = answer(fake.refuses(body) ? 'refuse' : fake.mood, body, request, response);
    const verb = (request.url ?? '').replace('/api/', '');
    told.push({ verb, headers: request.headers, body, acknowledged });
    for (const look of [...waiting]) look();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  const fake: FakeScheduler = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mood: options.mood ?? 'ok',
    refuses: () => false,
    told,
    callbacks: (which = 'all') =>
      told
        .filter((message) => message.verb === 'callback' && (which === 'all' || message.acknowledged))
        .flatMap((message) => listOf(message.body)),
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition(fake)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

function answer(mood: SchedulerMood, body: unknown, request: IncomingMessage, response: ServerResponse): boolean {
  const say = (status: number, envelope: object) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(envelope));
  };
  switch (mood) {
    case 'silent':
      return false;
    case 'lose-answer':
      request.socket.destroy();
      return false;
    case 'http-500':
      say(500, { code: 200 });
      return false;
    case 'refuse':
      say(200, { code: 500, msg: 'not now' });
      return false;
    case 'objects-only':
      if (Array.isArray(body)) {
        say(200, { code: 500, msg: 'openapi invoke error: expected an object' });
        return false;
      }
      break;
    case 'ok':
      break;
  }
  say(200, { code: 200, msg: 'Success', data: null });
  return true;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? null : JSON.parse(text);
}

function listOf(body: unknown): CallbackMessage[] {
  const list = Array.isArray(body) ? body : (body as { callbackList?: unknown[] }).callbackList;
  return (list ?? []) as CallbackMessage[];
}
