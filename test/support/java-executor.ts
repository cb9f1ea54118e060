import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Generation } from './java-wire.ts';

export interface JavaRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: Record<string, unknown> | null;
}

/** What happens to a run: its answer, or the request itself, may be lost on the way. */
export type JavaRunMood = 'answer' | 'lose-answer' | 'lose-request';

/**
 * An executor of xxl-job, as strict as it is: paths are matched to the letter, answers are text/html, and the field for
 * what is answered has its generation's name. Its queue is one per job, and it knows a logId only while that is queued.
 */
export interface JavaExecutor {
  readonly address: string;
  readonly requests: readonly JavaRequest[];
  readonly connections: () => number;
  mood: JavaRunMood;
  /** Runs that it has begun, by logId; one that came twice is here twice. */
  readonly begun: number[];
  /** Runs that wait in its queue and do not begin by themselves. */
  readonly queued: number[];
  /** Runs are queued and left there. */
  holdsBack: boolean;
  /** Log ids of which it has a log. */
  readonly logs: Set<number>;
  /** Log ids whose job is at work. */
  readonly running: Set<number>;
  paths(): string[];
  /** The first request that fits, as soon as it has come. */
  asked(fits: (request: JavaRequest) => boolean): Promise<JavaRequest>;
  /** Closes the connections that nothing is asked on, as it does with those that were idle for long. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export async function startJavaExecutor(options: {
  readonly generation: Generation;
  readonly token: string;
  readonly appName: string;
}): Promise<JavaExecutor> {
  const { generation, token, appName } = options;
  const requests: JavaRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let connections = 0;

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    const path = request.url ?? '';
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : null;
    requests.push({ path, headers: request.headers, text, body });
    for (const look of [...waiting]) look();
    const isRun = path === '/run' || path === '/trigger';
    if (isRun && java.mood === 'lose-request') {
      request.socket.destroy();
      return;
    }
    const answer = answerTo(path, request.method ?? '', request.headers, body);
    for (const look of [...waiting]) look();
    if (isRun && answer.code === 200 && java.mood === 'lose-answer') {
      request.socket.destroy();
      return;
    }
    const json = JSON.stringify(answer);
    response.writeHead(200, {
      'content-type': 'text/html;charset=UTF-8',
      'content-length': Buffer.byteLength(json),
      connection: 'keep-alive',
    });
    response.end(json);
  });
  server.keepAliveTimeout = 90_000;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const payload = generation === 'B' || generation === 'C' ? 'content' : 'data';
  const ok = (data?: unknown, msg?: string) => ({
    code: 200,
    // Gson leaves out what is null: before 3.2 there is no message.
    ...(msg === undefined ? (generation === 'D' || generation === 'E' ? { msg: 'Success' } : {}) : { msg }),
    ...(data === undefined ? {} : { [payload]: data }),
  });
  const fail = (msg: string) => ({ code: 500, msg });

  function answerTo(
    path: string,
    method: string,
    headers: IncomingMessage['headers'],
    body: Record<string, unknown> | null,
  ): { code: number; msg?: string } {
    if (method !== 'POST') return fail('invalid request, HttpMethod not support.');
    if (path.trim() === '') return fail('invalid request, uri-mapping empty.');
    const [shown, named] = [headers['xxl-job-access-token'], headers['xxl-job-appname']];
    if (generation === 'E') {
      if (!shown || !named) return fail('invalid request, accessToken or appname is empty.');
      if (shown !== token || named !== appName) return fail('invalid request, accessToken or appname invalid.');
    } else if (shown !== token) return fail('The access token is wrong.');
    const logId = Number(body?.logId ?? 0);
    switch (path) {
      case '/beat':
        return ok();
      case '/idleBeat':
        return java.running.size > 0 || java.queued.length > 0
          ? fail('job thread is running or has trigger queue.')
          : ok();
      case '/kill':
        return generation === 'D' || generation === 'E'
          ? ok('job thread already killed.')
          : ok(undefined, 'job thread already killed.');
      case '/log':
        return java.logs.has(logId)
          ? ok({ fromLineNum: Number(body?.fromLineNum), toLineNum: 3, logContent: `log of ${logId}`, isEnd: false })
          : ok({ fromLineNum: 1, toLineNum: 0, logContent: 'readLog fail, logFile not exists', isEnd: true });
      default:
        if (path === (generation === 'E' ? '/trigger' : '/run')) return run(logId, body);
        return fail(`invalid request, uri-mapping(${path}) not found.`);
    }
  }

  function run(logId: number, body: Record<string, unknown> | null): { code: number; msg?: string } {
    if (body?.executorHandler === 'none') return fail('job handler [none] not found.');
    const repeat = generation === 'B' || generation === 'C' ? 'repeate' : 'repeat';
    if (java.queued.includes(logId)) return fail(`${repeat} trigger job, logId:${logId}`);
    if (java.holdsBack) java.queued.push(logId);
    else {
      java.begun.push(logId);
      java.logs.add(logId);
    }
    return ok();
  }

  const java: JavaExecutor = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    connections: () => connections,
    mood: 'answer',
    begun: [],
    queued: [],
    holdsBack: false,
    logs: new Set(),
    running: new Set(),
    paths: () => requests.map(({ path }) => path),
    asked: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = requests.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async idle() {
      const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      server.closeIdleConnections();
      await Promise.all(closed);
      // Two turns of this very process's event loop, and its own client has read the end as well.
      for (let turn = 0; turn < 4; turn++) await immediate();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return java;
}
