import { describe, expect, onTestFinished, test } from 'vitest';
import { createHeldLines } from '../../../scheduler/dispatch/held-lines.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';
import { givenLine, givenWire, until } from '../../support/given-line.ts';
import { givenScheduler, job } from '../../support/given-scheduler.ts';

const question = (differing: object = {}) => ({
  group: 'orders',
  id: 'node-1',
  incarnation: 'first',
  waitMs: 0,
  answers: [],
  ...differing,
});

async function post(
  root: string,
  verb: string,
  body: unknown,
  headers: object = {},
): Promise<{ code: number; msg: string; data: never }> {
  const response = await fetch(`${root.replace(/\/$/, '')}/api/${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'xxl-job-access-token': TEST_TOKEN, ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as never;
}
const registration = (differing: object = {}) => ({
  registryGroup: 'EXECUTOR',
  registryKey: 'orders',
  registryValue: 'held://orders/node-1/',
  incarnation: 'first',
  ...differing,
});

describe('who may hold a line', () => {
  test('whoever has the token of the group, and nobody else', async () => {
    const { scheduler } = await givenScheduler({ jobs: [job(1, 'work'), job(2, 'pay', { group: 'money' })] });
    const ofMoney = { 'xxl-job-access-token': await scheduler.groups.ownToken('money') };
    const wrong = { code: 500, msg: 'The access token is wrong.' };
    expect(await post(scheduler.url, 'hold', question())).toMatchObject({ code: 200, data: { messages: [] } });
    expect(await post(scheduler.url, 'hold', question(), { 'xxl-job-access-token': 'guess' })).toMatchObject(wrong);
    expect(await post(scheduler.url, 'hold', question({ group: 'money' }), ofMoney)).toMatchObject({ code: 200 });
    expect(await post(scheduler.url, 'hold', question({ group: 'money' }))).toMatchObject(wrong);
    expect(await post(scheduler.url, 'hold', question(), ofMoney)).toMatchObject(wrong);
    expect(await post(scheduler.url, 'hold', question({ group: 'nobody' }))).toMatchObject({
      code: 500,
      msg: expect.stringContaining('no group "nobody" is known'),
    });
  });

  test('and what it says has the shape that it must have', async () => {
    const wire = await givenWire();
    for (const [field, value] of [
      ['id', '../x'],
      ['waitMs', 3_600_000],
      ['answers', Array(201).fill({ id: 'x', answer: { code: 200 } })],
      ['incarnation', ''],
    ] as const) {
      expect(await post(wire.url, 'hold', question({ [field]: value }))).toMatchObject({
        code: 500,
        msg: expect.stringContaining(`"${field}`),
      });
    }
    expect(wire.lines.count).toBe(0);
  });

  test('a held address is registered by its own group, while its line is held', async () => {
    const wire = await givenWire({ timeoutMs: 500, gapMs: 200 });
    expect(await post(wire.url, 'registry', registration())).toMatchObject({ code: 500 });
    expect(await post(wire.url, 'registry', registration({ registryKey: 'money' }))).toMatchObject({
      code: 500,
      msg: expect.stringContaining('is no address of group "money"'),
    });
    expect(await post(wire.url, 'registry', registration({ registryValue: 'held://orders/a b' }))).toMatchObject({
      code: 500,
      msg: expect.stringContaining('is no address of group'),
    });
    const answering = answerBeats(wire.url);
    await until(async () => (await post(wire.url, 'registry', registration())).code === 200);
    expect((await post(wire.url, 'registry', registration({ incarnation: 'another' }))).code).toBe(500);
    await answering.stop();
  });

  test('in the name of an executor that signs nobody asks without a signature', async () => {
    const wire = await givenWire();
    await givenLine('held', wire, { handlers: [] });
    expect(wire.lines.lineAt('held://orders/node-1/')?.signed).toBe(true);
    expect(await post(wire.url, 'hold', question())).toMatchObject({ code: 500, msg: 'The access token is wrong.' });
    expect(await post(wire.url, 'hold', question({ id: 'node-2' }))).toMatchObject({ code: 200 });
  });

  test('an open line counts as heard', async () => {
    const wire = await givenWire();
    const answering = answerBeats(wire.url);
    await until(async () => (await post(wire.url, 'registry', registration())).code === 200);
    const before = await wire.lastBeatAt('held://orders/node-1/');
    await until(async () => (await wire.lastBeatAt('held://orders/node-1/')) > before);
    await answering.stop();
  }, 60_000);
});

/** Holds a line and says yes to whatever comes. */
function answerBeats(root: string) {
  let on = true;
  let answers: object[] = [];
  const running = (async () => {
    while (on) {
      const reply = await post(root, 'hold', question({ waitMs: 200, answers }));
      const { messages = [] } = (reply.data ?? {}) as { messages?: { id: string }[] };
      answers = messages.map(({ id }) => ({ id, answer: { code: 200 } }));
    }
  })();
  return {
    async stop() {
      on = false;
      await running;
    },
  };
}

describe('the lines of one scheduler', () => {
  const holder = { group: 'orders', id: 'node-1', incarnation: 'first', signed: true };
  const ADDRESS = 'held://orders/node-1/';
  const open = (limits = {}) => {
    const lines = createHeldLines(systemRuntime(), limits);
    onTestFinished(() => lines.close());
    return lines;
  };
  const poll = (waitMs: number, answers: { id: string; answer: { code: number } }[] = []) => ({
    waitMs,
    answers,
    signal: new AbortController().signal,
  });

  test('a newer question ends the older one, and gets what comes', async () => {
    const lines = open();
    const older = lines.poll(holder, poll(60_000));
    const newer = lines.poll(holder, poll(60_000));
    expect(await older).toEqual({ messages: [] });
    void lines.send(ADDRESS, 'beat', undefined, 1_000);
    expect((await newer)?.messages.map(({ verb }) => verb)).toEqual(['beat']);
  });

  test('another process in the name of the first is told apart, and its messages are its own', async () => {
    const lines = open();
    const first = lines.poll(holder, poll(60_000));
    const second = lines.poll({ ...holder, incarnation: 'second' }, poll(60_000));
    expect(await first).toEqual({ messages: [], taken: true });
    expect(lines.lineAt(ADDRESS)?.incarnation).toBe('second');
    const sent = lines.send(ADDRESS, 'beat', undefined, 60_000);
    const id = (await second)?.messages[0]?.id ?? '';
    // What the first one says to it counts for nothing.
    await lines.poll({ ...holder, incarnation: 'third' }, poll(0, [{ id, answer: { code: 200 } }]));
    expect(await sent).toMatchObject({ kind: 'unclear' });
  });

  test('a message that nobody came for certainly did not leave; one that was fetched may have arrived', async () => {
    const lines = open({ gapMs: 50 });
    expect(await lines.send(ADDRESS, 'beat', undefined, 1_000)).toMatchObject({ kind: 'unreachable' });
    await lines.poll(holder, poll(0));
    expect(await lines.send(ADDRESS, 'beat', undefined, 1_000)).toMatchObject({ kind: 'unreachable' });
    const asked = lines.poll(holder, poll(60_000));
    const sent = lines.send(ADDRESS, 'beat', undefined, 100);
    await asked;
    expect(await sent).toMatchObject({ kind: 'unclear' });
  });

  test('a line whose executor never comes again leads nowhere; one that comes is reached', async () => {
    const lines = open({ gapMs: 60_000 });
    const asked = lines.poll(holder, poll(60_000));
    const sent = lines.send(ADDRESS, 'beat', undefined, 50);
    await asked;
    expect(await sent).toMatchObject({ kind: 'unclear' });
    expect(lines.count).toBe(0);
    expect(await lines.send(ADDRESS, 'beat', undefined, 60_000)).toMatchObject({ kind: 'unreachable' });
    const again = lines.poll(holder, poll(60_000));
    void lines.send(ADDRESS, 'beat', undefined, 1_000);
    expect((await again)?.messages).toHaveLength(1);
  });

  test('what waits is bounded by count and by bytes, and goes out in bounded parts', async () => {
    const lines = open({ queueMax: 3, batchMax: 2 });
    await lines.poll(holder, poll(0));
    const sent = Array.from({ length: 4 }, () => lines.send(ADDRESS, 'beat', undefined, 60_000));
    expect(await sent[3]).toMatchObject({ kind: 'unreachable', why: '3 messages wait for this executor already' });
    expect((await lines.poll(holder, poll(0)))?.messages).toHaveLength(2);
    expect((await lines.poll(holder, poll(0)))?.messages).toHaveLength(1);
    const small = open({ queueBytesMax: 100, batchBytesMax: 100 });
    await small.poll(holder, poll(0));
    void small.send(ADDRESS, 'run', { text: 'x'.repeat(500) }, 60_000);
    expect(await small.send(ADDRESS, 'run', { text: 'x' }, 60_000)).toMatchObject({ kind: 'unreachable' });
    expect((await small.poll(holder, poll(0)))?.messages).toHaveLength(1);
  });

  test('a scheduler holds only so many, and forgets those that are gone first', async () => {
    const lines = open({ linesMax: 1, gapMs: 0 });
    const held = lines.poll(holder, poll(60_000));
    expect(await lines.poll({ ...holder, id: 'node-2' }, poll(0))).toBeNull();
    await lines.poll(holder, poll(0));
    await held;
    expect(await lines.poll({ ...holder, id: 'node-2' }, poll(0))).toEqual({ messages: [] });
  });

  test('a scheduler that stops answers those who wait, and takes nobody any more', async () => {
    const lines = open();
    const waiting = lines.poll(holder, poll(60_000));
    lines.close();
    expect(await waiting).toEqual({ messages: [] });
    expect(await lines.poll(holder, poll(60_000))).toBeNull();
    expect(await lines.send(ADDRESS, 'beat', undefined, 1_000)).toMatchObject({ kind: 'unreachable' });
  });
});
