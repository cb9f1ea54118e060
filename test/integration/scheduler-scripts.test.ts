import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { JobDefinition } from '../../scheduler/index.ts';
import { type GivenExecutor, givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, runOf } from '../support/given-scheduler.ts';

const script = (more: Partial<JobDefinition> = {}): JobDefinition => ({
  id: 1,
  name: 'clean',
  group: 'orders',
  route: 'SHARDING_BROADCAST',
  shardTotal: 2,
  param: '{businessDate}',
  glueType: 'GLUE_SHELL',
  ...more,
});
const ordered = (requestId: string) => ({ job: 'clean', businessDate: '2026-11-20', requestId });
const saved = (source: string) => ({ job: 'clean', source, remark: 'for the test', by: 'ann' });

const executors: GivenExecutor[] = [];
afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.stop();
});

test('a script that was saved runs on an executor that opted in; rolled back, the earlier one runs', async () => {
  const { scheduler } = await givenScheduler({ jobs: [script()] });
  executors.push(
    await givenExecutor({
      schedulers: [scheduler.url],
      handlers: [],
      slots: 2,
      scripts: { interpreters: { shell: '/bin/sh' } },
    }),
  );
  await scheduler.scripts.save(saved('echo "$1|$2|$3"'));
  const first = await scheduler.triggerJob(ordered('one'));
  const run = await runOf(scheduler, first.runId, 'succeeded');
  expect([run.scriptVersion, run.shards.map(({ state }) => state)]).toEqual([1, ['succeeded', 'succeeded']]);

  await scheduler.scripts.save(saved('exit 4'));
  const second = await scheduler.triggerJob(ordered('two'));
  const failed = await runOf(scheduler, second.runId, 'failed');
  expect([failed.scriptVersion, failed.reason]).toEqual([
    2,
    expect.stringContaining('script 1 (GLUE_SHELL) ended with code 4'),
  ]);

  await scheduler.scripts.rollBack({ job: 'clean', version: 1, by: 'ann' });
  const third = await scheduler.triggerJob(ordered('three'));
  expect((await runOf(scheduler, third.runId, 'succeeded')).scriptVersion).toBe(3);
}, 60_000);

test('executors that did not opt in refuse a script in the words of xxl-job', async () => {
  const { scheduler } = await givenScheduler({
    jobs: [script({ route: 'ROUND', shardTotal: null })],
    settings: { retryDelayMs: 1, refusalsMax: 2 },
  });
  executors.push(await givenExecutor({ schedulers: [scheduler.url], handlers: [] }));
  await scheduler.scripts.save(saved('echo'));
  const { runId } = await scheduler.triggerJob(ordered('one'));
  const run = await runOf(scheduler, runId, 'failed');
  expect(run.reason).toContain('fail, current glue type [GLUE(Shell)] not supported.');
}, 60_000);

test('the log of an attempt is read through the scheduler, live and from either end', async () => {
  const { scheduler } = await givenScheduler({ jobs: [script({ route: 'ROUND', shardTotal: null })] });
  const talk = givenExecutor({
    schedulers: [scheduler.url],
    handlers: [],
    scripts: { interpreters: { shell: '/bin/sh' } },
  });
  executors.push(await talk);
  await scheduler.scripts.save(saved('echo up; while [ ! -e "$0.go" ]; do sleep 0.05; done; echo over'));
  const { runId } = await scheduler.triggerJob(ordered('one'));
  const attempt = async () => (await scheduler.run(runId)).shards[0]?.attempts[0]?.logId ?? 0;
  await expect.poll(attempt, { timeout: 15_000, interval: 10 }).toBeGreaterThan(0);
  const id = await attempt();
  const page = () => scheduler.log(id, { fromLine: 1 });
  await expect
    .poll(async () => (await page()).lines.some((line) => line.endsWith('up')), { timeout: 15_000 })
    .toBe(true);
  expect((await page()).isEnd).toBe(false);
  const [version] = await scheduler.scripts.list('clean');
  const dir = (await talk).dataDir;
  await writeFile(join(dir, 'scripts', `1_${version?.savedAtMs}.sh.go`), '');
  await runOf(scheduler, runId, 'succeeded');
  const last = await scheduler.log(id, { lastLines: 2 });
  expect([last.isEnd, last.lines[0]]).toEqual([true, expect.stringMatching(/over$/)]);
  const before = await scheduler.log(id, { beforeLine: last.fromLine, lastLines: 1 });
  expect([before.toLine, before.isEnd]).toEqual([last.fromLine - 1, false]);
}, 60_000);
