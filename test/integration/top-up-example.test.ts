import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { MoneyEngine } from '../../executor/downstream/money-engine.ts';
import { topUpDownstream, topUps } from '../../executor/examples/top-up/http-top-up.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';
import { createLogStream } from '../../executor/handler/log-stream.ts';
import { createMoneyEngine, type SettledItem } from '../../executor/index.ts';
import { createOutboxSender } from '../../executor/node/outbox-sender.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';

const runtime = systemRuntime();
const logger = silentLogger;
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test('every top-up is made once although each third answer is lost, and each is followed up once', async () => {
  const company = await startCompany();
  const store = await openStore(30);
  const followedUp: string[] = [];
  const downstream = topUpDownstream({
    url: company.url,
    paid: (item: SettledItem) => followedUp.push(item.requestNo),
  });
  const engine = createMoneyEngine({
    store,
    downstream,
    jobs: [topUps],
    book: { find: async () => new Map() },
    runtime,
    logger,
    metrics: createMetrics(),
    gatewayTimeoutMs: 5_000,
  });
  closers.push(() => engine.drain());
  const sender = createOutboxSender({
    store,
    runtime,
    logger,
    schedulerClient: acceptsAll,
    afterSettled: (body) => engine.afterSettled(body),
  });
  await engine.connect({ forMs: 1_000 });
  await engine.beginChainRun({ chainRunId: 1, cutOffAtMs: runtime.clock.wallMs() + 600_000, exclusive: true });

  const result = await engine.runDebitShard(shard(), topUps);
  expect(result).toMatchObject({ items: 30, debited: 30, unclear: 10 });
  await sweepUntilSettled(engine);
  await sender.sendDue('after-settled');

  expect([...company.made.values()]).toEqual(Array<number>(30).fill(1));
  const rows = await store.read('states', (db) => db.all<{ state: string }>('select distinct state from top_up'));
  expect(rows.map((row) => row.state)).toEqual(['SUCCESS']);
  expect(followedUp.sort()).toEqual([...company.made.keys()].sort());
});

/** Makes each top-up once per request number; each third PUT is executed and its answer cut. */
async function startCompany(): Promise<{ url: string; made: Map<string, number> }> {
  const made = new Map<string, number>();
  const answers = new Map<string, string>();
  let puts = 0;
  const server: Server = createServer((request, response) => {
    const requestNo = (request.url ?? '').split('/')[2] ?? '';
    if (request.url === '/limits') return response.end(JSON.stringify({ perSecond: 500 }));
    let body = '';
    request.on('data', (part) => {
      body += String(part);
    });
    request.on('end', () => {
      if (request.method === 'GET')
        return response.end(answers.get(requestNo) ?? JSON.stringify({ requestNo, status: 'NOT_FOUND' }));
      const { amount, currency } = JSON.parse(body) as { amount: number; currency: string };
      if (!answers.has(requestNo)) {
        made.set(requestNo, (made.get(requestNo) ?? 0) + 1);
        const answer = { requestNo, status: 'SUCCESS', code: 'OK', gatewayRef: `R${made.size}`, amount, currency };
        answers.set(requestNo, JSON.stringify(answer));
      }
      puts += 1;
      if (puts % 3 === 0) return request.socket.destroy();
      return response.end(answers.get(requestNo));
    });
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, made };
}

async function openStore(rows: number) {
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  closers.push(() => store.close());
  const topUp = {
    id: '9000-top-up',
    statements: () => ['create table top_up (id integer primary key, phone text, cents integer, state text)'],
  };
  await migrate(store, [...executorMigrations, topUp], { logger });
  await store.transaction('add-top-ups', (tx) =>
    tx.insertRows(
      { table: 'top_up', columns: ['phone', 'cents', 'state'] },
      Array.from({ length: rows }, (_, at) => [`1380000${1000 + at}`, 1_000 + at, 'NEW']),
    ),
  );
  return store;
}

async function sweepUntilSettled(engine: MoneyEngine): Promise<void> {
  const { signal, log } = shard();
  for (let round = 0; round < 300; round += 1) {
    const report = await engine.runSweepShard({ shardIndex: 0, shardTotal: 1, signal, log });
    if (report.stillOpen === 0) return;
    await runtime.sleep(200);
  }
  throw new Error('the sweep did not settle everything');
}

const acceptsAll = {
  sendCallbacks: async () => undefined,
  sendManifest: async () => undefined,
  sendSettledSlices: async () => undefined,
} as never;

function shard(): HandlerContext {
  const line = () => undefined;
  return {
    shardIndex: 0,
    shardTotal: 1,
    owns: () => true,
    param: '',
    params: undefined,
    runId: 1,
    chainRunId: 1,
    logId: 1,
    attempt: 1,
    businessDate: '2026-11-20',
    plannedAt: 0,
    cutOffAt: null,
    resumesRunId: null,
    input: null,
    phase: null,
    beforeResult: null,
    shardResults: [],
    executorAddress: 'http://127.0.0.1:9999/',
    workerProcess: null,
    signal: new AbortController().signal,
    log: { info: line, warn: line, error: line, stream: () => createLogStream(line) },
  };
}
