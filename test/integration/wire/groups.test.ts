import { describe, expect, onTestFinished, test } from 'vitest';
import { createExecutorDirectory } from '../../../scheduler/dispatch/executor-directory.ts';
import { LOOPBACK_ONLY } from '../../../scheduler/dispatch/http-allowed-networks.ts';
import { createHttpExecutorClient } from '../../../scheduler/dispatch/http-executor-client.ts';
import { createKeyring } from '../../../scheduler/registry/keyring.ts';
import { lookForManualExecutors } from '../../../scheduler/registry/look-for-manual-executors.ts';
import type { SchedulerOptions } from '../../../scheduler/scheduler.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../../support/given-scheduler.ts';
import { givenContext, silentClient } from '../../support/given-scheduler-context.ts';
import { startJavaExecutor } from '../../support/java-executor.ts';
import {
  GENERATIONS,
  type Generation,
  javaCallback,
  javaHeaders,
  javaResult,
  rawPost,
} from '../../support/java-wire.ts';

const ORDERS_TOKEN = '1111222233334444aaaabbbbccccdddd';
const PAYROLL_TOKEN = '9999888877776666eeeeffff00001111';
const NEW_TOKEN = 'fedcba98765432100123456789abcdef';
const jobs = [job(1, 'debit'), job(2, 'pay', { group: 'payroll' })];

async function given(options: Partial<SchedulerOptions> = {}) {
  const all = await givenScheduler({ jobs, ...options });
  const { scheduler } = all;
  return {
    ...all,
    scheduler,
    /** An executor of xxl-job with this token. */
    async java(generation: Generation, appName: string, token: string) {
      const java = await startJavaExecutor({ generation, token, appName });
      onTestFinished(() => java.stop());
      const headers = javaHeaders(generation, token, appName);
      const post = (verb: string, body: string, differing: Record<string, string> = {}) =>
        rawPost(`${scheduler.url}api/${verb}`, body, { ...headers, ...differing });
      const register = async (differing: Record<string, string> = {}, group = appName) =>
        (await post('registry', registration(group, java.address), differing)).json;
      return { java, post, register };
    },
  };
}
const registration = (registryKey: string, registryValue: string) =>
  JSON.stringify({ registryGroup: 'EXECUTOR', registryKey, registryValue });
const ownToken = (scheduler: Awaited<ReturnType<typeof given>>['scheduler'], appName: string, token: string | null) =>
  scheduler.groups.changeToken({ appName, token, previousForMs: 0 });

describe.each(GENERATIONS)('with executors of generation %s', (generation) => {
  const isE = generation === 'E';
  const wrong = isE ? 'invalid request, accessToken or appname invalid.' : 'The access token is wrong.';

  test('a group with a token of its own is registered, called and reported for with that token alone', async () => {
    const { scheduler, java: executor } = await given();
    await ownToken(scheduler, 'orders', ORDERS_TOKEN);
    const { java, register, post } = await executor(generation, 'orders', ORDERS_TOKEN);
    expect(await register()).toMatchObject({ code: 200 });
    const { runId } = await scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '1' });
    const request = await java.asked(({ body }) => body?.runId === runId);
    expect(request.headers['xxl-job-access-token']).toBe(ORDERS_TOKEN);
    const logId = Number(request.body?.logId);
    const result = javaCallback(generation, [javaResult(generation, { logId, code: 200 })]);
    // Neither the installation's token nor another group's speaks for it.
    await ownToken(scheduler, 'payroll', PAYROLL_TOKEN);
    for (const [token, name] of [
      [TEST_TOKEN, 'orders'],
      [PAYROLL_TOKEN, 'orders'],
      [PAYROLL_TOKEN, 'payroll'],
    ] as const) {
      const headers = { 'xxl-job-access-token': token, ...(isE ? { 'xxl-job-appname': name } : {}) };
      expect((await register(headers)).code, `${token} as ${name}`).toBe(500);
      expect((await post('callback', result, headers)).json.code, `${token} as ${name}`).toBe(500);
    }
    expect((await scheduler.run(runId)).state).toBe('running');
    expect((await post('callback', result)).json).toMatchObject({ code: 200 });
    expect(await runOf(scheduler, runId, 'succeeded')).toMatchObject({ state: 'succeeded' });
  });

  test('nobody registers for a group that is not the one of its token', async () => {
    const { scheduler, java: executor } = await given();
    await ownToken(scheduler, 'payroll', PAYROLL_TOKEN);
    const { register } = await executor(generation, 'payroll', PAYROLL_TOKEN);
    expect(await register({}, 'orders')).toMatchObject({ code: 500, msg: wrong });
    expect((await scheduler.status()).executors).toEqual([]);
  });

  test('a group that nobody made is refused, unless strangers may register', async () => {
    const strict = await given();
    const stranger = await strict.java(generation, 'strangers', TEST_TOKEN);
    expect((await stranger.register()).code).toBe(500);
    const open = await given({ strangersMayRegister: true });
    const guest = await open.java(generation, 'strangers', TEST_TOKEN);
    expect(await guest.register()).toMatchObject({ code: 200 });
  });

  test('while a token changes both are good, in both directions, and then the old one is not', async () => {
    const { scheduler, java: executor } = await given();
    const before = await executor(generation, 'orders', TEST_TOKEN);
    expect(await before.register()).toMatchObject({ code: 200 });
    await scheduler.groups.changeToken({ appName: 'orders', token: NEW_TOKEN, previousForMs: 3_600_000 });
    const after = await executor(generation, 'orders', NEW_TOKEN);
    // The one with the old token still registers and is still called; so is the one with the new.
    expect(await before.register()).toMatchObject({ code: 200 });
    expect(await after.register()).toMatchObject({ code: 200 });
    const { runId } = await scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '1' });
    await Promise.all([before, after].map(({ java }) => java.asked(({ body }) => body?.runId === runId)));
    // Changed once more: now the one before is the new one, and the first is nobody's.
    await scheduler.groups.changeToken({ appName: 'orders', token: ORDERS_TOKEN, previousForMs: 3_600_000 });
    expect(await after.register()).toMatchObject({ code: 200 });
    expect(await before.register()).toMatchObject({ code: 500, msg: wrong });
  });
});

test('the header of generation E has to name the group that the message names', async () => {
  const { java: executor, scheduler } = await given();
  const { register, post } = await executor('E', 'orders', TEST_TOKEN);
  await ownToken(scheduler, 'payroll', PAYROLL_TOKEN);
  // Whatever the message says: with another group's token nobody speaks under this name.
  const posing = { 'xxl-job-access-token': PAYROLL_TOKEN };
  expect((await post('callback', '{"callbackList":[]}', posing)).json).toMatchObject({ code: 500 });
  await ownToken(scheduler, 'payroll', null);
  expect(await register({ 'xxl-job-appname': 'payroll' })).toMatchObject({
    code: 500,
    msg: 'invalid request, accessToken or appname invalid.',
  });
  expect((await scheduler.status()).executors).toEqual([]);
});

test('the groups of jobs are there without anybody making them, and a token is never told', async () => {
  const { scheduler, store } = await given();
  await ownToken(scheduler, 'orders', ORDERS_TOKEN);
  expect(await scheduler.groups.list()).toEqual([
    { appName: 'orders', title: 'orders', addressType: 'auto', addresses: [], ownToken: true, runLimit: 0 },
    { appName: 'payroll', title: 'payroll', addressType: 'auto', addresses: [], ownToken: false, runLimit: 0 },
  ]);
  const rows = await store.read('look', (db) => db.all(`select token, previous_token from s_group`));
  expect(JSON.stringify(rows)).not.toContain(ORDERS_TOKEN);
  expect(JSON.stringify(rows)).not.toContain(TEST_TOKEN);
});

test.each([
  ['short', 'CONFIG_INVALID'],
  ['x'.repeat(64), 'CONFIG_INVALID'],
])('a group does not get the token "%s"', async (token, code) => {
  const { scheduler } = await given();
  await expect(ownToken(scheduler, 'orders', token)).rejects.toMatchObject({ code });
  await expect(ownToken(scheduler, 'nobody', NEW_TOKEN)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe('addresses that a person typed', () => {
  test('outside the allowed networks are refused, and nothing is sent there', async () => {
    const { scheduler } = await given();
    for (const address of [
      'http://169.254.169.254/',
      'http://10.0.0.7:9999/',
      'file:///etc/passwd',
      'http://[::ffff:a00:7]/',
    ]) {
      await expect(
        scheduler.groups.save({ appName: 'orders', addressType: 'manual', addresses: [address] }),
      ).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
  });

  test('are asked with the token of the group, work while they answer, and are left when they are taken off', async () => {
    const { scheduler, store, java: executor } = await given();
    await ownToken(scheduler, 'orders', ORDERS_TOKEN);
    const { java, register } = await executor('C', 'orders', ORDERS_TOKEN);
    await scheduler.groups.save({ appName: 'orders', addressType: 'manual', addresses: [java.address.slice(0, -1)] });
    const ctx = givenContext(store);
    const keyring = createKeyring({ store, clock: ctx.runtime.clock, accessToken: TEST_TOKEN });
    const client = createHttpExecutorClient({
      directory: createExecutorDirectory(store, keyring),
      timeoutMs: 10_000,
      allowedNetworks: LOOPBACK_ONLY,
    });
    onTestFinished(() => client.close());
    const look = () => lookForManualExecutors({ ...ctx, client });
    await look();
    expect(java.requests[0]).toMatchObject({ path: '/beat', headers: { 'xxl-job-access-token': ORDERS_TOKEN } });
    const { runId } = await scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '1' });
    await java.asked(({ body }) => body?.runId === runId);
    // Whoever else registers for the group is answered, and gets no work.
    const other = await executor('C', 'orders', ORDERS_TOKEN);
    expect(await other.register()).toMatchObject({ code: 200 });
    expect((await scheduler.status()).executors.map(({ address }) => address)).toEqual([java.address]);
    expect(await register()).toMatchObject({ code: 200 });
    await scheduler.groups.save({ appName: 'orders', addresses: [] });
    await look();
    expect((await scheduler.status()).executors[0]?.state).toBe('draining');
  });

  test('that lie outside by now, because the networks were narrowed, are not asked any more', async () => {
    const { scheduler, store, java: executor } = await given();
    const { java } = await executor('C', 'orders', TEST_TOKEN);
    await scheduler.groups.save({ appName: 'orders', addressType: 'manual', addresses: [java.address] });
    const ctx = givenContext(store);
    let asked = 0;
    const client = {
      ...silentClient,
      refusalOf: async () => 'outside',
      async beat() {
        asked += 1;
        return true;
      },
    };
    await lookForManualExecutors({ ...ctx, client });
    expect([asked, java.requests.length]).toEqual([0, 0]);
  });
});
