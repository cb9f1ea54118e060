import { describe, expect, onTestFinished, test } from 'vitest';
import { defineHandler } from '../../../executor/index.ts';
import { createHttpSchedulerClient } from '../../../executor/node/http-scheduler-client.ts';
import { createSignatureTrust } from '../../../executor/node/signature-trust.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { givenExecutor, removeDir, runRequest, TEST_TOKEN } from '../../support/given-executor.ts';
import { type JavaAdmin, startJavaAdmin } from '../../support/java-admin.ts';
import { GENERATIONS, type Generation, javaHeaders, rawPost } from '../../support/java-wire.ts';

// An executor of ours to admins of xxl-job.
const registration = {
  registryGroup: 'EXECUTOR',
  registryKey: 'orders',
  registryValue: 'http://10.0.0.7:9999/',
  incarnation: '01J0000000000000000000000X',
};
const result = { logId: 91, logDateTime: 1_767_225_600_000, handleCode: 200, handleMsg: 'ok', attempt: 1 };

async function givenAdmin(generation: Generation, contextPath = ''): Promise<JavaAdmin> {
  const admin = await startJavaAdmin({ generation, token: TEST_TOKEN, appName: 'orders', contextPath });
  onTestFinished(() => admin.stop());
  return admin;
}

function givenClient(...schedulers: string[]) {
  const trust = createSignatureTrust(false);
  const client = createHttpSchedulerClient({
    schedulers,
    appname: 'orders',
    accessToken: TEST_TOKEN,
    timeoutMs: 10_000,
    runtime: systemRuntime(),
    trust,
  });
  onTestFinished(() => client.close());
  return { ...client, trust };
}

describe.each(GENERATIONS)('to an admin of generation %s', (generation) => {
  test.each(['', '/xxl-job-admin'])('it registers, reports and leaves below "%s"', async (contextPath) => {
    const admin = await givenAdmin(generation, contextPath);
    const client = givenClient(`${admin.root}/`);
    expect(await client.register(registration)).toMatchObject({ kind: 'acknowledged' });
    expect(await client.callback([result, { ...result, logId: 92, handleCode: 502, handleMsg: 'slow' }])).toMatchObject(
      {
        kind: 'acknowledged',
      },
    );
    expect(await client.unregister(registration)).toMatchObject({ kind: 'acknowledged' });
    expect(admin.results).toEqual([
      { logId: 91, code: 200, msg: 'ok', time: 1_767_225_600_000 },
      { logId: 92, code: 502, msg: 'slow', time: 1_767_225_600_000 },
    ]);
    const [{ headers, body } = { headers: {}, body: null }] = admin.requests;
    expect(headers).toMatchObject({ 'xxl-job-access-token': TEST_TOKEN, 'xxl-job-appname': 'orders' });
    expect(headers['content-type']).toBe('application/json;charset=UTF-8');
    expect(body).toMatchObject({ registryGroup: 'EXECUTOR', registryKey: 'orders' });
  });

  test('results go out in its own shape from the first one on', async () => {
    const admin = await givenAdmin(generation);
    const client = givenClient(admin.root);
    await client.register(registration);
    for (const logId of [91, 92, 93]) await client.callback([{ ...result, logId }]);
    const callbacks = admin.requests.filter(({ path }) => path.endsWith('/callback')).map(({ body }) => body);
    const probe = { callbackList: [] };
    const isObject = generation === 'E';
    const hasProbe = generation === 'D' || generation === 'E';
    expect(callbacks.slice(0, hasProbe ? 1 : 0)).toEqual(hasProbe ? [probe] : []);
    const lists = callbacks.slice(hasProbe ? 1 : 0);
    expect(lists.map((body) => !Array.isArray(body))).toEqual([isObject, isObject, isObject]);
    expect(admin.results.map(({ logId }) => logId)).toEqual([91, 92, 93]);
  });

  test('results arrive though nothing was registered before, as after a restart', async () => {
    const admin = await givenAdmin(generation);
    const client = givenClient(admin.root);
    expect(await client.callback([result])).toMatchObject({ kind: 'acknowledged' });
    expect(await client.callback([{ ...result, logId: 92 }])).toMatchObject({ kind: 'acknowledged' });
    expect(admin.results.map(({ logId }) => logId)).toEqual([91, 92]);
  });

  test('what it has no verb for is not kept for ever', async () => {
    const admin = await givenAdmin(generation);
    const client = givenClient(admin.root);
    expect(await client.runManifest({ runId: 5, sliceCount: 0, totals: [] })).toMatchObject({ kind: 'acknowledged' });
    expect(await client.slicesSettled([])).toMatchObject({ kind: 'acknowledged' });
  });

  test('a refusal is its own words, and a wrong token is not taken for an old shape', async () => {
    const admin = await givenAdmin(generation);
    const client = createHttpSchedulerClient({
      schedulers: [admin.root],
      appname: 'orders',
      accessToken: '00112233445566778899aabbccddeeff',
      timeoutMs: 10_000,
    });
    onTestFinished(() => client.close());
    const words =
      generation === 'E' ? 'invalid request, accessToken or appname invalid.' : 'The access token is wrong.';
    expect(await client.callback([result])).toMatchObject({ kind: 'refused', code: 500, message: words });
    expect(admin.verbs()).toEqual(['callback']);
  });

  test('the token alone stays enough, because it cannot sign', async () => {
    const admin = await givenAdmin(generation);
    const client = givenClient(admin.root);
    await client.register(registration);
    client.trust.signed();
    expect(client.trust.isTokenEnough).toBe(true);
  });

  test('a node runs, reports until it is heard, and signs off', async () => {
    const admin = await givenAdmin(generation, '/xxl-job-admin');
    const executor = await givenExecutor({
      schedulers: [admin.root],
      handlers: [defineHandler('work', async () => 1)],
    });
    await admin.saw(({ path }) => path.endsWith('/registry'));
    admin.isBroken = true;
    const { logId, ...rest } = runRequest();
    const headers = javaHeaders(generation, TEST_TOKEN, 'orders');
    const path = generation === 'E' ? 'trigger' : 'run';
    const taken = await rawPost(`${executor.address}${path}`, JSON.stringify({ logId, ...rest }), headers);
    expect(taken.json).toMatchObject({ code: 200 });
    await admin.saw(({ path: asked, answer }) => asked.endsWith('/callback') && answer.code === 500);
    admin.isBroken = false;
    await admin.heard(logId);
    await executor.stop();
    await removeDir(executor.dataDir);
    expect(admin.results).toMatchObject([{ logId, code: 200 }]);
    expect(admin.verbs().at(-1)).toBe('registryRemove');
  });
});

test('an admin that is upgraded from 3.4 to 3.5 while we run gets objects from then on', async () => {
  const [before, after] = [await givenAdmin('D'), await givenAdmin('E')];
  // One address before both, as the machine's name is.
  let target = before;
  const { createServer, request } = await import('node:http');
  const front = createServer((asked, answered) => {
    const to = request(`${target.root}${asked.url}`, { method: 'POST', headers: asked.headers }, (reply) => {
      answered.writeHead(reply.statusCode ?? 0, reply.headers);
      reply.pipe(answered);
    });
    asked.pipe(to);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
  });
  const { port } = front.address() as { port: number };
  const client = givenClient(`http://127.0.0.1:${port}`);
  await client.register(registration);
  await client.callback([result]);
  target = after;
  for (const logId of [92, 93]) {
    expect(await client.callback([{ ...result, logId }])).toMatchObject({ kind: 'acknowledged' });
  }
  expect(before.results.map(({ logId }) => logId)).toEqual([91]);
  expect(after.results.map(({ logId }) => logId)).toEqual([92, 93]);
  expect(after.verbs()).toEqual(['callback', 'callback', 'callback']);
});

test('of several admins the first that acknowledges is enough, and it is asked first from then on', async () => {
  const [broken, good] = [await givenAdmin('C'), await givenAdmin('C')];
  broken.isBroken = true;
  const client = givenClient(broken.root, good.root);
  await client.register(registration);
  await client.register(registration);
  expect([broken.verbs(), good.verbs()]).toEqual([['registry'], ['registry', 'registry']]);
});
