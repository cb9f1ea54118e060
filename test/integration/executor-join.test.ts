import { expect, onTestFinished, test } from 'vitest';
import { createExecutor, defineHandler, type ExecutorOptions } from '../../executor/index.ts';
import { silentLogger } from '../../shared/logger.ts';
import { removeDir, tempDir } from '../support/given-executor.ts';
import { type GivenScheduler, givenScheduler, job } from '../support/given-scheduler.ts';

const greet = defineHandler('greet', async () => 'good morning');

async function givenJoiner(given: GivenScheduler, options: Partial<ExecutorOptions>) {
  const dataDir = options.dataDir ?? (await tempDir());
  const executor = createExecutor({
    appname: 'new-app',
    schedulers: [given.scheduler.url],
    handlers: [greet],
    port: 0,
    logger: silentLogger,
    ...options,
    dataDir,
  });
  onTestFinished(async () => {
    await executor.stop().catch(() => undefined);
    if (options.dataDir === undefined) await removeDir(dataDir);
  });
  return { executor, dataDir };
}
const alive = (given: GivenScheduler, address: string) =>
  expect
    .poll(async () => (await given.scheduler.status()).executors)
    .toContainEqual({
      address,
      group: 'new-app',
      state: 'alive',
    });
const greetings = job(1, 'greet', { group: 'new-app', route: 'ROUND' });

test('an executor with a one-time token joins, is worked with, and starts again without one', async () => {
  const given = await givenScheduler({ jobs: [greetings], joinable: true });
  const joinToken = (await given.scheduler.joins.issue()).token;
  const first = await givenJoiner(given, { joinToken });
  await first.executor.start();
  await alive(given, first.executor.address);
  const order = { job: 'greet', businessDate: '2026-11-20', requestId: 'one' };
  const { runId } = await given.scheduler.triggerJob(order);
  await expect.poll(async () => (await given.scheduler.run(runId)).result).toBe('good morning');
  await first.executor.stop();

  const second = await givenJoiner(given, { dataDir: first.dataDir });
  await second.executor.start();
  await alive(given, second.executor.address);
});

test('a token that is wrong, used or of nobody is refused in one sentence, and so is a scheduler that is not there', async () => {
  const given = await givenScheduler({ jobs: [greetings], joinable: true });
  const start = async (options: Partial<ExecutorOptions>) => {
    const { executor } = await givenJoiner(given, options);
    return executor.start().then(
      () => 'started',
      (error: { code: string; message: string }) =>
        `${error.code}: ${error.message.replace(given.scheduler.url, 'URL')}`,
    );
  };
  const joinToken = (await given.scheduler.joins.issue()).token;
  expect(await start({ joinToken: 'join-0' })).toBe(
    'UNAUTHORIZED: The join token is wrong: copy it once more, or take a new one. (URL)',
  );
  expect(await start({ joinToken })).toBe('started');
  expect(await start({ joinToken })).toBe(
    'UNAUTHORIZED: The join token was used already: it is good for one executor, so take a new one. (URL)',
  );
  expect(await start({})).toContain('BAD_OPTION: executor option joinToken: this node has not joined yet');
  const nobody = await start({ joinToken, schedulers: ['http://127.0.0.1:9'] });
  expect(nobody).toContain('SCHEDULER_UNREACHABLE: no scheduler answers (http://127.0.0.1:9: ECONNREFUSED)');
});

test('a scheduler that takes no join tokens is named', async () => {
  const given = await givenScheduler({ jobs: [greetings] });
  const { executor } = await givenJoiner(given, { joinToken: 'join-0' });
  await expect(executor.start()).rejects.toThrow(/takes no join tokens: it says "The access token is wrong."/);
});
