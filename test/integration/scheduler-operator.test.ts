import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createOperatorClient } from '../../deploy/cli/cluster/http-operator-client.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { TEST_TOKEN } from '../support/given-executor.ts';
import { type GivenScheduler, givenScheduler, job, runOf } from '../support/given-scheduler.ts';

const runtime = systemRuntime();
const jobs = [job(1, 'first'), job(2, 'second'), job(3, 'theirs', { group: 'bills' })];
const chains = [
  { name: 'ours', nodes: ['first', 'second'], edges: [{ from: 'first', to: 'second' }] },
  { name: 'mixed', nodes: ['first', 'theirs'], edges: [{ from: 'first', to: 'theirs' }] },
];
const by = 'ann';

/** The address of a server that ends with the test. */
async function listening(server: Server): Promise<string> {
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const operator = ({ scheduler }: GivenScheduler, accessToken = TEST_TOKEN) =>
  createOperatorClient({ schedulers: ['http://127.0.0.1:1', scheduler.url], accessToken, runtime });

test('a chain is started once per request, looked at, and ended; who did it is on record', async () => {
  const given = await givenScheduler({ jobs, chains });
  const { ask } = operator(given);
  const order = {
    chain: 'ours',
    businessDate: '2026-11-20',
    param: '{"a":"1"}',
    requestId: 'r1',
    cutOffAfterMs: 60_000,
    by,
  };
  const first = await ask<{ chainRunId: number; created: boolean }>('start-chain', order);
  expect(first.created).toBe(true);
  expect(await ask('start-chain', order)).toEqual({ chainRunId: first.chainRunId, created: false });
  const view = await ask<{ state: string; cutOffAtMs: number; runs: { job: string; param: string }[] }>('chain-run', {
    id: first.chainRunId,
  });
  expect(view).toMatchObject({
    state: 'running',
    businessDate: '2026-11-20',
    runs: [{ job: 'first', param: '{"a":"1"}' }],
  });
  expect(view.cutOffAtMs).toBeGreaterThan(Date.now());
  const end = { id: first.chainRunId, by, reason: 'enough' };
  expect(await ask('cancel-chain-run', end)).toEqual({ ended: true });
  const actions = await given.scheduler.operatorActions();
  expect(actions.map(({ who, verb }) => [who, verb])).toEqual([
    ['ann', 'cancel'],
    ['ann', 'start'],
  ]);
});

test('a job is triggered for the day in its own zone, looked at, and killed', async () => {
  const given = await givenScheduler({ jobs, chains });
  const { ask } = operator(given);
  const { runId } = await ask<{ runId: number }>('trigger-job', { job: 'first', requestId: 'r1', by });
  expect(await ask('run', { id: runId })).toMatchObject({
    job: 'first',
    businessDate: expect.stringMatching(/^\d{4}-/),
  });
  expect(await ask('kill-run', { id: runId, by, reason: 'wrong day' })).toEqual({ ended: true });
  expect((await runOf(given.scheduler, runId)).state).toBe('cancelled');
  expect(await ask('kill-run', { id: runId, by, reason: 'wrong day' })).toEqual({ ended: false });
});

test('the status names what there is', async () => {
  const given = await givenScheduler({ jobs, chains });
  await given.executor();
  expect(await operator(given).ask('status', {})).toMatchObject({
    nowMs: expect.any(Number),
    schedulers: [{ alive: true }],
    executors: [{ group: 'orders', state: 'alive' }],
    chains: ['ours', 'mixed'],
    jobs: [{ name: 'first' }, { name: 'second' }, { name: 'theirs' }],
  });
});

test.each<[string, string, object, string, RegExp]>([
  ['a chain that is not there', 'start-chain', { chain: 'none', requestId: 'r', by }, 'NOT_FOUND', /no chain "none"/],
  ['a job that is not there', 'trigger-job', { job: 'none', requestId: 'r', by }, 'NOT_FOUND', /no job "none"/],
  ['a chain run that is not there', 'chain-run', { id: 9 }, 'NOT_FOUND', /no chain run 9/],
  ['a run that is not there', 'run', { id: 9 }, 'NOT_FOUND', /no run 9/],
  ['nobody by name', 'trigger-job', { job: 'first', requestId: 'r' }, 'BAD_INPUT', /"by" is missing/],
  ['no request id', 'trigger-job', { job: 'first', by }, 'BAD_INPUT', /"requestId" is missing/],
  [
    'a day that is none',
    'trigger-job',
    { job: 'first', requestId: 'r', by, businessDate: '2026-13-45' },
    'BAD_INPUT',
    /businessDate is "2026-13-45"/,
  ],
  [
    'a parameter that is none',
    'trigger-job',
    { job: 'first', requestId: 'r', by, param: '{nothing}' },
    'BAD_INPUT',
    /param has \{nothing\}/,
  ],
])('%s is refused, with its code', async (_, verb, body, code, words) => {
  const { ask } = operator(await givenScheduler({ jobs, chains }));
  await expect(ask(verb, body)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
});

describe('the token', () => {
  test('does not follow a redirect to an address that nobody named', async () => {
    const seen: string[] = [];
    const other = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.end('{}');
    });
    const root = await listening(other);
    const redirecting = createServer((_, response) => response.writeHead(307, { location: `${root}/` }).end());
    const client = createOperatorClient({
      schedulers: [await listening(redirecting)],
      accessToken: TEST_TOKEN,
      runtime,
    });
    await expect(client.ask('status', {})).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' });
    expect(seen).toEqual([]);
  });

  test('that is wrong is refused, and not shown', async () => {
    const wrong = `${TEST_TOKEN}x`;
    const refused = operator(await givenScheduler({ jobs }), wrong).ask('status', {});
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHORIZED', message: expect.not.stringContaining(wrong) });
  });

  test('of a group reaches what is of this group alone, and the rest is as if it were not there', async () => {
    const given = await givenScheduler({ jobs, chains });
    const own = await given.scheduler.groups.ownToken('orders');
    const { ask } = operator(given, own);
    const whole = operator(given);
    const { chainRunId } = await ask<{ chainRunId: number }>('start-chain', { chain: 'ours', requestId: 'r', by });
    expect(await ask('chain-run', { id: chainRunId })).toMatchObject({ chain: 'ours' });
    const theirs = await whole.ask<{ runId: number }>('trigger-job', { job: 'theirs', requestId: 'r', by });
    const mixed = await whole.ask<{ chainRunId: number }>('start-chain', { chain: 'mixed', requestId: 'r', by });
    const end = { by, reason: 'mine now' };
    for (const [verb, body] of [
      ['start-chain', { chain: 'mixed', requestId: 's', by }],
      ['trigger-job', { job: 'theirs', requestId: 's', by }],
      ['chain-run', { id: mixed.chainRunId }],
      ['cancel-chain-run', { id: mixed.chainRunId, ...end }],
      ['run', { id: theirs.runId }],
      ['kill-run', { id: theirs.runId, ...end }],
    ] as const) {
      await expect(ask(verb, body), verb).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(ask('status', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
