import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { type FakeScheduler, startFakeScheduler } from '../support/fake-scheduler.ts';
import {
  type GivenExecutor,
  gate,
  givenExecutor,
  removeDir,
  runRequest,
  TEST_TOKEN,
} from '../support/given-executor.ts';

let scheduler: FakeScheduler;
let executor: GivenExecutor;
const held = gate();

beforeAll(async () => {
  scheduler = await startFakeScheduler();
  executor = await givenExecutor({
    schedulers: [scheduler.url],
    handlers: [
      defineHandler('work', async (ctx) => ({ runId: ctx.runId, day: ctx.businessDate, param: ctx.param })),
      defineHandler('hold', () => held.passed),
      defineHandler('talk', async (ctx) => {
        ctx.log.info('first line\r\nforged line \u001b[31mred');
        for (let n = 2; n <= 10; n++) ctx.log.info(`line ${n}`);
      }),
    ],
  });
});

afterAll(async () => {
  held.open();
  await executor.stop();
  await scheduler.stop();
  await removeDir(executor.dataDir);
});

const outcomeOf = async (logId: number) => {
  await scheduler.until((it) => it.callbacks().some((callback) => callback.logId === logId));
  return scheduler.callbacks().find((callback) => callback.logId === logId);
};

describe('run requests of every generation', () => {
  const plain = {
    jobId: 7,
    executorHandler: 'work',
    executorParams: 'p',
    executorBlockStrategy: 'SERIAL_EXECUTION',
    executorTimeout: 0,
    logDateTime: 1_767_225_600_000,
    glueType: 'BEAN',
    glueSource: '',
    glueUpdatetime: 1_767_220_000_000,
    broadcastIndex: 0,
    broadcastTotal: 1,
  };

  test.each([
    ['/run', 'B, C and D', { 'XXL-JOB-ACCESS-TOKEN': TEST_TOKEN }],
    ['/trigger', 'E', { 'XXL-JOB-ACCESS-TOKEN': TEST_TOKEN, 'XXL-JOB-APPNAME': 'orders' }],
  ])('%s of generation %s is accepted, run and called back under the names of all generations', async (path, _, headers) => {
    const logId = path === '/run' ? 91 : 92;
    expect(await executor.ask(path, { ...plain, logId }, headers)).toEqual({ code: 200, msg: 'Success' });
    expect(await outcomeOf(logId)).toMatchObject({
      logId,
      logDateTim: 1_767_225_600_000,
      logDateTime: 1_767_225_600_000,
      handleCode: 200,
      executeResult: { code: 200 },
    });
  });

  test('what a foreign scheduler does not say is derived, alike for all shards of a broadcast', async () => {
    await executor.ask('/run', { ...plain, logId: 93, broadcastIndex: 0, broadcastTotal: 2 });
    await executor.ask('/run', { ...plain, logId: 94, broadcastIndex: 1, broadcastTotal: 2 });
    const [one, other] = [await outcomeOf(93), await outcomeOf(94)];
    expect(JSON.parse(one?.result ?? '')).toEqual({
      runId: 1_767_225_600_000 * 1_024 + 7,
      day: '2026-01-01',
      param: 'p',
    });
    expect(other?.result).toBe(one?.result);
  });

  test('nulls for left-out words, and numbers left out, are taken', async () => {
    const sparse = {
      jobId: 8,
      executorHandler: 'work',
      executorParams: null,
      logId: 95,
      logDateTime: 1_767_225_600_000,
    };
    expect(await executor.ask('/run', { ...sparse, executorBlockStrategy: null, glueType: null })).toMatchObject({
      code: 200,
    });
    expect(await outcomeOf(95)).toMatchObject({ handleCode: 200 });
  });
});

describe('refusals are HTTP 200 with code 500 and a reason', () => {
  test.each([
    ['an unknown handler', { executorHandler: 'nobody' }, 'job handler [nobody] not found.'],
    ['a script', { glueType: 'GLUE_SHELL', glueSource: 'id' }, 'fail, current glue type [GLUE(Shell)] not supported.'],
    ['an unknown glue type', { glueType: 'COBOL' }, 'glueType[COBOL] is not valid.'],
    [
      'an index beyond the total',
      { broadcastIndex: 3, broadcastTotal: 3 },
      'broadcastIndex 3 must be from 0 to 2 (broadcastTotal - 1)',
    ],
    ['text for a number', { jobId: 'seven' as unknown as number }, 'request error: "jobId" must be integer'],
  ])('%s', async (_, differing, msg) => {
    expect(await executor.ask('/run', runRequest(differing))).toEqual({ code: 500, msg });
  });

  test.each([
    ['not JSON', '{"jobId":', 'request error: the body is not JSON'],
    ['an empty body', '', 'invalid request, requestBody empty.'],
    ['an array', '[]', 'request error: the body must be object'],
    ['a prototype key', '{"jobId":7,"__proto__":{"admin":true}}', 'request error: the key "__proto__" is not allowed'],
    ['an escaped prototype key', '{"a":{"\\u005f_proto__":1}}', 'request error: the key "__proto__" is not allowed'],
    ['deep nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'request error: the body is nested deeper than 32'],
  ])('a body that is %s', async (_, body, msg) => {
    expect(await executor.ask('/run', body)).toEqual({ code: 500, msg });
  });

  test('a body over 5 MiB is refused, and one just below is read', async () => {
    const big = runRequest({ executorParams: 'x'.repeat(5 * 1_048_576) });
    expect(await executor.ask('/run', big)).toEqual({
      code: 500,
      msg: 'request error: the body is larger than 5242880 bytes',
    });
    expect(await executor.ask('/run', runRequest({ executorParams: 'x'.repeat(5_000_000) }))).toMatchObject({
      code: 200,
    });
  });

  test('a wrong token, in the words of the asker generation', async () => {
    const wrong = 'The access token is wrong.';
    expect(await executor.ask('/run', runRequest(), {})).toEqual({ code: 500, msg: wrong });
    expect(await executor.ask('/kill', { jobId: 7 }, { 'XXL-JOB-ACCESS-TOKEN': 'guess' })).toEqual({
      code: 500,
      msg: wrong,
    });
    expect(await executor.ask('/beat', undefined, { 'XXL-JOB-APPNAME': 'orders' })).toEqual({
      code: 500,
      msg: 'invalid request, accessToken or appname is empty.',
    });
    expect(
      await executor.ask('/beat', undefined, { 'XXL-JOB-APPNAME': 'orders', 'XXL-JOB-ACCESS-TOKEN': 'x' }),
    ).toEqual({
      code: 500,
      msg: 'invalid request, accessToken or appname invalid.',
    });
  });

  test('an unknown path, a path with a query, a name of Object.prototype, and GET', async () => {
    for (const path of ['/nothing', '/run?x=1', '/constructor', '/run/']) {
      expect(await executor.ask(path, {})).toEqual({
        code: 500,
        msg: `invalid request, uri-mapping(${path}) not found.`,
      });
    }
    const got = await fetch(`${executor.address}run`, { headers: { 'xxl-job-access-token': TEST_TOKEN } });
    expect(await got.json()).toEqual({ code: 500, msg: 'invalid request, HttpMethod not support.' });
  });
});

test('answers are text/html, uncompressed, with their length', async () => {
  const response = await fetch(`${executor.address}beat`, {
    method: 'POST',
    body: '""',
    headers: { 'xxl-job-access-token': TEST_TOKEN, 'accept-encoding': 'gzip' },
  });
  expect(response.headers.get('content-type')).toBe('text/html;charset=UTF-8');
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(response.headers.get('content-length')).toBe(String((await response.text()).length));
});

test('a connection is kept for the next request', async () => {
  const ports = new Set<number>();
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 0; n < 3; n++) {
    await new Promise<void>((resolve, reject) => {
      const asked = request(`${executor.address}beat`, {
        method: 'POST',
        agent,
        headers: { 'xxl-job-access-token': TEST_TOKEN },
      });
      asked.on('socket', (socket) => socket.localPort && ports.add(socket.localPort));
      asked.on('error', reject);
      asked.on('response', (response) => response.resume().on('end', resolve));
      asked.end();
    });
  }
  agent.destroy();
  expect(ports.size).toBeLessThanOrEqual(1);
});

test('idleBeat answers for the job, and kill of nothing is told in data and in msg', async () => {
  const busy = runRequest({ jobId: 70, executorHandler: 'hold' });
  await executor.ask('/run', busy);
  expect(await executor.ask('/idleBeat', { jobId: 70 })).toEqual({
    code: 500,
    msg: 'job thread is running or has trigger queue.',
  });
  expect(await executor.ask('/idleBeat', { jobId: 71 })).toMatchObject({ code: 200 });
  const words = 'job thread already killed.';
  expect(await executor.ask('/kill', { jobId: 71 })).toEqual({ code: 200, msg: words, data: words, content: words });
  held.open();
});

test('a run log is paged by line number and holds what was written as harmless lines', async () => {
  const talk = runRequest({ executorHandler: 'talk' });
  await executor.ask('/run', talk);
  await outcomeOf(talk.logId);
  const page = async (fromLineNum: number) => {
    const answer = await executor.ask('/log', { logId: talk.logId, logDateTim: talk.logDateTime, fromLineNum });
    expect(answer.content).toEqual(answer.data);
    return answer.data as { fromLineNum: number; toLineNum: number; logContent: string; isEnd: boolean };
  };
  const whole = await page(1);
  expect(whole).toMatchObject({ fromLineNum: 1, toLineNum: 11, isEnd: true });
  expect(whole.logContent.split('\n')[0]).toMatch(/INFO {2}first line\\r\\nforged line \\u001b\[31mred$/);
  const rest = await page(10);
  expect(rest.logContent.split('\n').map((line) => line.replace(/^\S+ /, ''))).toEqual([
    'INFO  line 10',
    'INFO  ended with code 200',
    '',
  ]);
  expect(await page(12)).toMatchObject({ toLineNum: 11, logContent: '', isEnd: true });
  // Ours: the end of the log, and upwards from there.
  const ours = async (range: object) => {
    const { data } = await executor.ask('/log', {
      logId: talk.logId,
      logDateTime: talk.logDateTime,
      fromLineNum: 1,
      ...range,
    });
    return data;
  };
  expect(await ours({ lastLines: 1 })).toMatchObject({ fromLineNum: 11, toLineNum: 11, isEnd: true });
  expect(await ours({ lastLines: 2, beforeLineNum: 11 })).toMatchObject({
    fromLineNum: 9,
    toLineNum: 10,
    isEnd: false,
  });
  const none = await executor.ask('/log', { logId: 4_000_000, logDateTime: talk.logDateTime, fromLineNum: 1 });
  expect(none.data).toEqual({
    fromLineNum: 1,
    toLineNum: 0,
    logContent: 'readLog fail, logFile not exists',
    isEnd: true,
  });
});

test('a run that says nothing has no file, and its log says how it ended all the same', async () => {
  const quiet = runRequest({ executorHandler: 'work' });
  await executor.ask('/run', quiet);
  await outcomeOf(quiet.logId);
  const files = await readdir(executor.dataDir, { recursive: true });
  expect(files.filter((name) => name.endsWith(`${quiet.logId}.log`))).toEqual([]);
  const { logId, logDateTime } = quiet;
  const ask = async (more: object) =>
    (await executor.ask('/log', { logId, logDateTime, fromLineNum: 1, ...more })).data as {
      logContent: string;
      search?: { found: { no: number; text: string }[] };
    };
  const whole = await ask({});
  expect(whole).toMatchObject({ fromLineNum: 1, toLineNum: 1, isEnd: true });
  expect(whole.logContent).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}ended with code 200: .*\n$/);
  expect(await ask({ lastLines: 5 })).toEqual(whole);
  expect(await ask({ fromLineNum: 2 })).toMatchObject({ fromLineNum: 2, toLineNum: 1, logContent: '', isEnd: true });
  expect(await ask({ beforeLineNum: 1, lastLines: 5 })).toMatchObject({ toLineNum: 0, logContent: '' });
  const search = async (text: string) => (await ask({ search: { text } })).search;
  expect(await search('Ended')).toEqual({ found: [{ no: 1, text: whole.logContent.trimEnd() }], isThrough: true });
  expect(await search('other')).toEqual({ found: [], isThrough: true });
});

test('health is open and metrics count the requests', async () => {
  const health = await fetch(`${executor.address}health`);
  expect([health.status, await health.json()]).toEqual([200, { status: 'up' }]);
  const text = await (await fetch(`${executor.address}metrics`)).text();
  expect(text).toMatch(/daybreak_executor_runs_total\{handler="work",outcome="succeeded"\} [1-9]/);
  expect(text).toMatch(/daybreak_executor_requests_total\{route="\/run",outcome="denied"\} 1/);
});
