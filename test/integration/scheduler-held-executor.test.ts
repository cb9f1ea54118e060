import { expect, onTestFinished, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { givenExecutor, removeDir } from '../support/given-executor.ts';
import { until } from '../support/given-line.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';

const jobs = [job(1, 'debit'), job(2, 'report', { route: 'ROUND' })];

test('an executor that nobody dials works for two schedulers of one store, and goes on when one of them stops', async () => {
  const store = await openSqlStore('sqlite::memory:', { runtime: systemRuntime(), logger: silentLogger });
  onTestFinished(() => store.close());
  const one = await givenScheduler({ store, jobs });
  const other = await givenScheduler({ store, jobs });
  const executor = await givenExecutor({
    schedulers: [one.scheduler.url, other.scheduler.url],
    handlers: ['debit', 'report'].map((name) => defineHandler(name, async (ctx) => ({ name, shard: ctx.shardIndex }))),
    hold: true,
  });
  onTestFinished(async () => {
    await executor.stop();
    await removeDir(executor.dataDir);
  });
  expect(executor.address).toMatch(/^held:\/\/orders\/[0-9A-Z]{26}\/$/);
  const trigger = async (given: typeof one, requestId: string) => {
    const order = { job: 'debit', businessDate: '2026-11-20', requestId };
    const { runId } = await given.scheduler.triggerJob(order);
    await until(async () => (await runOf(given.scheduler, runId)).state === 'succeeded');
    return runId;
  };
  for (const [at, given] of [one, other, one, other].entries()) await trigger(given, String(at));

  await other.scheduler.stop({ drainMs: 100 });
  const runId = await trigger(one, 'alone');
  const { shards } = await one.scheduler.run(runId);
  const logId = shards[0]?.attempts[0]?.logId ?? 0;
  expect((await one.scheduler.log(logId, { lastLines: 10 })).lines.join('\n')).toContain('ended with code 200');
});
