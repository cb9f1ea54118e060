import { describe, expect, onTestFinished, test } from 'vitest';
import { LOOPBACK_ONLY } from '../../../scheduler/dispatch/http-allowed-networks.ts';
import { createHttpExecutorClient } from '../../../scheduler/dispatch/http-executor-client.ts';
import type { RunPath } from '../../../scheduler/dispatch/run-path.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { startJavaExecutor } from '../../support/java-executor.ts';
import { GENERATIONS, type Generation } from '../../support/java-wire.ts';

// Our scheduler's calls to executors of xxl-job, which take them to the letter.
const run = {
  jobId: 7,
  executorHandler: 'debit',
  executorParams: 'p',
  logId: 91,
  logDateTime: 1_767_225_600_000,
  runId: 5,
  chainRunId: null,
};
const OLD_TOKEN = 'ffeeddccbbaa99887766554433221100';

async function given(generation: Generation, options: { runPath?: RunPath; tokens?: string[] } = {}) {
  const java = await startJavaExecutor({ generation, token: TEST_TOKEN, appName: 'orders' });
  const learned: RunPath[] = [];
  let runPath = options.runPath ?? null;
  const client = createHttpExecutorClient({
    directory: {
      contact: async () => ({ appName: 'orders', tokens: options.tokens ?? [TEST_TOKEN], runPath, signs: false }),
      async learnPath(_, path) {
        learned.push(path);
        runPath = path;
      },
    },
    timeoutMs: 10_000,
    allowedNetworks: LOOPBACK_ONLY,
  });
  onTestFinished(async () => {
    client.close();
    await java.stop();
  });
  return { java, client, learned };
}

describe.each(GENERATIONS)('an executor of generation %s', (generation) => {
  const home = generation === 'E' ? '/trigger' : '/run';

  test('gets a run, and later ones at once at the path that it knows', async () => {
    const { java, client, learned } = await given(generation);
    for (const logId of [91, 92, 93]) {
      expect(await client.run(java.address, { ...run, logId })).toEqual({ kind: 'accepted' });
    }
    expect(java.paths()).toEqual(generation === 'E' ? ['/run', home, home, home] : [home, home, home]);
    expect(learned).toEqual(generation === 'E' ? ['trigger'] : []);
    expect(java.begun).toEqual([91, 92, 93]);
  });

  test('gets it at its own path though it is known by the other one, as after an upgrade', async () => {
    const { java, client } = await given(generation, { runPath: generation === 'E' ? 'run' : 'trigger' });
    await client.run(java.address, run);
    await client.run(java.address, { ...run, logId: 92 });
    expect(java.paths().slice(-2)).toEqual([home, home]);
  });

  test('is shown the token and the group, and JSON in the fields that it reads', async () => {
    const { java, client } = await given(generation);
    await client.run(java.address, run);
    const [{ headers, body } = { headers: {}, body: null }] = java.requests;
    expect(headers).toMatchObject({
      'xxl-job-access-token': TEST_TOKEN,
      'xxl-job-appname': 'orders',
      'content-type': 'application/json;charset=UTF-8',
    });
    // It cannot inflate, and it may not be told that it has to.
    expect(headers['accept-encoding']).toBe('identity');
    expect(body).toMatchObject({ jobId: 7, logId: 91, logDateTime: 1_767_225_600_000, executorParams: 'p' });
  });

  test('answers beat without a body, idleBeat, kill and a page of a log', async () => {
    const { java, client } = await given(generation);
    expect(await client.beat(java.address, 10_000)).toBe(true);
    expect(java.requests[0]?.text).toBe('');
    expect(await client.idleBeat(java.address, 7)).toBe('idle');
    java.running.add(91);
    expect(await client.idleBeat(java.address, 7)).toBe('busy');
    expect(await client.kill({ address: java.address, jobId: 7, logId: 91 })).toBe('not_there');
    java.logs.add(91);
    const order = { logId: 91, logDateTime: run.logDateTime, fromLineNum: 1 };
    expect(await client.log(java.address, order)).toMatchObject({ toLineNum: 3, logContent: 'log of 91' });
    const [, idleBeat, , kill, log] = java.requests.map(({ body }) => body);
    expect(idleBeat).toEqual({ jobId: 7 });
    expect(kill).toMatchObject({ jobId: 7 });
    // Up to 3.4 the name of the time lacks its last letter.
    expect(log).toEqual({ logId: 91, logDateTim: run.logDateTime, logDateTime: run.logDateTime, fromLineNum: 1 });
  });

  test('that says no, or has it already, is understood', async () => {
    const { java, client } = await given(generation);
    expect(await client.run(java.address, { ...run, executorHandler: 'none' })).toEqual({
      kind: 'refused',
      why: 'job handler [none] not found.',
    });
    java.holdsBack = true;
    expect(await client.run(java.address, run)).toEqual({ kind: 'accepted' });
    expect(await client.run(java.address, run)).toEqual({ kind: 'accepted' });
    expect(java.queued).toEqual([91]);
  });

  test('that still has the token of before is spoken to with that one', async () => {
    const { java, client } = await given(generation, { tokens: [OLD_TOKEN, TEST_TOKEN] });
    expect(await client.run(java.address, run)).toEqual({ kind: 'accepted' });
    expect(await client.beat(java.address, 10_000)).toBe(true);
    expect(java.begun).toEqual([91]);
  });

  test('that has neither token says so', async () => {
    const { java, client } = await given(generation, { tokens: [OLD_TOKEN] });
    const words = generation === 'E' ? 'accessToken or appname invalid' : 'The access token is wrong.';
    expect(await client.run(java.address, run)).toEqual({ kind: 'refused', why: expect.stringContaining(words) });
    expect(await client.beat(java.address, 10_000)).toBe(false);
  });
});

test('a connection that the executor closed because it was idle costs nothing', async () => {
  const { java, client } = await given('D');
  for (const logId of [91, 92, 93]) {
    expect(await client.run(java.address, { ...run, logId })).toEqual({ kind: 'accepted' });
    await java.idle();
  }
  expect(java.connections()).toBe(3);
});

test('connections are kept: ten calls use one', async () => {
  const { java, client } = await given('D');
  for (let n = 0; n < 10; n++) await client.beat(java.address, 10_000);
  expect(java.connections()).toBe(1);
});
