import { describe, expect, test } from 'vitest';
import { clockVerdict, judgeClock } from '../../../../shared/sql/judge-clock.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import type { ClockSkew } from '../../../../shared/sql/store-figures.ts';
import { loggedLines } from '../../../support/logged-lines.ts';

const HOUR_MS = 3_600_000;
const storeWith = (clock: ClockSkew | null) =>
  ({ label: 'mysql://db/x', figures: () => ({ clock }) }) as unknown as SqlStore;

describe('the clock of a store against that of this machine', () => {
  test.each([
    [{ skewMs: 0, withinMs: 1 }, 'fits'],
    [{ skewMs: 2_000, withinMs: 1 }, 'fits'],
    // The answer took ten seconds: what looks like three seconds may be none.
    [{ skewMs: 3_000, withinMs: 5_000 }, 'fits'],
    [{ skewMs: -3_000, withinMs: 10 }, 'warn'],
    [{ skewMs: HOUR_MS, withinMs: 10 }, 'warn'],
    [{ skewMs: -8 * HOUR_MS, withinMs: 10 }, 'refuse'],
  ] as const)('%j: %s', (skew, verdict) => expect(clockVerdict(skew)).toBe(verdict));

  test('hours are refused where they are to be, and the message says who is where', () => {
    const store = storeWith({ skewMs: 8 * HOUR_MS, withinMs: 1 });
    expect(() => judgeClock(store, { logger: loggedLines().logger, refuse: true })).toThrow(
      /this machine's clock is 28800 s behind that of mysql:\/\/db\/x: .*time zones/,
    );
  });

  test('else it is a warning', () => {
    const { logger, lines } = loggedLines();
    judgeClock(storeWith({ skewMs: -8 * HOUR_MS, withinMs: 1 }), { logger, refuse: false });
    expect(lines).toMatchObject([{ level: 'warn', msg: expect.stringContaining('28800 s ahead of') }]);
    judgeClock(storeWith(null), { logger, refuse: true });
    expect(lines).toHaveLength(1);
  });
});
