import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTotals, judgeTold } from '../../../../scheduler/callback/told-totals.ts';
import type { Total } from '../../../../shared/protocol/wire.ts';

const total = (count: number, amountMinor: string, state?: string, currency = 'CNY'): Total => ({
  group: 'PREMIUM',
  currency,
  count,
  amountMinor,
  ...(state === undefined ? {} : { state }),
});
const told = (manifest: Total[] | null, sliceCount: number | null, slicesTold: number, totals: Total[]) =>
  judgeTold({
    manifest: manifest === null ? null : JSON.stringify(manifest),
    sliceCount,
    slicesTold,
    totalsTold: JSON.stringify(totals),
    mismatch: null,
  });

test('slices without a manifest prove nothing', () => {
  expect(told(null, null, 8, [total(1, '5', 'SUCCESS')]).told).toBe('incomplete');
});

test('complete when every slice is told and the sums over all states are those frozen', () => {
  const manifest = [total(3, '600')];
  expect(told(manifest, 2, 1, [total(2, '400', 'SUCCESS')]).told).toBe('incomplete');
  expect(told(manifest, 2, 2, [total(2, '400', 'SUCCESS'), total(1, '200', 'FAILED')]).told).toBe('complete');
});

test('a run without items is complete with its manifest alone', () => {
  expect(told([], 0, 0, []).told).toBe('complete');
});

test('a difference of one minor unit or one item at the end is a mismatch that names both sums', () => {
  const judged = told([total(3, '600')], 1, 1, [total(3, '599', 'SUCCESS')]);
  expect(judged).toEqual({ told: 'mismatch', mismatch: 'PREMIUM CNY: frozen 3 items of 600, told 3 items of 599' });
  expect(told([total(3, '600')], 1, 1, [total(2, '600', 'SUCCESS')]).told).toBe('mismatch');
});

test('more than was frozen is a mismatch before the last slice is told', () => {
  expect(told([total(3, '600')], 5, 1, [total(4, '600', 'SUCCESS')]).told).toBe('mismatch');
  expect(told([total(3, '600')], 5, 1, [total(1, '1', 'SUCCESS', 'USD')]).told).toBe('mismatch');
});

test('sums keep every digit beyond 2^53', () => {
  const [sum] = addTotals([total(1, '9007199254740993')], [total(1, '9007199254740993')]);
  expect(sum?.amountMinor).toBe('18014398509481986');
});

test('the order in which slices are told does not matter', () => {
  const slice = fc.record({
    count: fc.nat(1_000),
    amount: fc.nat(1_000_000),
    state: fc.constantFrom('SUCCESS', 'FAILED'),
  });
  fc.assert(
    fc.property(fc.array(slice, { minLength: 1 }), (slices) => {
      const totals = slices.map(({ count, amount, state }) => total(count, String(amount), state));
      const sort = (all: Total[]) => all.map((one) => JSON.stringify(one)).sort();
      const forward = totals.reduce<Total[]>((sum, one) => addTotals(sum, [one]), []);
      const backward = totals.reduceRight<Total[]>((sum, one) => addTotals(sum, [one]), []);
      expect(sort(forward)).toEqual(sort(backward));
    }),
  );
});
