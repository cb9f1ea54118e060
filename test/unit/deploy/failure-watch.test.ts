import { expect, test } from 'vitest';
import { createFailureWatch } from '../../../deploy/cli/failure-watch.ts';
import type { HandlerContext } from '../../../executor/handler/handler-context.ts';
import { DaybreakError } from '../../../shared/errors.ts';

const ctx = { signal: new AbortController().signal } as HandlerContext;

function watched(errors: () => Error | null) {
  let nowMs = 0;
  const watch = createFailureWatch({ clock: { wallMs: () => nowMs, monotonicMs: () => nowMs } });
  const handler = watch.watch({
    name: 'premium-debit',
    run: async () => {
      const error = errors();
      if (error !== null) throw error;
      return undefined;
    },
  });
  return {
    run: (afterMs: number) => {
      nowMs += afterMs;
      return handler.run(ctx).catch(() => undefined);
    },
    isLost: async () =>
      Promise.race([watch.lost.catch((error: Error) => error.message), new Promise((r) => setImmediate(r, null))]),
  };
}

test('a job that fails again and again ends the night, with its last error', async () => {
  const job = watched(() => new Error('disk full'));
  for (let n = 0; n < 7; n++) await job.run(3_000);
  expect(await job.isLost()).toBe(null);
  await job.run(3_000);
  expect(await job.isLost()).toBe('premium-debit failed 8 times in a row: disk full');
});

test('a quick row of failures is waited out, and a success ends the row', async () => {
  const quick = watched(() => new Error('failover'));
  for (let n = 0; n < 20; n++) await quick.run(100);
  expect(await quick.isLost()).toBe(null);
  let n = 0;
  const healed = watched(() => (n++ % 7 === 6 ? null : new Error('lock')));
  for (let run = 0; run < 30; run++) await healed.run(3_000);
  expect(await healed.isLost()).toBe(null);
});

test('being told to stop is no failure', async () => {
  const job = watched(() => new DaybreakError('CANCELLED', 'the night was told to stop'));
  for (let n = 0; n < 20; n++) await job.run(3_000);
  expect(await job.isLost()).toBe(null);
});
