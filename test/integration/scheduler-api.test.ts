import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createHttpApi } from '../../scheduler/api/http-api.ts';
import { openApiDocument } from '../../scheduler/api/openapi.ts';
import { createScheduler } from '../../scheduler/create-scheduler.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { createSigningPeer, exchangeSigned } from '../../shared/protocol/signing-peer.ts';
import { deriveWireKey } from '../../shared/protocol/wire-signature.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { TEST_TOKEN } from '../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';
import { givenContext } from '../support/given-scheduler-context.ts';

const jobs = [job(1, 'debit')];
const TOKEN = { 'xxl-job-access-token': TEST_TOKEN };
const registration = (registryValue: string) => ({ registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue });

describe('the token', () => {
  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a wrong one', { 'xxl-job-access-token': `${TEST_TOKEN}x` }],
    ['an empty one', { 'xxl-job-access-token': '' }],
  ])('%s is refused, in the words and with the status of the protocol', async (_what, headers) => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    for (const verb of ['registry', 'registryRemove', 'callback', 'run-manifest', 'slices-settled', 'nowhere']) {
      expect(await executor.post(verb, {}, headers)).toMatchObject({ code: 500, msg: 'The access token is wrong.' });
    }
    const status = await fetch(`${given.scheduler.url}api/status`, { headers });
    expect(await status.json()).toMatchObject({ code: 500 });
    await given.metric('daybreak_scheduler_requests_refused_total{why="token"}', 7);
  });

  test('is demanded of every route that does not declare itself public', async () => {
    const given = await givenScheduler({ jobs });
    const ctx = givenContext(given.store);
    const routes: { url: string; permission: unknown }[] = [];
    const api = createHttpApi(ctx, {
      accessToken: TEST_TOKEN,
      metrics: createMetrics(),
      status: async () => ({}),
      onRoute: ({ url, config }) => routes.push({ url, permission: (config as { permission?: unknown }).permission }),
    });
    await api.ready();
    await api.close();
    expect(routes.filter((route) => route.permission === undefined)).toEqual([]);
    expect(new Set(routes.filter((route) => route.permission === 'public').map((route) => route.url))).toEqual(
      new Set(['/health', '/health/live', '/health/ready', '/metrics', '/openapi.json']),
    );
    const described = (openApiDocument() as { paths: object }).paths;
    const verbs = routes.filter(({ url }) => url.startsWith('/api/') && url !== '/api/status').map(({ url }) => url);
    expect(Object.keys(described).sort()).toEqual([...new Set(verbs)].sort());
  });

  test('of fewer than 32 characters stops the scheduler from being made', async () => {
    const given = await givenScheduler({ jobs });
    const { store } = given;
    const { runtime, logger } = givenContext(store);
    const make = (accessToken: string) => () => createScheduler({ store, runtime, logger, accessToken, jobs });
    expect(make('')).toThrow('accessToken is empty');
    expect(make('default_token')).toThrow('at least 32');
  });
});

describe('a registration', () => {
  test('outside the allowed networks is refused, and nothing is sent there', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const answer = await executor.post('registry', registration('http://169.254.169.254/'));
    expect(answer.code).toBe(500);
    expect(answer.msg).toContain('allowedNetworks');
    expect((await given.scheduler.status()).executors).toHaveLength(1);
  });

  test('is believed only when its address answers', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const answer = await executor.post('registry', registration('http://127.0.0.1:9/'));
    expect(answer.code).toBe(500);
    expect(answer.msg).toContain('http://127.0.0.1:9/');
    const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: 'one' });
    expect((await executor.nextRun()).broadcastTotal).toBe(1);
    expect((await runOf(given.scheduler, runId)).shardTotal).toBe(1);
  });

  test('with and without the slash at its end, and twice, is one executor', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const value = executor.address.slice(0, -1);
    for (const each of [value, executor.address]) {
      expect(await executor.post('registry', { ...registration(each), incarnation: 'first' })).toMatchObject({
        code: 200,
      });
    }
    expect((await given.scheduler.status()).executors).toEqual([
      { address: executor.address, group: 'orders', state: 'alive' },
    ]);
  });

  test('a late goodbye of the process before changes nothing', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    await executor.register('second');
    await executor.post('registryRemove', { ...registration(executor.address), incarnation: 'first' });
    expect((await given.scheduler.status()).executors[0]?.state).toBe('alive');
    await executor.unregister();
    expect((await given.scheduler.status()).executors[0]?.state).toBe('draining');
  });
});

describe('the wire', () => {
  test('results of every generation are understood', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const report = [
      (logId: number) => [{ logId, logDateTim: 1, executeResult: { code: 200, msg: null } }],
      (logId: number) => [{ logId, logDateTim: 1, handleCode: 200, handleMsg: 'ok' }],
      (logId: number) => ({ callbackList: [{ logId, logDateTime: 1, handleCode: 200 }] }),
    ];
    for (const [at, body] of report.entries()) {
      const order = { job: 'debit', businessDate: '2026-11-20', requestId: String(at) };
      const { runId } = await given.scheduler.triggerJob(order);
      const { logId } = await executor.nextRun();
      expect(await executor.post('callback', body(logId))).toMatchObject({ code: 200, data: null, content: null });
      expect(await runOf(given.scheduler, runId)).toMatchObject({ state: 'succeeded' });
    }
    expect(await executor.post('callback', { callbackList: [] })).toMatchObject({ code: 200 });
  });

  test('a code of 0 is a result that was lost, so the run fails', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: '0' });
    const { logId } = await executor.nextRun();
    await executor.post('callback', [{ logId, handleCode: 0 }]);
    const run = await runOf(given.scheduler, runId, 'failed');
    expect(run.reason).toContain('job handle result lost.');
  });

  test('what has a wrong shape is refused with the field named, and nothing is taken', async () => {
    const given = await givenScheduler({ jobs });
    const executor = await given.executor();
    expect(await executor.post('callback', [{ logId: 'one' }])).toMatchObject({ code: 500 });
    const answer = await executor.post('run-manifest', { runId: 1, sliceCount: -1, totals: [] });
    expect(answer.msg).toContain('"sliceCount"');
    const amounts = { runId: 1, sliceNo: 0, totals: [{ group: 'P', currency: 'CNY', count: 1, amountMinor: '1.5' }] };
    expect((await executor.post('slices-settled', { slices: [amounts] })).msg).toContain(
      'slices.0: "totals.0.amountMinor"',
    );
  });

  test('unknown paths, other methods, broken JSON and forbidden keys are answered in the envelope', async () => {
    const given = await givenScheduler({ jobs });
    const send = async (path: string, init: RequestInit) => {
      const response = await fetch(`${given.scheduler.url}${path}`, { ...init, headers: TOKEN });
      expect(response.status).toBe(200);
      return (await response.json()) as { code: number; msg: string };
    };
    expect(await send('api/nowhere', { method: 'POST', body: '{}' })).toMatchObject({
      code: 500,
      msg: 'invalid request, uri-mapping(nowhere) not found.',
    });
    expect((await send('api/registry', { method: 'GET' })).msg).toBe('invalid request, HttpMethod not support.');
    expect((await send('api/registry', { method: 'POST', body: '{"registry' })).msg).toContain('openapi invoke error');
    const forbidden = await send('api/registry', { method: 'POST', body: '{"__proto__": {"isAdmin": true}}' });
    expect(forbidden.code).toBe(500);
  });
});

test('the scrape has the metrics that are documented, and no others', async () => {
  const given = await givenScheduler({ jobs });
  const text = await (await fetch(`${given.scheduler.url}metrics`)).text();
  const scraped = [...text.matchAll(/^# TYPE (daybreak_scheduler_\S+) (\S+)/gm)].map(
    (match) => `${match[1]} ${match[2]}`,
  );
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(daybreak_scheduler_[^`]+)` \| (\w+) \|/gm)].map(
    (match) => `${match[1]} ${match[2]}`,
  );
  expect(scraped.sort()).toEqual(rows.sort());
  const health = await fetch(`${given.scheduler.url}health`);
  expect(await health.json()).toEqual({ status: 'up' });
});

test('after ten wrong tokens in a minute an address hears that it is too many, and a good token is heard all the same', async () => {
  const { scheduler } = await givenScheduler({ jobs: [job(1, 'work')] });
  const ask = async (token: string) => {
    const headers = { 'xxl-job-access-token': token };
    const response = await fetch(`${scheduler.url}api/callback`, { method: 'POST', headers, body: '[]' });
    return ((await response.json()) as { code: number }).code;
  };
  for (let i = 0; i < 10; i++) expect(await ask(`${TEST_TOKEN}${i}`)).toBe(500);
  expect(await ask(`${TEST_TOKEN}x`)).toBe(429);
  expect(await ask(TEST_TOKEN)).toBe(200);
});

test('a node of ours whose group is not there yet hears so, and is no guesser of tokens', async () => {
  const { scheduler } = await givenScheduler({ jobs });
  const peer = createSigningPeer({ direction: 'to-scheduler', runtime: systemRuntime() });
  const key = deriveWireKey(TEST_TOKEN);
  const request = {
    path: '/api/registry',
    body: JSON.stringify({ ...registration('http://127.0.0.1:9/'), registryKey: 'later' }),
  };
  const register = async (): Promise<unknown> => {
    const answer = await exchangeSigned(peer, key, request, async (signature) => {
      const headers = { 'x-daybreak-signature': signature, 'xxl-job-appname': 'later' };
      const response = await fetch(new URL(request.path, scheduler.url), {
        method: 'POST',
        headers,
        body: request.body,
      });
      return {
        status: response.status,
        text: await response.text(),
        signature: response.headers.get('x-daybreak-answer') ?? undefined,
      };
    });
    return JSON.parse(answer.text);
  };
  for (let i = 0; i < 12; i++) {
    expect(await register()).toMatchObject({
      code: 500,
      msg: expect.stringContaining('no group "later" is known here'),
    });
  }
  const response = await fetch(`${scheduler.url}api/callback`, {
    method: 'POST',
    headers: { 'xxl-job-access-token': 'x' },
    body: '[]',
  });
  expect(await response.json()).toMatchObject({ msg: 'The access token is wrong.' });
});
