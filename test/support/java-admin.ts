import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Generation } from './java-wire.ts';

export interface AdminRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly answer: Record<string, unknown>;
}

/**
 * An admin of xxl-job, as strict as it is: it takes the callback's shape of its generation and no other, knows no verb
 * but its own, and answers in its generation's words, nulls included.
 */
export interface JavaAdmin {
  /** The root that an executor is given. */
  readonly root: string;
  readonly requests: readonly AdminRequest[];
  /** Results as the admin read them: log id, code, message. */
  readonly results: { logId: number; code: number; msg: string | null; time: number }[];
  /** Every answer until it is set back: for an admin whose database is away. */
  isBroken: boolean;
  verbs(): string[];
  /** Resolves when a request that fits has been answered. */
  saw(fits: (request: AdminRequest) => boolean): Promise<void>;
  /** Resolves when it has the result of this log id. */
  heard(logId: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startJavaAdmin(options: {
  readonly generation: Generation;
  readonly token: string;
  readonly appName: string;
  readonly contextPath?: string;
}): Promise<JavaAdmin> {
  const { generation, token, appName, contextPath = '' } = options;
  const requests: AdminRequest[] = [];
  const results: JavaAdmin['results'] = [];
  const waiting = new Set<() => void>();
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const payload = generation === 'B' || generation === 'C' ? 'content' : 'data';
  const isSpoken = generation === 'D' || generation === 'E';
  // Jackson writes nulls; `success` is a getter that came with 3.2.
  const answerOf = (code: number, msg: string | null) => ({
    code,
    msg,
    [payload]: null,
    ...(isSpoken ? { success: code === 200 } : {}),
  });
  const ok = () => answerOf(200, isSpoken ? 'Success' : null);
  const fail = (msg: string) => answerOf(500, msg);

  function answerTo(verb: string, headers: IncomingMessage['headers'], body: unknown): Record<string, unknown> {
    const [shown, named] = [headers['xxl-job-access-token'], headers['xxl-job-appname']];
    if (generation === 'E') {
      if (!shown || !named) return fail('invalid request, accessToken or appname is empty.');
      if (shown !== token || named !== appName) return fail('invalid request, accessToken or appname invalid.');
    } else if (shown !== token) return fail('The access token is wrong.');
    if (java.isBroken) return fail('openapi invoke error: Could not open JDBC Connection');
    switch (verb) {
      case 'registry':
      case 'registryRemove': {
        const { registryGroup, registryKey, registryValue } = body as Record<string, string>;
        return registryGroup && registryKey && registryValue ? ok() : fail('Illegal Argument.');
      }
      case 'callback':
        return callback(body);
      default:
        return fail(`invalid request, uri-mapping(${verb}) not found.`);
    }
  }

  function callback(body: unknown): Record<string, unknown> {
    const list = generation === 'E' ? (body as { callbackList?: unknown[] }).callbackList : body;
    if (Array.isArray(body) === (generation === 'E')) {
      return fail('openapi invoke error: com.google.gson.JsonSyntaxException: Expected another shape');
    }
    for (const item of (list ?? []) as Record<string, unknown>[]) {
      const old = item.executeResult as { code: number; msg?: string } | undefined;
      results.push({
        logId: Number(item.logId),
        code: Number((generation === 'B' ? old?.code : item.handleCode) ?? 0),
        msg: ((generation === 'B' ? old?.msg : item.handleMsg) as string | undefined) ?? null,
        time: Number((generation === 'E' ? item.logDateTime : item.logDateTim) ?? 0),
      });
    }
    return ok();
  }

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    const path = request.url ?? '';
    const body = text === '' ? null : (JSON.parse(text) as unknown);
    const isHere = path.startsWith(`${contextPath}/api/`);
    const answer = isHere
      ? answerTo(path.slice(`${contextPath}/api/`.length), request.headers, body)
      : { status: 404, error: 'Not Found', path };
    requests.push({ path, headers: request.headers, body, answer });
    for (const look of [...waiting]) look();
    response.writeHead(isHere ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const java: JavaAdmin = {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}${contextPath}`,
    requests,
    results,
    isBroken: false,
    verbs: () => requests.map(({ path }) => path.split('/').at(-1) ?? ''),
    saw: (fits) => until(() => requests.some(fits)),
    heard: (logId) => until(() => results.some((result) => result.logId === logId)),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return java;
}
