import { expect, test } from 'vitest';
import { watchStore } from '../../../deploy/cli/store-watch.ts';
import { DaybreakError, type ErrorCode } from '../../../shared/errors.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';

function given() {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
  const store = {
    label: 'sqlite:/nights.db',
    transaction: (code: string) =>
      code === 'fine' ? Promise.resolve() : Promise.reject(new DaybreakError(code as ErrorCode, 'disk full')),
  } as unknown as SqlStore;
  const watched = watchStore(store, { clock });
  const failAt = async (atMs: number, code = 'STORE_UNREACHABLE'): Promise<boolean> => {
    nowMs = atMs;
    await watched.store.transaction(code, async () => undefined).catch(() => undefined);
    return watched.lost.aborted;
  };
  return { failAt, lost: watched.lost };
}

test('a store that fails again and again for 15 s is lost, whatever reads succeed in between', async () => {
  const { failAt, lost } = given();
  expect(await failAt(0)).toBe(false);
  expect(await failAt(8_000)).toBe(false);
  expect(await failAt(9_000, 'fine')).toBe(false);
  expect(await failAt(14_999)).toBe(false);
  expect(await failAt(15_000)).toBe(true);
  expect(lost.reason.message).toBe('the store sqlite:/nights.db could not be written for 15 s: disk full');
});

test('a trouble that has healed does not count with the next', async () => {
  const { failAt } = given();
  await failAt(0);
  await failAt(8_000);
  expect(await failAt(18_001)).toBe(false);
});

test('other errors are not the store', async () => {
  const { failAt } = given();
  for (let atMs = 0; atMs < 40_000; atMs += 1_000) expect(await failAt(atMs, 'SQL_CONFLICT')).toBe(false);
});
