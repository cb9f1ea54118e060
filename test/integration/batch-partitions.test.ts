import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openExecutorStore } from '../../executor/batch/index.ts';
import type { SqlValue } from '../../shared/sql/sql.ts';
import { removeDir, tempDir } from '../support/given-executor.ts';
import { givenScheduler, job, STEADY_SETTINGS } from '../support/given-scheduler.ts';
import { createMysqlDatabase } from '../support/mysql-database.ts';
import { describeWith } from '../support/servers.ts';

const PARTITIONS = 20;
const ROWS = 50;
const CHUNKS = ROWS / 10;
/** The row at which the one that is to be killed stands still, in each of its partitions: two chunks are committed. */
const HANGS_AT = 25;

const PROGRAM = fileURLToPath(new URL('./processes/partition-process.ts', import.meta.url));
const TABLES = [
  'create table pay_order (id bigint primary key, cents bigint not null)',
  // Without a key: what was written twice is there twice.
  'create table fee (order_id bigint not null, part int not null, cents bigint not null, pid int not null)',
];

describeWith(['MariaDB'], 'one batch job over several machines', () => {
  test('three executors share twenty partitions; one is killed, and the others go on with its own at their checkpoints', async () => {
    const { url, drop } = await createMysqlDatabase();
    onTestFinished(drop);
    const store = await openExecutorStore(url, [{ id: '1-orders', statements: () => TABLES }]);
    onTestFinished(() => store.close());
    const all = <T>(text: string) => store.read('look', (db) => db.all<Record<string, T>>(text));
    await store.transaction('plant', async (tx) => {
      const orders = Array.from({ length: PARTITIONS * ROWS }, (_, at): SqlValue[] => [at + 1, 100 * (at + 1)]);
      await tx.insertRows({ table: 'pay_order', columns: ['id', 'cents'] }, orders);
    });
    const { scheduler } = await givenScheduler({
      jobs: [job(1, 'fees', { shardTotal: PARTITIONS, onNodeLoss: 'auto', sliced: true, retry: { count: 3 } })],
      settings: { ...STEADY_SETTINGS, executorSilentAfterMs: 1_500, executorGoneAfterMs: 3_000, expectExecutors: 3 },
    });

    async function start(hangsAt: number | null): Promise<{ child: ChildProcess; pid: number }> {
      const dataDir = await tempDir();
      const options = {
        schedulerUrl: scheduler.url,
        storeUrl: url,
        tables: TABLES,
        dataDir,
        rowsPerPartition: ROWS,
        hangsAt,
      };
      const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      onTestFinished(async () => {
        child.kill('SIGKILL');
        await ended;
        await removeDir(dataDir);
      });
      const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
      const [line] = await Promise.race([once(lines, 'line'), ended]);
      return { child, pid: Number(line) };
    }

    const [victim, ...others] = await Promise.all([start(HANGS_AT), start(null), start(null)]);
    const { runId } = await scheduler.triggerJob({ job: 'fees', businessDate: '2026-11-20', requestId: 'once' });
    const sharesOf = () => all<number>('select part, pid, count(*) as n from fee group by part, pid order by part, n');
    // All that it was given stands still at the same row, and the others have done theirs.
    const held = async () => {
      const { shards } = await scheduler.run(runId);
      const open = shards.filter(({ state }) => state !== 'succeeded').map(({ index }) => index);
      const shares = await sharesOf();
      const ofVictim = shares.filter(({ pid, n }) => pid === victim.pid && n === 20).map(({ part }) => part);
      return { open, whole: open.length > 0 && JSON.stringify(ofVictim) === JSON.stringify(open) };
    };
    await expect.poll(held, { timeout: 60_000, interval: 50 }).toMatchObject({ whole: true });
    const { open } = await held();
    expect(open.length).toBeGreaterThanOrEqual(Math.floor(PARTITIONS / 3));
    victim.child.kill('SIGKILL');

    await expect.poll(async () => (await scheduler.run(runId)).state, { timeout: 60_000 }).toBe('succeeded');
    const { shards } = await scheduler.run(runId);
    expect(shards.map(({ index }) => index)).toEqual(Array.from({ length: PARTITIONS }, (_, at) => at));
    for (const { index, attempts, result } of shards) {
      expect(result).toMatchObject({ read: ROWS, written: ROWS, commits: CHUNKS });
      const states = attempts.map(({ state }) => state);
      expect(states.at(-1)).toBe('succeeded');
      if (open.includes(index)) expect(states[0]).toBe('lost');
    }

    // Every order once, whoever wrote it: nothing was left out and nothing done a second time.
    const fees = await all<number>('select order_id, cents, part from fee order by order_id');
    expect(fees).toEqual(
      Array.from({ length: PARTITIONS * ROWS }, (_, at) => ({
        order_id: at + 1,
        cents: at + 1,
        part: Math.floor(at / ROWS),
      })),
    );
    const shares = await sharesOf();
    const pids = others.map(({ pid }) => pid);
    for (const part of open) {
      const [before, after] = shares.filter((share) => share.part === part);
      expect(before).toMatchObject({ pid: victim.pid, n: 20 });
      expect(after?.n).toBe(ROWS - 20);
      expect(pids).toContain(after?.pid);
    }
    expect(new Set(shares.map(({ pid }) => pid)).size).toBe(3);
    const [instances] = await all<number>('select count(*) as n from batch_instance');
    expect(instances?.n).toBe(PARTITIONS);
  });
});
