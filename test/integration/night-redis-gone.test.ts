import { expect, test as plainTest } from 'vitest';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { type Bench, nightBench, type Report, type Started } from '../support/night-command.ts';
import { startPrivateRedis } from '../support/private-redis.ts';
import { describeWith, hasServer } from '../support/servers.ts';
import { startTinyGateway, type TinyGateway } from '../support/tiny-gateway.ts';

const CONTRACTS = 150;

interface Given {
  cli: Bench;
  gateway: TinyGateway;
}
const test = plainTest.extend<Given>({
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  cli: async ({}, use) => {
    const cli = nightBench();
    await use(cli);
    cli.remove();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other one.
  gateway: async ({}, use) => {
    const gateway = await startTinyGateway();
    // Slow enough that a Redis dies and comes back long before the night ends.
    Object.assign(gateway.capabilities, { batchMax: 5, maxRequestsPerSecond: 15 });
    await use(gateway);
    await gateway.close();
  },
});

const words = (cli: Bench, gateway: TinyGateway): string[] => [
  ...['night', '--date', '2026-11-20', '--gateway-timeout-ms', '2000'],
  ...['--plans', cli.plans(CONTRACTS), '--gateway', gateway.url, '--gateway-key', gateway.key, '--json'],
];

/** Waits for a state; a night that ends before it is one that this test cannot be made with. */
async function until(night: Started, isSo: () => boolean | Promise<boolean>): Promise<void> {
  let isOver = false;
  void night.ended.then(() => {
    isOver = true;
  });
  for (; !(await isSo()); await new Promise((go) => setTimeout(go, 20))) {
    if (isOver) throw new Error(`the night is over already: ${night.output()}`);
  }
}

describeWith(['Redis'], 'a night whose Redis goes away in the middle', () => {
  const stores = hasServer('MariaDB') ? ['SQLite', 'MariaDB'] : ['SQLite'];
  test.for(stores)('has the figures of one without it (%s)', async (kind, { cli, gateway }) => {
    const database = kind === 'MariaDB' ? await createMysqlDatabase() : null;
    const redis = await startPrivateRedis();
    try {
      const night = cli.start([
        ...words(cli, gateway),
        ...['--redis', redis.url],
        ...(database === null ? [] : ['--store', database.url]),
      ]);
      await until(night, () => gateway.arrivals > CONTRACTS / 3);
      // It is used: the shards tell their progress.
      const told = async () => (await redis.command('KEYS', 'daybreak:night:run:progress:*')) as string[];
      await until(night, async () => (await told()).length > 0);
      await redis.kill();
      await until(night, () => gateway.arrivals > CONTRACTS / 2);
      await redis.start();
      const ended = await night.ended;
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stderr).not.toContain('Unhandled');
      const report: Report = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
      const success = (minor: number) => ({ CNY: { SUCCESS: { count: CONTRACTS, amountMinor: minor * CONTRACTS } } });
      expect(report).toMatchObject({
        exitCode: 0,
        legs: { PREMIUM: success(100), PRINCIPAL: success(1_000) },
        conservation: { holds: true, differences: [] },
        reconciliation: { matched: 2 * CONTRACTS },
      });
      // Each debit was made once, and arrived once.
      expect([gateway.books.size, gateway.arrivals]).toEqual([2 * CONTRACTS, 2 * CONTRACTS]);
    } finally {
      await database?.drop();
    }
  });
});
