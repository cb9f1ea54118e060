import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { createExecutor, defineHandler, type Executor } from '../../executor/index.ts';
import { silentLogger } from '../../shared/logger.ts';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import { askExecutor, removeDir, runRequest, TEST_TOKEN, tempDir } from '../support/given-executor.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

/** A server that is there first, then the executor in it: as an application has it. */
async function givenMounted(listen: (executor: Executor) => Promise<string>) {
  const scheduler = await startFakeScheduler();
  const dataDir = await tempDir();
  const executor = createExecutor({
    appname: 'orders',
    accessToken: TEST_TOKEN,
    schedulers: [scheduler.url],
    handlers: [defineHandler('work', async (ctx) => ctx.param.length)],
    heartbeatIntervalMs: 1_000,
    logger: silentLogger,
    dataDir,
  });
  cleanUp.push(
    () => scheduler.stop(),
    () => removeDir(dataDir),
    () => executor.stop(),
  );
  return { scheduler, executor, address: await listen(executor) };
}

async function listenWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.unshift(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type ParsedRequest = IncomingMessage & { body?: unknown; originalUrl?: string };
type BodyParser = (request: ParsedRequest) => Promise<void>;

/** What express does with `app.use('/batch', handler)`, behind an optional body parser. */
function asExpressMounts(handler: RequestListener, parseBody: BodyParser): RequestListener {
  return (request: ParsedRequest, response: ServerResponse) => {
    void parseBody(request).then(() => {
      request.originalUrl = request.url ?? '';
      if (!request.originalUrl.startsWith('/batch/')) return response.writeHead(404).end();
      request.url = request.originalUrl.slice('/batch'.length);
      return handler(request, response);
    });
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

const BODY_PARSERS: Record<string, BodyParser> = {
  'no body parser': async () => undefined,
  'a JSON parser': async (request) => {
    const bytes = await read(request);
    request.body = bytes.length === 0 ? {} : JSON.parse(bytes.toString());
  },
  'a text parser': async (request) => {
    request.body = (await read(request)).toString();
  },
  'a raw parser': async (request) => {
    request.body = await read(request);
  },
  'a parser for other content types': async (request) => {
    request.body = {};
  },
};

async function outcomeOf(scheduler: FakeScheduler, logId: number) {
  await scheduler.until((it) => it.callbacks().some((callback) => callback.logId === logId));
  return scheduler.callbacks().find((callback) => callback.logId === logId);
}

/** What must hold wherever it is mounted. */
async function expectItWorks(it: { scheduler: FakeScheduler; executor: Executor; address: string }): Promise<void> {
  const { scheduler, executor, address } = it;
  expect((await askExecutor(address, '/beat')).msg).toMatch(/was not started, or is stopped/);
  await executor.start({ address });
  expect(executor.address).toBe(address);
  await scheduler.until(({ told }) => told.some(({ verb }) => verb === 'registry'));
  expect(scheduler.told.find(({ verb }) => verb === 'registry')?.body).toMatchObject({ registryValue: address });

  expect((await askExecutor(address, '/beat')).code).toBe(200);
  const request = runRequest({ executorParams: 'x'.repeat(2 * 1_048_576) });
  expect((await askExecutor(address, '/run', request)).code).toBe(200);
  expect(await outcomeOf(scheduler, request.logId)).toMatchObject({ handleCode: 200, result: '2097152' });

  expect((await askExecutor(address, '/beat', undefined, {})).msg).toMatch(/access token is wrong/);
  expect((await askExecutor(address, '/absent', {})).msg).toMatch(/uri-mapping\(\/absent\) not found/);
  expect((await askExecutor(address, '/kill', '{"jobId":7,"a":{"__proto__":{}}}')).msg).toMatch(/"__proto__" is not/);
  const large = runRequest({ executorParams: 'x'.repeat(6 * 1_048_576) });
  expect((await askExecutor(address, '/run', large)).msg).toMatch(/larger than 5242880 bytes/);

  expect((await fetch(`${address}/health`)).status).toBe(200);
  // The other server may be open to anybody, so metrics want the token even on loopback.
  expect((await fetch(`${address}/metrics`)).status).toBe(401);
  const metrics = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${TEST_TOKEN}` } });
  expect(await metrics.text()).toContain('daybreak_executor_runs_total{handler="work",outcome="succeeded"} 1');

  await executor.stop();
  expect((await askExecutor(address, '/beat')).msg).toMatch(/was not started, or is stopped/);
}

test('in fastify, beside routes with its own parser of bodies', async () => {
  const it = await givenMounted(async (executor) => {
    const server = Fastify({ bodyLimit: 1_000 });
    server.post('/own', async (request) => ({ got: request.body }));
    await server.register(executor.routes().fastify, { prefix: '/batch' });
    await server.listen({ port: 0, host: '127.0.0.1' });
    cleanUp.unshift(() => server.close());
    return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/batch`;
  });
  const own = await fetch(it.address.replace('/batch', '/own'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  expect(await own.json()).toEqual({ got: { a: 1 } });
  await expectItWorks(it);
});

describe("as express mounts it (and so does Nest's express adapter)", () => {
  test.each(Object.keys(BODY_PARSERS))('behind %s', async (name) => {
    const parser = BODY_PARSERS[name] as BodyParser;
    const it = await givenMounted(
      async (executor) => `${await listenWith(asExpressMounts(executor.routes(), parser))}/batch`,
    );
    await expectItWorks(it);
  });
});

test("in node's own server, which cuts no prefix off", async () => {
  const it = await givenMounted(
    async (executor) => `${await listenWith(executor.routes({ prefix: '/jobs/batch/' }))}/jobs/batch`,
  );
  await expectItWorks(it);
});

describe('what cannot work is refused', () => {
  const options = {
    appname: 'orders',
    accessToken: TEST_TOKEN,
    schedulers: ['http://127.0.0.1:1'],
    handlers: [],
    logger: silentLogger,
  };

  test('a start without the address where the routes are', async () => {
    const executor = createExecutor(options);
    executor.routes();
    await expect(executor.start()).rejects.toThrow(
      'executor option address: the routes are mounted in another server, so say where: http://10.0.0.5:3000/batch',
    );
    const other = createExecutor(options);
    other.routes();
    await expect(other.start({ address: '/batch' })).rejects.toThrow('executor option address: "/batch" must be like');
  });

  test('routes after the start', async () => {
    const dataDir = await tempDir();
    const executor = createExecutor({ ...options, dataDir, port: 0 });
    cleanUp.push(
      () => removeDir(dataDir),
      () => executor.stop(),
    );
    await executor.start();
    expect(() => executor.routes()).toThrow('executor option routes: call it before start');
  });

  test('a prefix that is no path', () => {
    expect(() => createExecutor(options).routes({ prefix: 'batch?' })).toThrow(
      'routes option prefix: "batch?" must be like /batch',
    );
  });
});
