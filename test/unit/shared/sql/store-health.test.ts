import { expect, test } from 'vitest';
import { CommitUnknownError, DaybreakError, StoreUnreachableError } from '../../../../shared/errors.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { createHealthWatch } from '../../../../shared/sql/store-health.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

function given() {
  const runtime = createFakeRuntime();
  const answers: (Error | null)[] = [];
  let asked = 0;
  const watch = createHealthWatch({
    label: 'mysql://db/x',
    runtime,
    logger: silentLogger,
    ask: async () => {
      asked += 1;
      const answer = answers.shift() ?? null;
      if (answer !== null) throw answer;
    },
  });
  return { runtime, answers, watch, asked: () => asked };
}

test('one failure of which the store knows nothing leaves it writable', async () => {
  const { watch, runtime, asked } = given();
  watch.failed(new StoreUnreachableError('a connection broke'));
  await runtime.advance(0);
  expect(watch.health()).toEqual({ isWritable: true, why: null });
  expect(asked()).toBe(1);
});

test('a store that is away or read-only is asked until it takes writes again, without anybody who writes', async () => {
  const { watch, runtime, answers } = given();
  answers.push(new StoreUnreachableError('nobody there'), new DaybreakError('STORE_READ_ONLY', 'a replica'));
  watch.failed(new CommitUnknownError('no answer'));
  await runtime.advance(0);
  expect(watch.health()).toEqual({ isWritable: false, why: 'nobody there' });
  await runtime.advance(400);
  expect(watch.health()).toEqual({ isWritable: false, why: 'a replica' });
  await runtime.advance(1_000);
  expect(watch.health()).toEqual({ isWritable: true, why: null });
  expect(runtime.waiting).toBe(0);
});

test('an error of the work itself asks nothing', async () => {
  const { watch, runtime, asked } = given();
  watch.failed(new DaybreakError('SQL_CONFLICT', 'there already'));
  watch.failed(new Error('a bug'));
  await runtime.advance(0);
  expect(asked()).toBe(0);
});

test('it asks no more once it is closed', async () => {
  const { watch, runtime, answers, asked } = given();
  answers.push(...Array.from({ length: 50 }, () => new StoreUnreachableError('gone')));
  watch.failed(new StoreUnreachableError('gone'));
  await runtime.advance(1_000);
  watch.close();
  const before = asked();
  await runtime.advance(60_000);
  expect(asked()).toBe(before);
});
