import { expect, test } from 'vitest';
import { type Attempt, AttemptStopped } from '../../../../executor/handler/attempt.ts';
import type { HandlerContext, HandlerResult } from '../../../../executor/handler/handler-context.ts';
import { createHandlerHosts } from '../../../../executor/handler/handler-hosts.ts';
import { createHandlerRegistry } from '../../../../executor/handler/handler-registry.ts';
import { runHandler } from '../../../../executor/handler/run-handler.ts';
import { createSecrets, type Secrets } from '../../../../executor/handler/secrets.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const ATTEMPT: Attempt = {
  logId: 91,
  logDateTime: 1_767_225_600_000,
  jobId: 7,
  handler: 'work',
  param: 'p',
  runId: 5,
  chainRunId: null,
  attempt: 2,
  shardIndex: 1,
  shardTotal: 3,
  businessDate: '2026-01-01',
  plannedAtMs: 1_767_225_600_000,
  cutOffAtMs: null,
  timeoutMs: 60_000,
};

function start(
  work: (ctx: HandlerContext) => Promise<HandlerResult>,
  more: { attempt?: Partial<Attempt>; secrets?: Secrets } = {},
) {
  const runtime = createFakeRuntime();
  const stop = new AbortController();
  const lines: string[] = [];
  const add = (line: unknown) => void lines.push(String(line));
  const log = {
    info: add,
    warn: add,
    error: add,
    stack: add,
    // As the log of a node has it: alone it is not written.
    end: (line: string) => {
      if (lines.length === 0) return false;
      add(line);
      return true;
    },
    flushed: async () => undefined,
    close: async () => undefined,
    heldBack: () => [],
  };
  const handlers = createHandlerRegistry([{ name: 'work', run: work }]);
  const run = runHandler({ ...ATTEMPT, ...more.attempt }, stop, log, {
    handlers,
    secrets: more.secrets ?? null,
    hosts: createHandlerHosts(handlers.values(), {
      runtime,
      logger: silentLogger,
      executorAddress: 'http://127.0.0.1:9999/',
      stopGraceMs: 10_000,
    }),
    runtime,
  });
  return { runtime, stop, lines, run };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('the context says who, what and when', async () => {
  let seen: HandlerContext | null = null;
  const { run } = start(async (ctx) => {
    seen = ctx;
    return undefined;
  });
  await run;
  expect(seen).toMatchObject({
    shardIndex: 1,
    shardTotal: 3,
    param: 'p',
    runId: 5,
    chainRunId: null,
    logId: 91,
    attempt: 2,
    businessDate: '2026-01-01',
    plannedAt: 1_767_225_600_000,
    cutOffAt: null,
    executorAddress: 'http://127.0.0.1:9999/',
  });
  const { owns } = seen as unknown as HandlerContext;
  expect([owns(0), owns(1), owns(4n)]).toEqual([false, true, true]);
});

test('the deadline counts from the start of the handler and aborts its signal', async () => {
  const { runtime, run } = start((ctx) => untilAborted(ctx.signal));
  await runtime.advance(59_999);
  expect(runtime.waiting).toBe(1);
  await runtime.advance(1);
  expect((await run).outcome).toMatchObject({ code: 502, message: 'job execute timeout ' });
});

test('a handler that returns in time leaves no timer behind', async () => {
  const { runtime, run } = start(async () => 'done');
  expect((await run).outcome.code).toBe(200);
  expect(runtime.waiting).toBe(0);
});

test('a handler that heeds its signal leaves no timer behind either', async () => {
  const { runtime, stop, run } = start((ctx) => untilAborted(ctx.signal));
  stop.abort(new AttemptStopped('killed'));
  expect((await run).outcome.message).toBe('scheduling center kill job. [job running, killed]');
  expect(runtime.waiting).toBe(0);
});

test('one that does not is reported after the grace, and gone only when it really returns', async () => {
  const end = Promise.withResolvers<HandlerResult>();
  const { runtime, stop, run, lines } = start(() => end.promise);
  stop.abort(new AttemptStopped('killed'));
  await runtime.advance(10_000);
  const { outcome, stuck, silent, gone } = await run;
  expect(stuck).toBe(true);
  // It may say more: its log has what became of it above that.
  expect([silent, lines]).toEqual([true, []]);
  expect(outcome.message).toMatch(/did not stop within 10000 ms/);
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  await runtime.yieldTurn();
  expect(isGone).toBe(false);
  end.resolve(undefined);
  await gone;
});

test('one that says nothing leaves its log alone, and one that does has its end below', async () => {
  const quiet = start(async () => undefined);
  expect([(await quiet.run).silent, quiet.lines]).toEqual([true, []]);
  const talks = start(async (ctx) => {
    ctx.log.info('hello');
    return undefined;
  });
  expect([(await talks.run).silent, talks.lines]).toEqual([false, ['hello', 'ended with code 200']]);
});

test('a handler that throws before its first await is an outcome too', async () => {
  const { run, lines } = start(() => {
    throw new Error('at once');
  });
  expect((await run).outcome).toMatchObject({ code: 500, message: 'at once' });
  expect(lines).toEqual(['Error: at once', 'ended with code 500: at once']);
  expect((await run).silent).toBe(false);
});

const KEY = 'k3y-"of"-the-gateway-that-is-long-enough-to-be-cut-off-somewhere-in-the-middle-of-it';
const NAMES_KEY: Partial<Attempt> = {
  param: '{"key":"{secret.KEY}"}',
  secrets: [{ name: 'KEY', at: 8, spot: 'quoted' }],
};

test('a secret is in the parameter when the handler begins, and nowhere in what leaves the node', async () => {
  let seen: HandlerContext | null = null;
  const { run, lines } = start(
    async (ctx) => {
      seen = ctx;
      ctx.log.info(`got ${ctx.param} and ${encodeURIComponent(KEY)}`);
      ctx.log.stream().end(`a line of a child: ${KEY.slice(0, 40)}`);
      return { said: [`Bearer ${KEY}`], [KEY]: 1, count: 2 };
    },
    { attempt: NAMES_KEY, secrets: createSecrets({ KEY }, {}) },
  );
  const { outcome } = await run;
  expect(JSON.parse((seen as HandlerContext | null)?.param ?? '')).toEqual({ key: KEY });
  expect((seen as HandlerContext | null)?.secrets).toEqual({ KEY });
  expect(lines.slice(0, 2)).toEqual(['got {"key":"***"} and ***', 'a line of a child: ***']);
  expect(JSON.parse(outcome.result ?? '')).toEqual({ said: ['Bearer ***'], '***': 1, count: 2 });
  expect(outcome.message).toBe('{"said":["Bearer ***"],"***":1,"count":2}');
  expect(`${lines.join()}${JSON.stringify(outcome)}`).not.toContain('k3y');
});

test('an error that has a secret in it is told without it', async () => {
  const { run, lines } = start(
    async () => {
      throw new Error(`no access with ${KEY}`, { cause: new Error(`401 for ${KEY}`) });
    },
    { attempt: NAMES_KEY, secrets: createSecrets({ KEY }, {}) },
  );
  const { outcome } = await run;
  expect(outcome).toMatchObject({ code: 500, message: 'no access with ***' });
  expect(`${lines.join()}${JSON.stringify(outcome)}`).not.toContain('k3y');
});

test.each<[string, Secrets | null, string]>([
  [
    'that nobody has',
    createSecrets({}, {}),
    'set DAYBREAK_SECRET_KEY there, or put a file KEY into its DAYBREAK_SECRETS_DIR',
  ],
  [
    'of another handler',
    createSecrets({ KEY: { value: KEY, handlers: ['debit'] } }, {}),
    'is not for "work": this executor gives it to debit',
  ],
  ['that cannot be masked', createSecrets({}, { DAYBREAK_SECRET_KEY: 'abc' }), 'has 3 characters: it needs 4'],
  ['without anybody to ask', null, 'nobody here has the secret "KEY"'],
])('a secret %s fails the attempt before its handler begins', async (_, secrets, words) => {
  let begun = false;
  const work = async () => {
    begun = true;
    return undefined;
  };
  const { run, lines } = start(work, { attempt: NAMES_KEY, ...(secrets === null ? {} : { secrets }) });
  const { outcome, stuck } = await run;
  expect([begun, stuck]).toEqual([false, false]);
  expect(outcome).toMatchObject({ code: 500, message: expect.stringContaining(words) });
  expect(JSON.parse(outcome.result ?? '')).toMatchObject({ error: { code: 'SECRET_UNAVAILABLE', retryable: true } });
  expect(lines.at(-1)).toContain(words);
});
