import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defineHandler } from '../../../executor/index.ts';
import { createHttpSchedulerClient } from '../../../executor/node/http-scheduler-client.ts';
import { SCALED_SETTINGS } from '../../../scheduler/settings.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { givenExecutor, removeDir, runRequest, TEST_TOKEN } from '../../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../../support/given-scheduler.ts';
import { javaHeaders, rawPost } from '../../support/java-wire.ts';

// Our own nodes among themselves: signed, both ways.
const PATIENT = {
  ...SCALED_SETTINGS,
  executorSilentAfterMs: 60_000,
  executorGoneAfterMs: 120_000,
  probeTimeoutMs: 10_000,
};
const jobs = [job(1, 'work'), job(2, 'hold')];
const HOUR_MS = 3_600_000;

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  answer: { headers: IncomingHttpHeaders; body: string } | null;
}

/** Stands on the line to a server, sees everything, and lets it through unless `bend` changes it. */
async function givenLine(target: () => string) {
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  const line = {
    url: '',
    seen,
    /** Resolves when an exchange that fits was let through. */
    saw: (fits: (one: Seen) => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!seen.some(fits)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    bend: (_: Seen): Partial<Pick<Seen, 'path' | 'headers' | 'body'>> | null => null,
    bendAnswer: (answer: { headers: IncomingHttpHeaders; body: string }, _: Seen) => answer,
  };
  const server = createServer(async (asked, answered) => {
    const parts: Buffer[] = [];
    for await (const part of asked) parts.push(part as Buffer);
    const one: Seen = {
      path: asked.url ?? '',
      headers: asked.headers,
      body: Buffer.concat(parts).toString('utf8'),
      answer: null,
    };
    seen.push(one);
    const { path, headers, body } = { ...one, ...line.bend(one) };
    const { 'content-length': _length, host: _host, ...rest } = headers;
    const all = { ...rest, 'content-length': String(Buffer.byteLength(body)) };
    const to = httpRequest(`${target().replace(/\/$/, '')}${path}`, { method: asked.method ?? 'POST', headers: all });
    to.on('error', () => answered.destroy());
    to.on('response', (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => {
        const plain = { headers: reply.headers, body: Buffer.concat(chunks).toString('utf8') };
        one.answer = line.bendAnswer(plain, one);
        const { 'content-length': _, 'transfer-encoding': __, ...sent } = one.answer.headers;
        answered.writeHead(reply.statusCode ?? 0, { ...sent, 'content-length': Buffer.byteLength(one.answer.body) });
        answered.end(one.answer.body);
        for (const look of [...waiting]) look();
      });
    });
    to.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  line.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return line;
}

/** A scheduler and an executor with a line between them in each direction. */
async function given(options: { clockOffMs?: number; requireSignatures?: boolean } = {}) {
  const all = await givenScheduler({ jobs, settings: PATIENT });
  const toScheduler = await givenLine(() => all.scheduler.url);
  let ownAddress = '';
  const toExecutor = await givenLine(() => ownAddress);
  const port = await freePort();
  ownAddress = `http://127.0.0.1:${port}/`;
  const executor = await givenExecutor({
    schedulers: [toScheduler.url],
    port,
    advertisedAddress: `${toExecutor.url}/`,
    handlers: [defineHandler('work', async (ctx) => `did "${ctx.param}"`)],
    requireSignatures: options.requireSignatures ?? false,
    runtime: withClockOff(options.clockOffMs ?? 0),
  });
  onTestFinished(async () => {
    await executor.stop();
    await removeDir(executor.dataDir);
  });
  await toScheduler.saw(({ path, answer }) => path === '/api/registry' && answer?.body.includes('"code":200') === true);
  return { ...all, scheduler: all.scheduler, toScheduler, toExecutor, executor, ownAddress };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function withClockOff(offMs: number): Runtime {
  const runtime = systemRuntime();
  return { ...runtime, clock: { ...runtime.clock, wallMs: () => runtime.clock.wallMs() + offMs } };
}

const order = (requestId: string, name = 'work') => ({ job: name, businessDate: '2026-11-20', requestId });

describe('between our own nodes', () => {
  test.each([0, HOUR_MS, -HOUR_MS])('a run goes there and back with clocks %i ms apart', async (clockOffMs) => {
    const { scheduler } = await given({ clockOffMs });
    const { runId } = await scheduler.triggerJob(order('1'));
    expect(await runOf(scheduler, runId, 'succeeded')).toMatchObject({ state: 'succeeded' });
  });

  test('the token is never sent to an executor, and to a scheduler until it has shown that it signs', async () => {
    const { scheduler, toScheduler, toExecutor } = await given();
    const { runId } = await scheduler.triggerJob(order('1'));
    await runOf(scheduler, runId, 'succeeded');
    const showing = (seen: readonly Seen[]) => seen.filter(({ headers }) => 'xxl-job-access-token' in headers);
    expect(showing(toExecutor.seen)).toEqual([]);
    expect(toExecutor.seen.every(({ headers }) => 'x-daybreak-signature' in headers)).toBe(true);
    const [first] = toScheduler.seen;
    expect(showing(toScheduler.seen)).toEqual([first]);
    expect(JSON.stringify(toScheduler.seen.slice(1))).not.toContain(TEST_TOKEN);
  });

  test('with signatures required it is never sent at all', async () => {
    const { scheduler, toScheduler, toExecutor } = await given({ requireSignatures: true });
    const { runId } = await scheduler.triggerJob(order('1'));
    await runOf(scheduler, runId, 'succeeded');
    expect(JSON.stringify([toScheduler.seen, toExecutor.seen])).not.toContain(TEST_TOKEN);
  });

  test('every answer to a signed request is signed', async () => {
    const { scheduler, toScheduler, toExecutor } = await given();
    const { runId } = await scheduler.triggerJob(order('1'));
    await runOf(scheduler, runId, 'succeeded');
    const answered = [...toScheduler.seen, ...toExecutor.seen].filter(({ answer }) => answer !== null);
    expect(answered.filter(({ answer }) => answer?.headers['x-daybreak-answer'] === undefined)).toEqual([]);
  });
});

describe('whoever stands on the line', () => {
  test('cannot send a copy: not to the same process, and not to another scheduler', async () => {
    const { scheduler, toExecutor, toScheduler, ownAddress } = await given();
    const { runId } = await scheduler.triggerJob(order('1'));
    await runOf(scheduler, runId, 'succeeded');
    const copy = async (root: string, seen: Seen | undefined) =>
      (await rawPost(`${root}${seen?.path.slice(1)}`, seen?.body ?? '', seen?.headers as Record<string, string>)).json;
    const run = toExecutor.seen.findLast(({ path }) => path === '/run' || path === '/trigger');
    expect(await copy(ownAddress, run)).toMatchObject({ code: 500, msg: expect.stringContaining('came before') });
    const callback = toScheduler.seen.findLast(({ path }) => path === '/api/callback');
    expect(await copy(scheduler.url, callback)).toMatchObject({
      code: 500,
      msg: expect.stringContaining('came before'),
    });
    const other = await givenScheduler({ jobs });
    expect(await copy(other.scheduler.url, callback)).toMatchObject({
      code: 500,
      msg: expect.stringContaining('sign again'),
    });
  });

  test('cannot change a run on its way: it is not taken, and the run is sent again', async () => {
    const { scheduler, toExecutor } = await given();
    let bent = 0;
    toExecutor.bend = ({ path, body }) => {
      if (bent > 0 || !/^\/(run|trigger)$/.test(path)) return null;
      bent += 1;
      return { body: body.replace('"executorParams":""', '"executorParams":"all of it"') };
    };
    const { runId } = await scheduler.triggerJob(order('1'));
    expect((await runOf(scheduler, runId, 'succeeded')).shards[0]?.result).toBe('did ""');
    expect(bent).toBe(1);
  });

  test('cannot change a result on its way: it is not taken, and told again', async () => {
    const { scheduler, toScheduler } = await given();
    let bent = 0;
    toScheduler.bend = ({ path, body }) => {
      if (bent > 0 || path !== '/api/callback' || !body.includes('"handleCode":200')) return null;
      bent += 1;
      return { body: body.replace('"handleCode":200', '"handleCode":500') };
    };
    const { runId } = await scheduler.triggerJob(order('1'));
    const run = await runOf(scheduler, runId, 'succeeded');
    expect(run.shards[0]?.attempts.map(({ state }) => state)).toEqual(['succeeded']);
    expect(bent).toBe(1);
  });

  test('cannot say in the name of an executor that it refused: an answer without a signature is none', async () => {
    const { scheduler, toExecutor } = await given();
    let bent = 0;
    toExecutor.bendAnswer = (answer, { path }) => {
      if (bent > 0 || !/^\/(run|trigger)$/.test(path)) return answer;
      bent += 1;
      const { 'x-daybreak-answer': _, ...headers } = answer.headers;
      return { headers, body: '{"code":500,"msg":"job handler [work] not found."}' };
    };
    const { runId } = await scheduler.triggerJob(order('1'));
    const run = await runOf(scheduler, runId, 'succeeded');
    // Had it been believed, the attempt would have been given to somebody else while this one ran.
    expect(run.shards[0]?.attempts).toHaveLength(1);
    expect(bent).toBe(1);
  });

  test('who has only listened to the token cannot go back to it: neither side takes it from a peer that signs', async () => {
    const { scheduler, toExecutor, ownAddress, metric } = await given();
    const headers = javaHeaders('C', TEST_TOKEN, 'orders');
    const address = `${toExecutor.url}/`;
    const registration = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: address };
    for (const verb of ['registry', 'registryRemove']) {
      const reply = await rawPost(`${scheduler.url}api/${verb}`, JSON.stringify(registration), headers);
      expect(reply.json, verb).toMatchObject({ code: 500, msg: 'The access token is wrong.' });
    }
    expect((await scheduler.status()).executors[0]?.state).toBe('alive');
    await metric('daybreak_scheduler_requests_refused_total{why="unsigned"}', 2);
    const { runId } = await scheduler.triggerJob(order('1'));
    const run = await runOf(scheduler, runId, 'succeeded');
    const logId = run.shards[0]?.attempts[0]?.logId ?? 0;
    const result = JSON.stringify([{ logId, handleCode: 500 }]);
    expect((await rawPost(`${scheduler.url}api/callback`, result, headers)).json).toMatchObject({ code: 500 });
    const slices = JSON.stringify({ slices: [{ runId, sliceNo: 0, totals: [] }] });
    expect((await rawPost(`${scheduler.url}api/slices-settled`, slices, headers)).json).toMatchObject({ code: 500 });
    for (const path of ['run', 'kill', 'beat', 'log']) {
      const reply = await rawPost(`${ownAddress}${path}`, JSON.stringify(runRequest()), headers);
      expect(reply.json, path).toMatchObject({ code: 500, msg: 'The access token is wrong.' });
    }
  });

  test('a signature with another token, or a token beside a wrong signature, is refused', async () => {
    const { scheduler, toScheduler } = await given();
    const [first] = toScheduler.seen;
    const forged = { ...(first?.headers as Record<string, string>), 'xxl-job-access-token': TEST_TOKEN };
    const reply = await rawPost(`${scheduler.url}api/registry`, `${first?.body} `, forged);
    expect(reply.json).toMatchObject({ code: 500 });
    const bad = { ...forged, 'x-daybreak-signature': 'v1 nonsense' };
    expect((await rawPost(`${scheduler.url}api/registry`, first?.body ?? '', bad)).json).toMatchObject({ code: 500 });
  });

  test('cannot register the address of an executor as another process: whoever answers there says who it is', async () => {
    const { scheduler, toExecutor } = await given();
    const client = createHttpSchedulerClient({
      schedulers: [scheduler.url],
      appname: 'orders',
      accessToken: TEST_TOKEN,
      timeoutMs: 10_000,
      runtime: systemRuntime(),
    });
    onTestFinished(() => client.close());
    const answer = await client.register({
      registryGroup: 'EXECUTOR',
      registryKey: 'orders',
      registryValue: `${toExecutor.url}/`,
      incarnation: '01JAAAAAAAAAAAAAAAAAAAAAAA',
    });
    expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('nobody answers') });
    expect((await scheduler.status()).executors).toMatchObject([{ state: 'alive' }]);
  });
});

test('an executor that required signatures takes no bare token from the first moment on', async () => {
  const executor = await givenExecutor({
    schedulers: ['http://127.0.0.1:9'],
    handlers: [],
    requireSignatures: true,
  });
  onTestFinished(async () => {
    await executor.stop();
    await removeDir(executor.dataDir);
  });
  expect(await executor.ask('/beat')).toEqual({ code: 500, msg: 'The access token is wrong.' });
});
