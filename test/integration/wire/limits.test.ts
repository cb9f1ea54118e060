import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SERVER_LIMITS, startNodeServer } from '../../../executor/node/http-node-server.ts';
import { createNodeMetrics } from '../../../executor/node/node-metrics.ts';
import { createSignatureTrust } from '../../../executor/node/signature-trust.ts';
import { createWireGuard } from '../../../executor/node/wire-guard.ts';
import { createHttpApi, WIRE_LIMITS } from '../../../scheduler/api/http-api.ts';
import { LOOPBACK_ONLY } from '../../../scheduler/dispatch/http-allowed-networks.ts';
import { createHttpExecutorClient } from '../../../scheduler/dispatch/http-executor-client.ts';
import { schedulerMigrations } from '../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { createMetrics } from '../../../shared/metrics.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { givenContext } from '../../support/given-scheduler-context.ts';
import { javaHeaders, rawPost } from '../../support/java-wire.ts';

const headers = javaHeaders('C', TEST_TOKEN, 'orders');
const impatient = { checkEveryMs: 50, headerBytesMax: 4_096 };

async function schedulerDoor(limits: Partial<typeof WIRE_LIMITS> = {}): Promise<number> {
  const store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const metrics = createMetrics();
  const api = createHttpApi(givenContext(store), {
    accessToken: TEST_TOKEN,
    metrics,
    status: async () => ({}),
    limits,
  });
  await api.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await api.close();
    metrics.close();
    await store.close();
  });
  return (api.server.address() as AddressInfo).port;
}

async function executorDoor(limits: Partial<typeof SERVER_LIMITS> = {}): Promise<number> {
  const metrics = createMetrics();
  const guard = createWireGuard({
    accessToken: TEST_TOKEN,
    previousAccessToken: null,
    incarnation: 'me',
    clock: systemRuntime().clock,
    trust: createSignatureTrust(false),
  });
  const verbs = { '/run': async () => ({ code: 200, msg: 'Success' }) };
  const server = await startNodeServer(
    { verbs, pages: {}, guard, host: '127.0.0.1', logger: silentLogger, metrics: createNodeMetrics(metrics) },
    { port: 0, searchUp: false },
    { ...SERVER_LIMITS, ...limits },
  );
  onTestFinished(async () => {
    await server.close();
    metrics.close();
  });
  return server.port;
}

const DOORS = [
  ['the scheduler', schedulerDoor, 'api/callback'],
  ['an executor', executorDoor, 'run'],
] as const;

/** What a raw connection is told, and that it is closed. */
async function saidTo(port: number, write: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (part) => {
    text += part.toString();
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  write(socket);
  await once(socket, 'close');
  return text;
}

describe.each(DOORS)('%s', (_, door, path) => {
  test('cuts off who sends headers drop by drop', async () => {
    const port = await door({ ...impatient, headersTimeoutMs: 300 });
    expect(await saidTo(port, (socket) => socket.write(`POST /${path} HTTP/1.1\r\nHost: x\r\nX-Slow: `))).toMatch(
      /^(HTTP\/1.1 408 |$)/,
    );
  });

  test('cuts off who sends a body drop by drop', async () => {
    const port = await door({ ...impatient, headersTimeoutMs: 300, requestTimeoutMs: 600 });
    const start = `POST /${path} HTTP/1.1\r\nHost: x\r\nXXL-JOB-ACCESS-TOKEN: ${TEST_TOKEN}\r\nContent-Length: 1000\r\n\r\n[`;
    expect(await saidTo(port, (socket) => socket.write(start))).toMatch(/^(HTTP\/1.1 408 |$)/);
  });

  test('takes no more headers than it has to', async () => {
    const port = await door(impatient);
    const many = `POST /${path} HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(8_000)}\r\n\r\n`;
    expect(await saidTo(port, (socket) => socket.write(many))).toMatch(/^HTTP\/1.1 431 /);
  });

  test.each<[string, string]>([
    ['nested without end', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['nested in objects', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`],
    ['made to change prototypes', '[{"logId":1,"__proto__":{"code":200}}]'],
    ['made to change constructors', '[{"logId":1,"constructor":{"prototype":1}}]'],
    ['not JSON', '[1,'],
    ['not UTF-8 JSON', '\u0000'],
  ])('refuses a body that is %s', async (__, body) => {
    const port = await door();
    const reply = await rawPost(`http://127.0.0.1:${port}/${path}`, body, headers);
    expect(reply).toMatchObject({ status: 200, json: { code: 500 } });
  });

  test('refuses a body over its limit before it is parsed, and goes on', async () => {
    const port = await door();
    const limit = path === 'run' ? 5 * 1_048_576 : WIRE_LIMITS.callbackBytesMax;
    const url = `http://127.0.0.1:${port}/${path}`;
    const big = await rawPost(url, `["${'x'.repeat(limit)}"]`, headers).catch((error: Error) => error);
    // The end of the line may come before the answer is read: a sender of so much is not waited for.
    if (!(big instanceof Error)) expect(big).toMatchObject({ status: 200, json: { code: 500 } });
    expect(await rawPost(url, path === 'run' ? '{}' : '[]', headers)).toMatchObject({ json: { code: 200 } });
  });

  test('reads nothing of the body of somebody without a token', async () => {
    const port = await door();
    const body = `["${'x'.repeat(100_000)}`;
    const reply = await rawPost(`http://127.0.0.1:${port}/${path}`, body, { ...headers, 'xxl-job-access-token': 'x' });
    expect(reply.json).toMatchObject({ code: 500, msg: 'The access token is wrong.' });
  });
});

test('a list of more results than anybody can have is refused whole', async () => {
  const port = await schedulerDoor();
  const list = `[${'0,'.repeat(100_000)}0]`;
  const reply = await rawPost(`http://127.0.0.1:${port}/api/callback`, list, headers);
  expect(reply.json).toMatchObject({ code: 500, msg: expect.stringContaining('100001 results is too long') });
});

describe('a storm of registrations', () => {
  test('asks each address once at a time, and few addresses at once', async () => {
    let open = 0;
    let most = 0;
    const asked: string[] = [];
    const gate = Promise.withResolvers<void>();
    const client = createHttpExecutorClient({
      directory: {
        async contact(address) {
          asked.push(address);
          open += 1;
          most = Math.max(most, open);
          await gate.promise;
          open -= 1;
          return { appName: 'orders', tokens: [TEST_TOKEN], runPath: null, signs: false };
        },
        learnPath: async () => undefined,
      },
      timeoutMs: 10_000,
      allowedNetworks: LOOPBACK_ONLY,
    });
    onTestFinished(() => client.close());
    const addresses = Array.from({ length: 100 }, (_, n) => `http://127.0.0.1:9/?${n}`);
    const beats = [...addresses, ...addresses, ...addresses].map((address) => client.beat(address, 1_000));
    await Promise.resolve();
    gate.resolve();
    expect(new Set(await Promise.all(beats))).toEqual(new Set([false]));
    expect([asked.length, most]).toEqual([100, 16]);
  });
});
