import { expect, test } from 'vitest';
import { decideShare, type ShareRow } from '../../../../executor/downstream/rate-share.ts';

const LEASE_MS = 3_000;
const LIMIT = 10_000;

/** Two holders who renew every second, the first of which wants half as much each time. */
function unitsOfNewcomerAfter(seconds: number): number {
  const rows = new Map<string, ShareRow>();
  const ask = (holder: string, wanted: number, nowMs: number): number => {
    const { row } = decideShare([...rows.values()], { holder, wanted, limit: LIMIT, nowMs, leaseMs: LEASE_MS });
    rows.set(holder, row);
    return row.units;
  };
  ask('first', LIMIT, 0);
  let newcomer = 0;
  for (let second = 1; second <= seconds; second += 1) {
    ask('first', Math.floor(LIMIT / 2 ** second), second * 1_000);
    newcomer = ask('newcomer', LIMIT, second * 1_000 + 1);
  }
  return newcomer;
}

test('a share that shrinks step by step comes free for others when its first lease has run out', () => {
  expect(unitsOfNewcomerAfter(3)).toBe(0);
  // Not counted again with each step: before, the newcomer waited until the other wanted nothing at all.
  expect(unitsOfNewcomerAfter(5)).toBeGreaterThanOrEqual(LIMIT / 2);
});
