import { expect, onTestFinished, test } from 'vitest';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../../support/given-scheduler.ts';
import { startJavaExecutor } from '../../support/java-executor.ts';
import {
  GENERATIONS,
  type Generation,
  javaCallback,
  javaHeaders,
  javaResult,
  rawPost,
} from '../../support/java-wire.ts';

// Executors of xxl-job know a log id only while it is queued: a request that is sent twice runs twice.
async function given(generation: Generation) {
  const { scheduler } = await givenScheduler({ jobs: [job(1, 'debit')] });
  const java = await startJavaExecutor({ generation, token: TEST_TOKEN, appName: 'orders' });
  onTestFinished(() => java.stop());
  const headers = javaHeaders(generation, TEST_TOKEN, 'orders');
  const body = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: java.address };
  await rawPost(`${scheduler.url}api/registry`, JSON.stringify(body), headers);
  const report = (logId: number) =>
    rawPost(
      `${scheduler.url}api/callback`,
      javaCallback(generation, [javaResult(generation, { logId, code: 200 })]),
      headers,
    );
  return { scheduler, java, report };
}
const order = { job: 'debit', businessDate: '2026-11-20', requestId: '1' };

test.each(GENERATIONS)('a run whose answer was lost is not sent to generation %s again', async (generation) => {
  const { scheduler, java, report } = await given(generation);
  java.mood = 'lose-answer';
  const { runId } = await scheduler.triggerJob(order);
  await java.asked(({ path }) => path === '/log');
  java.mood = 'answer';
  const [logId = 0] = java.begun;
  await report(logId);
  await runOf(scheduler, runId, 'succeeded');
  expect(java.begun).toEqual([logId]);
});

test.each(GENERATIONS)('a run that waits in the queue of generation %s is waited for', async (generation) => {
  const { scheduler, java, report } = await given(generation);
  java.mood = 'lose-answer';
  java.holdsBack = true;
  const { runId } = await scheduler.triggerJob(order);
  await java.asked(({ path }) => path === '/log');
  const [logId = 0] = java.queued.splice(0);
  java.begun.push(logId);
  java.logs.add(logId);
  await report(logId);
  await runOf(scheduler, runId, 'succeeded');
  expect(java.begun).toEqual([logId]);
});

test.each(GENERATIONS)('a run that never reached generation %s is sent again', async (generation) => {
  const { scheduler, java, report } = await given(generation);
  java.mood = 'lose-request';
  const { runId } = await scheduler.triggerJob(order);
  await java.asked(({ path }) => path === '/run' || path === '/trigger');
  java.mood = 'answer';
  await java.asked(({ path }) => path === '/log');
  await java.asked(() => java.begun.length > 0);
  const [logId = 0] = java.begun;
  await report(logId);
  await runOf(scheduler, runId, 'succeeded');
  expect(java.begun).toEqual([logId]);
});
