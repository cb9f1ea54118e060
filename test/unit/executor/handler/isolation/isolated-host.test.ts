import { expect, test } from 'vitest';
import { type Attempt, AttemptStopped } from '../../../../../executor/handler/attempt.ts';
import { createIsolatedHost } from '../../../../../executor/handler/isolation/isolated-host.ts';
import type { ToWorker, WorkerStart } from '../../../../../executor/handler/isolation/worker-messages.ts';
import { createFakeRuntime } from '../../../../support/fake-runtime.ts';

/** A thread that does what the test says. */
class FakeWorker {
  readonly got: ToWorker[] = [];
  readonly start: WorkerStart;
  killed = false;
  readonly #end = Promise.withResolvers<string>();

  constructor(start: WorkerStart) {
    this.start = start;
  }
  get ended(): Promise<string> {
    return this.#end.promise;
  }
  send(message: ToWorker): void {
    this.got.push(message);
  }
  kill(): void {
    this.killed = true;
    this.die('with exit code 1');
  }
  die(how: string): void {
    this.#end.resolve(how);
  }
  returns(json: string | null): void {
    this.start.onMessage({ kind: 'ended', ending: { kind: 'returned', json } });
  }
  kinds(): string[] {
    return this.got.map(({ kind }) => kind);
  }
}

const attempt = { param: '', shardIndex: 0, shardTotal: 1 } as Attempt;

function given(options: { stopGraceMs?: number; readParams?: () => unknown } = {}) {
  const runtime = createFakeRuntime();
  const workers: FakeWorker[] = [];
  const lines: string[] = [];
  const warnings: string[] = [];
  const host = createIsolatedHost(
    { name: 'heavy', module: 'file:///heavy.ts', run: () => Promise.reject(new Error('never here')) },
    {
      what: 'thread',
      stopGraceMs: options.stopGraceMs ?? 10_000,
      readParams: options.readParams ?? (() => undefined),
      executorAddress: 'http://127.0.0.1:9999/',
      runtime,
      logger: { warn: (_: object | string, text?: string) => void warnings.push(text ?? '') },
      start(start) {
        const worker = new FakeWorker(start);
        workers.push(worker);
        return worker;
      },
    },
  );
  const add = (text: string) => void lines.push(text);
  let flushed = Promise.resolve();
  const log = { info: add, warn: add, error: add, flushed: () => flushed };
  function begin() {
    const stop = new AbortController();
    return { stop, ending: host.run({ attempt, signal: stop.signal, log }) };
  }
  const holdFlush = (until: Promise<void>) => {
    flushed = until;
  };
  return { runtime, workers, lines, warnings, host, begin, holdFlush };
}

test('an attempt is sent, and what it returned comes back', async () => {
  const { workers, begin } = given({ readParams: () => ({ limit: 3 }) });
  const { ending } = begin();
  expect(workers[0]?.got).toEqual([
    { kind: 'run', attempt, executorAddress: 'http://127.0.0.1:9999/', params: { limit: 3 } },
  ]);
  workers[0]?.returns('{"done":3}');
  expect(await ending).toEqual({ kind: 'returned', value: { done: 3 } });
});

test('a parameter that does not fit starts nothing', async () => {
  const fault = new Error('bad');
  const { workers, begin } = given({
    readParams: () => {
      throw fault;
    },
  });
  expect([await begin().ending, workers.length]).toEqual([{ kind: 'threw', error: fault }, 0]);
});

test('one is used again when its attempt ended by itself, and two attempts at a time have two', async () => {
  const { workers, begin } = given();
  const [one, two] = [begin(), begin()];
  for (const worker of workers) worker.returns(null);
  await Promise.all([one.ending, two.ending]);
  const third = begin();
  expect(workers.map((worker) => worker.kinds())).toEqual([['run'], ['run', 'run']]);
  workers[1]?.returns(null);
  await third.ending;
});

test('one whose attempt was told to stop is not used again', async () => {
  const { workers, begin } = given();
  const { stop, ending } = begin();
  stop.abort(new AttemptStopped('timeout'));
  expect(workers[0]?.got.at(-1)).toEqual({ kind: 'stop', why: 'timeout' });
  workers[0]?.returns('1');
  expect(await ending).toEqual({ kind: 'returned', value: 1 });
  expect(workers[0]?.kinds()).toEqual(['run', 'stop', 'close']);
  begin();
  expect(workers).toHaveLength(2);
});

test('one that does not hear the stop is ended after 3 s, however long the grace', async () => {
  const { workers, begin, runtime } = given({ stopGraceMs: 60_000 });
  const { stop, ending } = begin();
  stop.abort(new AttemptStopped('killed'));
  await runtime.advance(2_999);
  expect(workers[0]?.killed).toBe(false);
  await runtime.advance(1);
  expect(await ending).toEqual({ kind: 'forced', graceMs: 3_000, what: 'thread' });
  expect(workers[0]?.killed).toBe(true);
  expect(runtime.waiting).toBe(0);
});

test('one that has heard it has the whole grace', async () => {
  const { workers, begin, runtime } = given({ stopGraceMs: 60_000 });
  const { stop, ending } = begin();
  stop.abort(new AttemptStopped('killed'));
  workers[0]?.start.onMessage({ kind: 'stop-heard' });
  await runtime.advance(59_999);
  expect(workers[0]?.killed).toBe(false);
  await runtime.advance(1);
  expect(await ending).toEqual({ kind: 'forced', graceMs: 60_000, what: 'thread' });
});

test('an error that passes the stop on is the very reason of the signal again', async () => {
  const { workers, begin } = given();
  const { stop, ending } = begin();
  const reason = new AttemptStopped('killed');
  stop.abort(reason);
  workers[0]?.start.onMessage({ kind: 'ended', ending: { kind: 'threw', error: { kind: 'stop' } } });
  expect(await ending).toEqual({ kind: 'threw', error: reason });
});

test('one that ends too early fails its attempt, and the next attempt has a new one', async () => {
  const { workers, begin } = given();
  const { ending } = begin();
  workers[0]?.die('with exit code 3');
  expect(await ending).toMatchObject({
    kind: 'threw',
    error: {
      code: 'HANDLER_CRASHED',
      message: 'the thread of handler "heavy" ended with exit code 3 before its attempt did',
    },
  });
  begin();
  expect(workers).toHaveLength(2);
});

test('its last words are the cause', async () => {
  const { workers, begin } = given();
  const { ending } = begin();
  const error = { kind: 'value', text: 'boom' } as const;
  workers[0]?.start.onMessage({ kind: 'crashed', error });
  expect(await ending).toMatchObject({ error: { message: expect.stringMatching(/nothing caught .*: boom$/) } });
});

test('one that ends while it is idle is taken off, and said', async () => {
  const { workers, begin, warnings, runtime } = given();
  const { ending } = begin();
  workers[0]?.returns(null);
  await ending;
  workers[0]?.die('by signal SIGKILL');
  await runtime.yieldTurn();
  expect(warnings).toEqual(['a thread or process of a handler ended by itself']);
  begin();
  expect(workers).toHaveLength(2);
});

test('one that is idle for a minute is given up', async () => {
  const { workers, begin, runtime } = given();
  const { ending } = begin();
  workers[0]?.returns(null);
  await ending;
  await runtime.advance(59_999);
  expect(workers[0]?.kinds()).toEqual(['run']);
  await runtime.advance(1);
  expect(workers[0]?.kinds()).toEqual(['run', 'close']);
  workers[0]?.die('with exit code 0');
  await runtime.yieldTurn();
  expect(runtime.waiting).toBe(0);
});

test('closing lets all of them destroy their handler, and ends what has not done so in time', async () => {
  const { workers, begin, host, runtime } = given();
  const both = [begin(), begin()];
  for (const worker of workers) worker.returns(null);
  await Promise.all(both.map(({ ending }) => ending));
  let isClosed = false;
  const closed = host.close(5_000).then(() => {
    isClosed = true;
  });
  expect(workers.map((worker) => worker.kinds().at(-1))).toEqual(['close', 'close']);
  workers[0]?.die('with exit code 0');
  await runtime.advance(4_999);
  expect([isClosed, workers.map(({ killed }) => killed)]).toEqual([false, [false, false]]);
  await runtime.advance(1);
  await closed;
  expect(workers.map(({ killed }) => killed)).toEqual([false, true]);
  expect(runtime.waiting).toBe(0);
});

test('log lines go to the log of the attempt, late ones nowhere, and a flush waits for the log', async () => {
  const { workers, begin, lines, holdFlush, runtime } = given();
  const written = Promise.withResolvers<void>();
  holdFlush(written.promise);
  const { ending } = begin();
  const { start, got } = workers[0] as FakeWorker;
  start.onMessage({ kind: 'log', level: 'warn', text: 'half done' });
  start.onOutput('info', 'printed');
  start.onMessage({ kind: 'flush' });
  await runtime.yieldTurn();
  expect(got.map(({ kind }) => kind)).toEqual(['run']);
  written.resolve();
  await runtime.yieldTurn();
  expect(got.map(({ kind }) => kind)).toEqual(['run', 'flushed']);
  workers[0]?.returns(null);
  await ending;
  start.onMessage({ kind: 'log', level: 'warn', text: 'too late' });
  start.onOutput('info', 'too late');
  expect(lines).toEqual(['half done', 'printed']);
});
