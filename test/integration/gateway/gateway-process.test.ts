import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { planOf, readBooks } from '../../../executor/examples/settlement/gateway-simulator/read-books.ts';
import { spawnGatewaySimulator } from '../../../executor/examples/settlement/gateway-simulator/spawn-gateway-simulator.ts';
import { startGatewaySimulator } from '../../../executor/examples/settlement/gateway-simulator/start-gateway-simulator.ts';
import { booksFile, clientOf, KEY, later, never } from './given-gateway.ts';

const source = (path: string): string =>
  fileURLToPath(new URL(`../../../executor/examples/settlement/${path}`, import.meta.url));
const MAIN = source('gateway-simulator/main.ts');

const debit = (requestNo: string) => ({
  requestNo,
  accountNo: '62',
  amount: 100,
  currency: 'CNY',
  expireAt: Date.now() + 3_600_000,
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('as a child process', () => {
  test('it answers, takes new dials, and its books are there after it ended', async () => {
    const simulator = await spawnGatewaySimulator({
      books: booksFile(),
      key: KEY,
      preset: 'none',
      capabilities: { batchMax: 7 },
    });
    later(() => simulator.kill());
    const client = clientOf(simulator.url);
    expect(await client.capabilities(never)).toMatchObject({ value: { batchMax: 7 } });
    expect(await client.send([debit('A')], never)).toMatchObject({ value: [{ status: 'SUCCESS' }] });
    simulator.setDials({ businessRefusalRate: 1 });
    const before: string[] = [];
    let sent = 0;
    await expect
      .poll(
        async () => {
          const requestNo = `B${++sent}`;
          const answer = await client.send([debit(requestNo)], never);
          const status = answer.kind === 'answered' && answer.value[0]?.status;
          if (status === 'SUCCESS') before.push(requestNo);
          return status;
        },
        { timeout: 10_000 },
      )
      .toBe('FAILED');
    await simulator.close();
    expect(await simulator.exited).toBe(0);
    // A dial set over the channel takes effect some sends later: those are successes as well, and belong in the books.
    expect([...readBooks(simulator.books).successes.keys()]).toEqual(['A', ...before]);
  });

  test('what it has answered is in its books after kill -9, and it goes on from there', async () => {
    const books = booksFile();
    const first = await spawnGatewaySimulator({ books, key: KEY });
    later(() => first.kill());
    const client = clientOf(first.url);
    const answered: string[] = [];
    const sending = (async () => {
      for (let no = 0; no < 100_000; no++) {
        const debits = Array.from({ length: 50 }, (_, at) => debit(`K${no}-${at}`));
        const answer = await client.send(debits, never);
        if (answer.kind !== 'answered') return;
        for (const entry of answer.value) answered.push(String(entry.requestNo));
        if (no === 20) void first.kill();
      }
    })();
    await sending;
    const before = readBooks(books);
    expect(answered.length).toBeGreaterThan(1_000);
    expect(answered.filter((requestNo) => !before.successes.has(requestNo))).toEqual([]);
    const second = await spawnGatewaySimulator({ books, key: KEY });
    later(() => second.kill());
    const again = await clientOf(second.url).query(['K0-0'], never);
    expect(again).toMatchObject({
      value: [{ requestNo: 'K0-0', status: 'SUCCESS', gatewayRef: before.successes.get('K0-0')?.[0]?.gatewayRef }],
    });
    await second.close();
    const arrivals = readBooks(books).arrivals.map((arrival) => arrival.no);
    expect(new Set(arrivals).size).toBe(arrivals.length);
  });

  test('it ends when its parent is killed', async () => {
    const books = booksFile();
    const parentFile = join(dirname(books), 'parent.ts');
    const spawner = JSON.stringify(source('gateway-simulator/spawn-gateway-simulator.ts'));
    writeFileSync(
      parentFile,
      `import { spawnGatewaySimulator } from ${spawner};
       const simulator = await spawnGatewaySimulator({ books: ${JSON.stringify(books)}, key: 'k' });
       process.send({ pid: simulator.pid });`,
    );
    const parent: ChildProcess = fork(parentFile, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    later(() => void parent.kill('SIGKILL'));
    const [{ pid }] = (await once(parent, 'message')) as [{ pid: number }];
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  test('without a parent it says its port in one line of JSON, and ends on SIGTERM', async () => {
    const child = spawn(
      process.execPath,
      [MAIN, '--books', booksFile(), '--key', KEY, '--preset', 'moderate', '--dials', '{"latencyMs":1}'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    later(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(line.toString()) as { port: number };
    expect(await clientOf(`http://127.0.0.1:${port}`).capabilities(never)).toMatchObject({ kind: 'answered' });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test.each([
    [['--key', 'k'], /books/],
    [['--books', '/tmp/never.sqlite'], /key/],
    [['--books', '/tmp/never.sqlite', '--key', 'k', '--preset', 'wild'], /preset "wild"/],
    [['--books', '/tmp/never.sqlite', '--key', 'k', '--dials', '{'], /--dials/],
    [['--books', '/tmp/never.sqlite', '--key', 'k', '--capabilities', '{"void":1}'], /"void"/],
  ])('%j: it ends with 2 and a sentence', async (args, why) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(text).toMatch(why);
    expect(text.trim().split('\n').length).toBe(1);
  });

  test('a child that cannot start is an error, not a wait', async () => {
    await expect(spawnGatewaySimulator({ books: '/nowhere/at/all.sqlite', key: KEY })).rejects.toThrow(
      /before it listened/,
    );
  });
});

test('the instant mode answers SUCCESS to everything and keeps counters only', async () => {
  const simulator = await startGatewaySimulator({
    books: '',
    key: KEY,
    durability: 'none',
    capabilities: { batchMax: 500 },
  });
  later(() => simulator.close());
  const client = clientOf(simulator.url);
  const debits = Array.from({ length: 500 }, (_, at) => debit(`I${at}`));
  expect(await client.send(debits, never)).toMatchObject({
    kind: 'answered',
    value: { length: 500, 0: { status: 'SUCCESS', amount: 100 } },
  });
  expect(await client.query(['I0'], never)).toMatchObject({ value: [{ status: 'NOT_FOUND' }] });
  expect(await client.file('2026-11-20', never)).toEqual({ kind: 'absent' });
  const counters = await fetch(`${simulator.url}/counters`, { headers: { authorization: `Bearer ${KEY}` } });
  expect(await counters.json()).toEqual({ requests: 3, debits: 500, amountMinor: { CNY: '50000' } });
});

test('a file of 200,000 lines is streamed: neither side holds it', async () => {
  const simulator = await spawnGatewaySimulator({
    books: booksFile(),
    key: KEY,
    capabilities: { batchMax: 1_000, maxRequestsPerSecond: 100_000 },
  });
  later(() => simulator.close());
  const client = clientOf(simulator.url, 30_000);
  for (let no = 0; no < 200; no++) {
    const debits = Array.from({ length: 1_000 }, (_, at) => debit(`prod.C${no * 1_000 + at}.1.P.1.1`));
    expect((await client.send(debits, never)).kind).toBe('answered');
  }
  const file = await client.file(new Date().toISOString().slice(0, 10), never);
  let lines = 0;
  let largest = 0;
  if (file.kind === 'lines') {
    for await (const batch of file.lines) {
      lines += batch.length;
      largest = Math.max(largest, batch.length);
    }
  }
  expect([lines, largest]).toEqual([200_000, 1_000]);
});

test('a requestNo without its last two parts names the plan', () => {
  expect(planOf('prod.C100000.1.P.2.3')).toBe('prod.C100000.1.P');
});
