import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';

test('a run waits for its file, then goes to the executors with its labels, in more shards than there are nodes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'where-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'plans-2026-11-20.csv');
  const arrival = { path: join(folder, 'plans-{businessDate}.csv'), stableMs: 0, pollMs: 100 };
  const sharded = { route: 'SHARDING_BROADCAST', shardTotal: 5, labels: { region: 'north' } } as const;
  const given = await givenScheduler({
    jobs: [job(1, 'import', { ...sharded, arrival, param: '{input} {shardIndex}/{shardTotal}' })],
    arrivalRoots: [folder],
  });
  const work = defineHandler('import', async (ctx) => ({
    at: ctx.executorAddress,
    param: ctx.param,
    input: ctx.input,
  }));
  const start = (region: string) =>
    givenExecutor({ schedulers: [given.scheduler.url], handlers: [work], labels: { region } });
  const [north, south] = [await start('north'), await start('south')];
  try {
    const order = { job: 'import', businessDate: '2026-11-20', requestId: 'one' };
    const { runId } = await given.scheduler.triggerJob(order);
    await given.metric('daybreak_scheduler_runs_waiting{for="input"}', 1);
    expect(await given.scheduler.run(runId)).toMatchObject({ state: 'waiting', reason: `waits for ${path}` });
    await writeFile(path, 'one plan\n');
    const run = await runOf(given.scheduler, runId, 'succeeded');
    expect(run.shards.map((shard) => shard.result)).toEqual(
      [0, 1, 2, 3, 4].map((index) => ({
        at: north.address,
        param: `${path} ${index}/5`,
        input: { path, bytes: 9, changedAtMs: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      })),
    );
  } finally {
    await Promise.all([north.stop(), south.stop()]);
  }
});
