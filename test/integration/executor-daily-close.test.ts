import { expect, onTestFinished, test } from 'vitest';
import { dailyClose, type MerchantBooks } from '../../executor/examples/daily-close/daily-close.ts';
import { givenExecutor, removeDir } from '../support/given-executor.ts';
import { type GivenScheduler, givenScheduler, job } from '../support/given-scheduler.ts';

const MERCHANTS = Array.from({ length: 1_000 }, (_, n) => `M${String(n).padStart(6, '0')}`);

/** Books that remember who closed whom. */
function givenBooks() {
  const closings = new Map<string, string[]>();
  const booksOf = (node: string): MerchantBooks => ({
    async *merchantNos() {
      yield* MERCHANTS;
    },
    async closeDay(merchantNo, businessDate) {
      closings.set(merchantNo, [...(closings.get(merchantNo) ?? []), `${businessDate} by ${node}`]);
      return { totalMinor: 0n };
    },
  });
  return { closings, booksOf };
}

/** One broadcast of the job: what its shards came to, in index order. */
async function closeTheDay(given: GivenScheduler, businessDate: string): Promise<{ closed: number }[]> {
  const order = { job: 'daily-close', businessDate, requestId: businessDate };
  const { runId } = await given.scheduler.triggerJob(order);
  await expect.poll(async () => (await given.scheduler.run(runId)).state, { timeout: 60_000 }).toBe('succeeded');
  return (await given.scheduler.run(runId)).shards.map(({ result }) => result as { closed: number });
}

test('each merchant is closed by exactly one node, on three nodes and then on four', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'daily-close')], settings: {} });
  const books = givenBooks();
  async function join(name: string): Promise<void> {
    const node = await givenExecutor({
      schedulers: [given.scheduler.url],
      handlers: [dailyClose(books.booksOf(name))],
    });
    onTestFinished(async () => {
      await node.stop();
      await removeDir(node.dataDir);
    });
    const isAlive = { address: node.address, group: 'orders', state: 'alive' };
    await expect.poll(async () => (await given.scheduler.status()).executors).toContainEqual(isAlive);
  }
  for (const name of ['a', 'b', 'c']) await join(name);

  for (const [businessDate, nodes] of [
    ['2026-11-20', 3],
    ['2026-11-21', 4],
  ] as const) {
    if (nodes === 4) await join('d');
    books.closings.clear();
    const shards = await closeTheDay(given, businessDate);
    expect(shards).toHaveLength(nodes);
    expect(shards.reduce((sum, { closed }) => sum + closed, 0)).toBe(MERCHANTS.length);
    // None is lost and none is closed twice.
    expect([...books.closings.keys()].sort()).toEqual(MERCHANTS);
    expect([...books.closings.values()].every((times) => times.length === 1)).toBe(true);
    // Nobody idles: with FNV-1a over a thousand numbers each node has about its part.
    const perNode = Map.groupBy(books.closings.values(), ([closing]) => closing);
    expect(perNode.size).toBe(nodes);
    expect(Math.min(...[...perNode.values()].map((part) => part.length))).toBeGreaterThan(500 / nodes);
  }
});
