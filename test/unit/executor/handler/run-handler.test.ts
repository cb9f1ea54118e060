import { expect, test } from 'vitest';
import { type Attempt, AttemptStopped } from '../../../../executor/handler/attempt.ts';
import type { HandlerContext, HandlerResult } from '../../../../executor/handler/handler-context.ts';
import { createHandlerHosts } from '../../../../executor/handler/handler-hosts.ts';
import { createHandlerRegistry } from '../../../../executor/handler/handler-registry.ts';
import { runHandler } from '../../../../executor/handler/run-handler.ts';
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

function start(work: (ctx: HandlerContext) => Promise<HandlerResult>) {
  const runtime = createFakeRuntime();
  const stop = new AbortController();
  const lines: string[] = [];
  const add = (line: unknown) => void lines.push(String(line));
  const log = {
    info: add,
    warn: add,
    error: add,
    stack: add,
    flushed: async () => undefined,
    close: async () => undefined,
    heldBack: () => [],
  };
  const handlers = createHandlerRegistry([{ name: 'work', run: work }]);
  const run = runHandler(ATTEMPT, stop, log, {
    handlers,
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
  const { runtime, stop, run } = start(() => end.promise);
  stop.abort(new AttemptStopped('killed'));
  await runtime.advance(10_000);
  const { outcome, stuck, gone } = await run;
  expect(stuck).toBe(true);
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

test('a handler that throws before its first await is an outcome too', async () => {
  const { run, lines } = start(() => {
    throw new Error('at once');
  });
  expect((await run).outcome).toMatchObject({ code: 500, message: 'at once' });
  expect(lines).toEqual(['Error: at once', 'ended with code 500: at once']);
});
