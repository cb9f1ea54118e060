import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineHandler } from '../../../executor/index.ts';
import { type GivenExecutor, gate, givenExecutor, removeDir, TEST_TOKEN } from '../../support/given-executor.ts';
import { type JavaAdmin, startJavaAdmin } from '../../support/java-admin.ts';
import { GENERATIONS, javaHeaders, rawPost } from '../../support/java-wire.ts';

// Admins of xxl-job, byte for byte as they speak, to an executor of ours.
let admin: JavaAdmin;
let executor: GivenExecutor;
const held = gate();
let lastLogId = 90;

beforeAll(async () => {
  admin = await startJavaAdmin({ generation: 'D', token: TEST_TOKEN, appName: 'orders' });
  executor = await givenExecutor({
    schedulers: [admin.root],
    handlers: [
      defineHandler('work', async (ctx) => ctx.log.info(`param ${ctx.param}`)),
      defineHandler('hold', () => held.passed),
    ],
  });
});
afterAll(async () => {
  held.open();
  await executor.stop();
  await admin.stop();
  await removeDir(executor.dataDir);
});

const run = (logId: number, differing = '') =>
  `{"jobId":7,"executorHandler":"work","executorParams":"p","executorBlockStrategy":"SERIAL_EXECUTION",` +
  `"executorTimeout":0,"logId":${logId},"logDateTime":1767225600000,"glueType":"BEAN","glueSource":"",` +
  `"glueUpdatetime":1767220000000,"broadcastIndex":0,"broadcastTotal":1${differing}}`;

describe.each(GENERATIONS)('an admin of generation %s', (generation) => {
  const headers = javaHeaders(generation, TEST_TOKEN, 'orders');
  const isE = generation === 'E';
  const ask = (path: string, body: string | null, differing: Record<string, string> = {}) =>
    rawPost(`${executor.address}${path}`, body, { ...headers, ...differing });
  const home = isE ? 'trigger' : 'run';

  test('starts a run and is told 200, as text/html with its length', async () => {
    lastLogId += 1;
    const reply = await ask(home, run(lastLogId));
    expect(reply).toMatchObject({ status: 200, json: { code: 200, msg: 'Success' } });
    expect(reply.headers['content-type']).toBe('text/html;charset=UTF-8');
    expect(Number(reply.headers['content-length'])).toBe(Buffer.byteLength(reply.text));
    expect(reply.headers['content-encoding']).toBeUndefined();
  });

  test.each([
    ['no body', null],
    ['an empty text', '""'],
  ])('beats with %s', async (_, body) => {
    expect((await ask('beat', body)).json).toEqual({ code: 200, msg: 'Success' });
  });

  test('asks whether a job is idle, kills by job, and hears words in the field that it reads', async () => {
    lastLogId += 1;
    const jobId = 700 + lastLogId;
    const other = run(lastLogId).replace('"jobId":7', `"jobId":${jobId}`).replace('"work"', '"hold"');
    expect((await ask('idleBeat', `{"jobId":${jobId}}`)).json.code).toBe(200);
    await ask(home, other);
    expect((await ask('idleBeat', `{"jobId":${jobId}}`)).json).toMatchObject({
      code: 500,
      msg: 'job thread is running or has trigger queue.',
    });
    expect((await ask('kill', `{"jobId":${jobId}}`)).json.code).toBe(200);
    const words = 'job thread already killed.';
    // In `msg` for B and C, in `data` for D and E.
    expect((await ask('kill', '{"jobId":2147483647}')).json).toMatchObject({ code: 200, msg: words, data: words });
  });

  test('reads a log by lines, under the name of the time that it knows', async () => {
    lastLogId += 1;
    const logId = lastLogId;
    await ask(home, run(logId));
    await admin.heard(logId);
    const time = isE ? 'logDateTime' : 'logDateTim';
    const page = async (fromLineNum: number) =>
      (await ask('log', `{"logId":${logId},"${time}":1767225600000,"fromLineNum":${fromLineNum}}`)).json;
    const { data, content } = await page(1);
    expect(data).toEqual(content);
    expect(data).toMatchObject({ fromLineNum: 1, isEnd: true, logContent: expect.stringContaining('param p') });
    const none = (await ask('log', `{"logId":999999,"${time}":1767225600000,"fromLineNum":1}`)).json;
    expect(none.data).toEqual({
      fromLineNum: 1,
      toLineNum: 0,
      logContent: 'readLog fail, logFile not exists',
      isEnd: true,
    });
  });

  test('leaves out nulls, and what it leaves out is 0 or nothing', async () => {
    lastLogId += 1;
    const sparse = `{"executorHandler":"work","logId":${lastLogId},"logDateTime":1767225600000,"tomorrow":{"x":[1]}}`;
    expect((await ask(home, sparse)).json).toMatchObject({ code: 200 });
    await expect.poll(async () => (await ask('idleBeat', '{}')).json.code, { timeout: 30_000 }).toBe(200);
    expect((await ask('kill', '{}')).json.code).toBe(200);
    expect((await ask('log', '{}')).json).toMatchObject({ code: 200, data: { toLineNum: 0, isEnd: true } });
    expect((await ask(home, '{}')).json).toMatchObject({ code: 500 });
  });

  test.each<[string, string, string]>([
    ['a handler that is not here', ',"executorHandler":"x"', 'job handler [x] not found.'],
    ['a script', ',"glueType":"GLUE_SHELL"', 'fail, current glue type [GLUE(Shell)] not supported.'],
    ['a glue type that is none', ',"glueType":"COBOL"', 'glueType[COBOL] is not valid.'],
    ['a job id beyond 32 bits', ',"jobId":2147483648', 'request error: "jobId" must be <= 2147483647'],
    ['a log id beyond 2^53', ',"logId":9007199254740993', 'request error: "logId" must be <= 9007199254740991'],
  ])('is refused %s, in the words of the protocol', async (_, differing, msg) => {
    lastLogId += 1;
    expect((await ask(home, run(lastLogId, differing))).json).toEqual({ code: 500, msg });
  });

  test('is told in its own words what is wrong with a request', async () => {
    const wrong = isE ? 'invalid request, accessToken or appname invalid.' : 'The access token is wrong.';
    expect((await ask('beat', null, { 'xxl-job-access-token': 'default_token' })).json).toEqual({
      code: 500,
      msg: wrong,
    });
    const empty = isE ? 'invalid request, accessToken or appname is empty.' : 'The access token is wrong.';
    expect((await ask('beat', null, { 'xxl-job-access-token': '' })).json.msg).toBe(empty);
    for (const path of ['nothing', `${home}/`, `${home}?x=1`]) {
      expect((await ask(path, '{}')).json.msg).toBe(`invalid request, uri-mapping(/${path}) not found.`);
    }
    expect((await ask(home, null)).json.msg).toBe('invalid request, requestBody empty.');
    const got = await rawPost(`${executor.address}${home}`, null, headers, { method: 'GET' });
    expect(got).toMatchObject({ status: 200, json: { code: 500, msg: 'invalid request, HttpMethod not support.' } });
  });
});

test('a connection is kept open between requests', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number>();
  for (let n = 0; n < 3; n++) {
    await rawPost(`${executor.address}beat`, null, javaHeaders('C', TEST_TOKEN, ''), { agent });
    for (const socket of Object.values(agent.freeSockets).flat()) ports.add(socket?.localPort ?? 0);
  }
  agent.destroy();
  expect(ports.size).toBe(1);
});
