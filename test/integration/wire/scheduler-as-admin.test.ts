import { Agent } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
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

// Executors of xxl-job, byte for byte as they speak, to our scheduler in the place of their admin.
const jobs = [job(1, 'debit')];

async function given(generation: Generation) {
  const { scheduler, store } = await givenScheduler({ jobs });
  const java = await startJavaExecutor({ generation, token: TEST_TOKEN, appName: 'orders' });
  onTestFinished(() => java.stop());
  const headers = javaHeaders(generation, TEST_TOKEN, 'orders');
  const post = (verb: string, body: string | null, differing: Record<string, string> = {}) =>
    rawPost(`${scheduler.url}api/${verb}`, body, { ...headers, ...differing });
  const registration = `{"registryGroup":"EXECUTOR","registryKey":"orders","registryValue":"${java.address}"}`;
  return {
    scheduler,
    store,
    java,
    headers,
    post,
    register: () => post('registry', registration),
    unregister: () => post('registryRemove', registration),
    /** One more run, in the hands of the executor: its log id. */
    async oneRun(requestId: string): Promise<{ runId: number; logId: number }> {
      const { runId } = await scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId });
      const request = await java.asked(({ body }) => body?.runId === runId);
      return { runId, logId: Number(request.body?.logId) };
    },
  };
}

describe.each(GENERATIONS)('an executor of generation %s', (generation) => {
  test('registers, beats, gets a run, reports it and leaves', async () => {
    const { scheduler, java, register, unregister, post, oneRun } = await given(generation);
    for (const beat of [1, 2]) {
      expect(await register(), `beat ${beat}`).toMatchObject({
        status: 200,
        // Old peers read `content`, new ones `data`; Gson wants a text there, or nothing.
        json: { code: 200, msg: 'Success', data: null, content: null, success: true },
      });
    }
    expect((await scheduler.status()).executors).toEqual([{ address: java.address, group: 'orders', state: 'alive' }]);
    const { runId, logId } = await oneRun('one');
    expect(java.paths().at(-1)).toBe(generation === 'E' ? '/trigger' : '/run');
    const result = javaCallback(generation, [javaResult(generation, { logId, code: 200, msg: '完成 <br>' })]);
    expect((await post('callback', result)).json).toMatchObject({ code: 200 });
    const run = await runOf(scheduler, runId, 'succeeded');
    expect(run.shards[0]?.attempts[0]?.state).toBe('succeeded');
    expect((await unregister()).json).toMatchObject({ code: 200 });
    expect((await scheduler.status()).executors[0]?.state).toBe('draining');
  });

  test('that has left and comes back to its address gets work again', async () => {
    const { scheduler, register, unregister, oneRun } = await given(generation);
    await register();
    await unregister();
    expect((await register()).json).toMatchObject({ code: 200 });
    expect((await scheduler.status()).executors.map(({ state }) => state)).toEqual(['alive']);
    expect((await oneRun('after it was back')).logId).toBeGreaterThan(0);
  });

  test.each<[string, number, string]>([
    ['a failure', 500, 'failed'],
    ['a timeout', 502, 'timed_out'],
    ['a code of its own', 201, 'failed'],
    ['a result that was lost', 0, 'failed'],
  ])('reports %s (code %i)', async (_, code, state) => {
    const { scheduler, register, post, oneRun } = await given(generation);
    await register();
    const { runId, logId } = await oneRun('one');
    await post('callback', javaCallback(generation, [javaResult(generation, { logId, code })]));
    const run = await runOf(scheduler, runId, state as 'failed' | 'timed_out');
    if (code === 0) expect(run.reason).toContain('job handle result lost.');
  });

  test('is told in its own words what is wrong', async () => {
    const { post, headers, scheduler } = await given(generation);
    const isE = generation === 'E';
    const say = async (verb: string, body: string | null, differing: Record<string, string> = {}) => {
      const { status, json } = await post(verb, body, differing);
      expect(status).toBe(200);
      expect(json.code).toBe(500);
      return json.msg;
    };
    const wrong = isE ? 'invalid request, accessToken or appname invalid.' : 'The access token is wrong.';
    expect(await say('registry', '{}', { 'xxl-job-access-token': 'default_token' })).toBe(wrong);
    const empty = isE ? 'invalid request, accessToken or appname is empty.' : 'The access token is wrong.';
    expect(await say('registry', '{}', { 'xxl-job-access-token': '' })).toBe(empty);
    if (isE) {
      expect(await say('registry', '{}', { 'xxl-job-appname': ' ' })).toBe(empty);
      expect(await say('registry', '{}', { 'xxl-job-appname': 'payroll' })).toBe(wrong);
    }
    expect(await say('nowhere', '{}')).toBe('invalid request, uri-mapping(nowhere) not found.');
    expect(await say('', '{}')).toBe('invalid request, uri-mapping empty.');
    expect(await say('registry', null)).toBe('invalid request, requestBody empty.');
    expect(await say('registry', '{"registry')).toMatch(/^openapi invoke error: /);
    const got = await rawPost(`${scheduler.url}api/registry`, null, headers, { method: 'GET' });
    expect(got).toMatchObject({ status: 200, json: { code: 500, msg: 'invalid request, HttpMethod not support.' } });
  });

  test.each([
    ['a blank group', { registryKey: ' ' }],
    ['no group', { registryKey: undefined }],
    ['no address', { registryValue: undefined }],
    ['no kind', { registryGroup: undefined }],
    ['the kind that nobody uses', { registryGroup: 'ADMIN' }],
  ])('that registers with %s is refused', async (_, differing) => {
    const { post, java } = await given(generation);
    const whole = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: java.address };
    expect((await post('registry', JSON.stringify({ ...whole, ...differing }))).json).toMatchObject({
      code: 500,
      msg: 'Illegal Argument.',
    });
  });
});

test('whatever the content type, and with fields from the future, a message is read', async () => {
  const { post, java } = await given('D');
  const body = `{"registryGroup":"EXECUTOR","registryKey":"orders","registryValue":"${java.address}","since":"3.9","x":null}`;
  for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
    expect((await post('registry', body, { 'content-type': type })).json, type).toMatchObject({ code: 200 });
  }
});

test('an answer is JSON, not compressed, and its connection is kept', async () => {
  const { scheduler, headers } = await given('C');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const ports = new Set<number>();
  for (let n = 0; n < 3; n++) {
    const asked = { ...headers, 'accept-encoding': 'gzip' };
    const reply = await rawPost(`${scheduler.url}api/callback`, '[]', asked, { agent });
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(Number(reply.headers['content-length'])).toBe(Buffer.byteLength(reply.text));
    for (const socket of Object.values(agent.freeSockets).flat()) ports.add(socket?.localPort ?? 0);
  }
  expect(ports.size).toBe(1);
});

test('the probe by which an executor tells 3.4 from 3.5 is answered as 3.5 answers it', async () => {
  const { post } = await given('E');
  expect((await post('callback', '{"callbackList":[]}')).json).toMatchObject({ code: 200 });
});
