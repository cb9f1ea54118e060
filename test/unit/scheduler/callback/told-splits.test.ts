import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grownCount } from '../../../../scheduler/callback/accept-told.ts';
import { addTotals, judgeTold } from '../../../../scheduler/callback/told-totals.ts';
import type { SliceSettled, Total } from '../../../../shared/protocol/wire.ts';

const total = (count: number, state?: string): Total => ({
  group: 'PREMIUM',
  currency: 'CNY',
  count,
  amountMinor: String(count * 7),
  ...(state === undefined ? {} : { state }),
});

/** A run as the executors live it: slices are split while they are open, and told when they end. */
function live(sizes: readonly number[], steps: readonly { split: boolean; at: number }[]): SliceSettled[] {
  const open = new Map(sizes.map((rows, sliceNo) => [sliceNo, rows]));
  const told: SliceSettled[] = [];
  let sliceCount = sizes.length;
  const tell = (sliceNo: number): void => {
    told.push({ runId: 1, sliceNo, totals: [total(open.get(sliceNo) ?? 0, 'SUCCESS')], sliceCount });
    open.delete(sliceNo);
  };
  for (const { split, at } of steps) {
    const sliceNo = [...open.keys()][at % Math.max(1, open.size)];
    if (sliceNo === undefined) break;
    const rows = open.get(sliceNo) ?? 0;
    if (split && rows > 1) {
      const child = Math.floor(rows / 2);
      open.set(sliceNo, rows - child);
      open.set(sliceCount, child);
      sliceCount += 1;
    } else tell(sliceNo);
  }
  for (const sliceNo of [...open.keys()]) tell(sliceNo);
  return told;
}

test('whatever is split and in whatever order it is told, a run is complete with the last slice and not before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.record({ split: fc.boolean(), at: fc.nat(20) }), { maxLength: 30 }),
      fc.array(fc.nat(1_000), { minLength: 60, maxLength: 60 }),
      fc.nat(60),
      (sizes, steps, order, manifestAt) => {
        const told = live(sizes, steps)
          .map((slice, at) => ({ slice, key: order[at % order.length] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ slice }) => slice);
        const manifest = JSON.stringify([total(sizes.reduce((sum, rows) => sum + rows, 0))]);
        let sliceCount: number | null = null;
        let totals: Total[] = [];
        const judge = (slicesTold: number, known: boolean) =>
          judgeTold({
            manifest: known ? manifest : null,
            sliceCount,
            slicesTold,
            totalsTold: JSON.stringify(totals),
            mismatch: null,
          });
        const comesAt = Math.min(manifestAt, told.length);
        for (let at = 0; at <= told.length; at += 1) {
          // What accept-told does with a manifest: the larger number stands.
          if (at === comesAt) sliceCount = Math.max(sizes.length, sliceCount ?? 0);
          const state = judge(at, at >= comesAt).told;
          expect(state).toBe(at === told.length && at >= comesAt ? 'complete' : 'incomplete');
          const next = told[at];
          if (next === undefined) break;
          sliceCount = grownCount(sliceCount, [next]);
          totals = addTotals(totals, next.totals);
        }
      },
    ),
  );
});

test('a slice of an older executor tells no number and changes none', () => {
  expect(grownCount(4, [{ runId: 1, sliceNo: 0, totals: [] }])).toBe(4);
  expect(grownCount(null, [{ runId: 1, sliceNo: 0, totals: [] }])).toBeNull();
});
