import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { defineHandler } from '../../../../executor/index.ts';
import { createFakeRuntime, runHandlerOnce } from '../../../../executor/testing.ts';

test('the example of runHandlerOnce runs', async () => {
  const close = defineHandler({
    name: 'close',
    params: Type.Object({ region: Type.String(), limit: Type.Integer({ default: 100 }) }),
    async run({ params, log }) {
      log.info(`closing ${params.region}`);
      return { closed: params.limit };
    },
  });
  const once = await runHandlerOnce(close, { params: { region: 'north' }, businessDate: '2026-11-20' });
  expect(once).toMatchObject({ outcome: 'succeeded', result: { closed: 100 } });
  expect(once.log[0]).toEqual({ level: 'info', text: 'closing north' });
});

test('and is the one that stands in its documentation', async () => {
  const read = async (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const doc = await read('../../../../executor/handler/run-handler-once.ts');
  const example = /@example\n([\s\S]*?)\n \*\/\nexport async function/.exec(doc)?.[1]?.replaceAll(/^ \* /gm, '  ');
  expect(example).toBeTruthy();
  expect(await read('./run-handler-once.test.ts')).toContain(example);
});

test('docs/handlers.md shows the same, in two pieces', async () => {
  const read = async (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const page = await read('../../../../docs/handlers.md');
  const own = await read('./run-handler-once.test.ts');
  for (const start of ['const close', 'const once']) {
    const piece = new RegExp(`^\`\`\`ts\n(${start}[\\s\\S]*?)\n\`\`\``, 'm').exec(page)?.[1];
    expect(piece).toBeTruthy();
    expect(own.replaceAll(/^ {2}/gm, '')).toContain(piece);
  }
});

test('the context is as given, with defaults that are one whole run', async () => {
  const tell = defineHandler('tell', async ({ owns, signal, log, params, shardResults, ...told }) => {
    log.info(`${typeof params} ${shardResults.length} ${signal.aborted}`);
    return { ...told, owns: owns(1) };
  });
  const runtime = createFakeRuntime();
  expect(
    (await runHandlerOnce(tell, { runtime, param: 'p', shardIndex: 1, shardTotal: 3, attempt: 2 })).result,
  ).toMatchObject({
    shardIndex: 1,
    shardTotal: 3,
    owns: true,
    param: 'p',
    runId: 1,
    chainRunId: null,
    logId: 1,
    attempt: 2,
    businessDate: '2026-11-20',
    plannedAt: Date.UTC(2026, 10, 20),
    cutOffAt: null,
    resumesRunId: null,
    phase: null,
    beforeResult: null,
    executorAddress: 'http://127.0.0.1:9999/',
  });
});

test('a handler that runs once per run hears what it would hear there', async () => {
  const sum = defineHandler('sum', async ({ phase, beforeResult, shardResults, resumesRunId }) => ({
    phase,
    beforeResult,
    resumesRunId,
    results: shardResults.map(({ result }) => result),
  }));
  const shardResults = [
    { index: 0, state: 'succeeded', result: { closed: 3 } },
    { index: 1, state: 'failed', result: null },
  ];
  const { result } = await runHandlerOnce(sum, { phase: 'after', beforeResult: 7, shardResults, resumesRunId: 4 });
  expect(result).toEqual({ phase: 'after', beforeResult: 7, resumesRunId: 4, results: [{ closed: 3 }, null] });
});

test('a parameter that does not fit fails before the handler begins', async () => {
  let begun = false;
  const handler = defineHandler({
    name: 'close',
    params: Type.Object({ region: Type.String() }),
    async run() {
      begun = true;
    },
  });
  expect(await runHandlerOnce(handler, { params: { region: 5 } })).toMatchObject({
    outcome: 'failed',
    message: 'PARAM_INVALID: "region" is 5 and must be string',
    result: null,
    error: { code: 'PARAM_INVALID', retryable: false },
  });
  expect(begun).toBe(false);
});

test('the time limit is that of the job, on the clock that is given', async () => {
  const runtime = createFakeRuntime();
  const patient = defineHandler('patient', async (ctx) => {
    await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    return { done: 3 };
  });
  const running = runHandlerOnce(patient, { runtime, timeoutMs: 60_000 });
  await runtime.advance(60_000);
  expect(await running).toMatchObject({ outcome: 'timed_out', result: { done: 3 }, error: null });
  expect(runtime.waiting).toBe(0);
});

test('the signal is a kill, also when it was aborted before', async () => {
  const heeds = defineHandler('heeds', async (ctx) => ctx.signal.throwIfAborted());
  expect(await runHandlerOnce(heeds, { signal: AbortSignal.abort() })).toMatchObject({
    outcome: 'failed',
    message: 'scheduling center kill job. [job running, killed]',
  });
});

test('init and destroy run around it', async () => {
  const order: string[] = [];
  const handler = defineHandler({
    name: 'hooked',
    init: () => void order.push('init'),
    run: async () => void order.push('run'),
    destroy: () => void order.push('destroy'),
  });
  await runHandlerOnce(handler);
  expect(order).toEqual(['init', 'run', 'destroy']);
});

test('options that contradict each other are refused', async () => {
  const handler = defineHandler('a', async () => undefined);
  await expect(runHandlerOnce(handler, { param: '', params: {} })).rejects.toThrow('give it or params, not both');
  await expect(runHandlerOnce(handler, { shardIndex: 3, shardTotal: 3 })).rejects.toThrow('must be from 0 to 2');
});
