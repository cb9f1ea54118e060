import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { rateShares } from '../../executor/storage/migrations/0006-rate-shares.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { startPrivateRedis } from '../support/private-redis.ts';
import { describeWith } from '../support/servers.ts';

const LIMIT = 60;

interface Send {
  readonly pid: number;
  readonly atMs: number;
}

/** A gateway that writes down what came, from whom, and when its token had been taken. */
async function startCountingGateway(): Promise<{ url: string; sends: Send[] }> {
  const sends: Send[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const [pid = '', atMs = ''] = Buffer.concat(parts).toString().split(' ');
    sends.push({ pid: Number(pid), atMs: Number(atMs) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sends };
}

function busiestSecond(sends: readonly Send[]): number {
  const instants = sends.map(({ atMs }) => atMs).sort((a, b) => a - b);
  let [from, most] = [0, 0];
  instants.forEach((atMs, index) => {
    while (atMs - (instants[from] ?? 0) > 1_000) from += 1;
    most = Math.max(most, index - from + 1);
  });
  return most;
}

describeWith(['MariaDB', 'Redis'], 'a rate that processes share', () => {
  test('holds in every second while Redis is flushed, frozen, killed and started anew, and processes freeze and die', async () => {
    const database = await createMysqlDatabase();
    onTestFinished(() => database.drop());
    const store = await openSqlStore(database.url, { runtime: systemRuntime(), logger: silentLogger });
    await migrate(store, [rateShares], { logger: silentLogger, component: 'executor' });
    await store.close();
    const redis = await startPrivateRedis();
    const gateway = await startCountingGateway();
    const { sends } = gateway;
    const start = (workers: number): ChildProcess => {
      const file = fileURLToPath(new URL('../support/rate-process.ts', import.meta.url));
      const args = [database.url, redis.url, gateway.url, String(LIMIT), String(workers)];
      const child = fork(file, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      onTestFinished(() => {
        child.kill('SIGCONT');
        child.kill('SIGKILL');
      });
      return child;
    };
    /** Each of them has sent so much more. */
    const progress = async (children: readonly ChildProcess[], count: number): Promise<void> => {
      const from = sends.length;
      const sent = (child: ChildProcess) => sends.slice(from).filter(({ pid }) => pid === child.pid).length;
      for (const endMs = performance.now() + 120_000; children.some((child) => sent(child) < count); await sleep(20)) {
        if (performance.now() > endMs) throw new Error(`no progress: ${children.map(sent)} of ${count}`);
      }
    };

    const [a, b] = [start(40), start(40)];
    await progress([a, b], 30);
    await redis.flush();
    const c = start(40);
    await progress([a, b, c], 20);
    redis.freeze();
    await progress([a, b, c], 20);
    redis.thaw();
    await redis.flush();
    await progress([a, b, c], 20);
    // Past its lease: what it held is the others' when it wakes.
    b.kill('SIGSTOP');
    await progress([a, c], 120);
    b.kill('SIGCONT');
    await progress([a, b, c], 20);
    await redis.kill();
    await progress([a, b, c], 20);
    a.kill('SIGKILL');
    await redis.start();
    await progress([b, c], 120);

    expect(busiestSecond(sends)).toBeLessThanOrEqual(LIMIT);
  });
});
