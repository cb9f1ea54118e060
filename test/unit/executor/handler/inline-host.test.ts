import { describe, expect, test } from 'vitest';
import { type Attempt, AttemptStopped } from '../../../../executor/handler/attempt.ts';
import type { Handler } from '../../../../executor/handler/handler-context.ts';
import { createInlineHost } from '../../../../executor/handler/inline-host.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const attempt = { param: '', shardIndex: 0, shardTotal: 1 } as Attempt;
const line = () => undefined;

function given(hooks: Partial<Handler>, readParams: () => unknown = () => undefined) {
  const runtime = createFakeRuntime();
  const warnings: string[] = [];
  const host = createInlineHost(
    { name: 'work', run: async () => 'done', ...hooks },
    {
      readParams,
      executorAddress: 'http://127.0.0.1:9999/',
      stopGraceMs: 10_000,
      runtime,
      logger: { warn: (_: object | string, text?: string) => void warnings.push(text ?? '') },
    },
  );
  const run = (signal = new AbortController().signal) =>
    host.run({ attempt, signal, log: { info: line, warn: line, error: line } });
  return { runtime, warnings, host, run };
}

describe('init', () => {
  test('runs once, and attempts that come meanwhile wait for it', async () => {
    const opened = Promise.withResolvers<void>();
    const order: string[] = [];
    const { run } = given({
      async init() {
        order.push('init');
        await opened.promise;
      },
      async run() {
        order.push('run');
        return undefined;
      },
    });
    const both = [run(), run()];
    opened.resolve();
    await Promise.all(both);
    await run();
    expect(order).toEqual(['init', 'run', 'run', 'run']);
  });

  test('that fails is the attempts failure, with a code, and is tried again at the next one', async () => {
    let tries = 0;
    const { run } = given({
      async init() {
        tries += 1;
        if (tries === 1) throw new Error('no database');
      },
    });
    const first = await Promise.all([run(), run()]);
    for (const ending of first) {
      expect(ending).toMatchObject({
        kind: 'threw',
        error: {
          code: 'HANDLER_INIT_FAILED',
          message: 'handler "work" could not be initialised: no database',
          retryable: true,
        },
      });
    }
    expect([await run(), tries]).toEqual([{ kind: 'returned', value: 'done' }, 2]);
  });

  test('that hangs holds no attempt that was told to stop', async () => {
    const { run } = given({ init: () => new Promise(() => undefined) });
    const stop = new AbortController();
    const running = run(stop.signal);
    const reason = new AttemptStopped('killed');
    stop.abort(reason);
    expect(await running).toEqual({ kind: 'threw', error: reason });
  });

  test('is not troubled with a parameter that does not fit', async () => {
    let inits = 0;
    const init = async () => {
      inits += 1;
    };
    const { run } = given({ init }, () => {
      throw new Error('bad parameter');
    });
    expect([(await run()).kind, inits]).toEqual(['threw', 0]);
  });
});

describe('destroy', () => {
  test('comes after the last attempt', async () => {
    const end = Promise.withResolvers<void>();
    const order: string[] = [];
    const { host, run, runtime } = given({
      async run() {
        await end.promise;
        order.push('run');
        return undefined;
      },
      destroy: async () => void order.push('destroy'),
    });
    const running = run();
    const closed = host.close(1_000);
    await runtime.yieldTurn();
    end.resolve();
    await Promise.all([running, closed]);
    expect(order).toEqual(['run', 'destroy']);
    expect(runtime.waiting).toBe(0);
  });

  test('is left out when init never succeeded', async () => {
    let destroyed = 0;
    const destroy = async () => {
      destroyed += 1;
    };
    const init = () => Promise.reject(new Error('no database'));
    const failed = given({ init, destroy });
    await failed.run();
    await failed.host.close(1_000);
    await given({ init, destroy }).host.close(1_000);
    expect(destroyed).toBe(0);
  });

  test('does not wait beyond its limit for an attempt that never ends, and is then left out', async () => {
    let destroyed = 0;
    const end = Promise.withResolvers<undefined>();
    const { host, run, runtime, warnings } = given({
      run: () => end.promise,
      destroy: async () => {
        destroyed += 1;
      },
    });
    const running = run();
    const closed = host.close(1_000);
    await runtime.advance(1_000);
    await closed;
    expect(warnings).toEqual(['a handler was not destroyed in time: the node stops without it']);
    end.resolve(undefined);
    await running;
    await runtime.yieldTurn();
    expect(destroyed).toBe(0);
  });

  test('that hangs or fails holds up nothing', async () => {
    const hanging = given({ destroy: () => new Promise(() => undefined) });
    const closed = hanging.host.close(1_000);
    await hanging.runtime.advance(1_000);
    await closed;
    const failing = given({ destroy: () => Promise.reject(new Error('busy')) });
    await failing.host.close(1_000);
    expect([hanging.warnings, failing.warnings]).toEqual([
      ['a handler was not destroyed in time: the node stops without it'],
      ['a handler could not be destroyed'],
    ]);
  });
});
