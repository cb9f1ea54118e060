import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_MISFIRE, type Misfire } from '../../../../scheduler/definition/schedule-definition.ts';
import { judgeMissed, spanOf } from '../../../../scheduler/firing/judge-missed.ts';
import { planSchedule, type SchedulePlan } from '../../../../scheduler/firing/plan-schedule.ts';
import { instantsOf } from '../../../../scheduler/firing/schedule-instants.ts';

const every = (everyMs: number, anchorMs = 0) =>
  instantsOf({
    schedule: { kind: 'fixed_rate', everyMs },
    limits: DEFAULT_LIMITS,
    zone: 'UTC',
    calendar: null,
    anchorMs,
  });
const misfire = (more: Partial<Misfire>): Misfire => ({ ...DEFAULT_MISFIRE, ...more });
const plan = (more: Partial<Parameters<typeof planSchedule>[0]>): SchedulePlan =>
  planSchedule({
    instants: every(1_000),
    misfire: DEFAULT_MISFIRE,
    cursorMs: 1_000,
    undecidedMs: [],
    nowMs: 0,
    aheadMs: 2_000,
    ...more,
  });
const shown = ({ verdicts }: SchedulePlan) => verdicts.map(({ kind, atMs }) => `${kind} ${atMs}`);

describe('planSchedule', () => {
  test('plans what is to come within the look-ahead, and no more', () => {
    const planned = plan({});
    expect(shown(planned)).toEqual(['planned 1000', 'planned 2000']);
    expect(planned).toMatchObject({ nextAtMs: 3_000, truncated: null });
    expect(plan({ cursorMs: 3_000 })).toEqual({ verdicts: [], truncated: null, nextAtMs: 3_000 });
  });

  test('an instant that is late by no more than afterMs simply fires late', () => {
    const late = plan({ nowMs: 6_000, aheadMs: 0, misfire: misfire({ policy: 'SKIP' }) });
    expect(late.verdicts.map(({ reason }) => reason)).toEqual([null, null, null, null, null, null]);
    expect(shown(plan({ nowMs: 6_001, aheadMs: 0, misfire: misfire({ policy: 'SKIP' }) }))[0]).toBe('skipped 1000');
  });

  const outage = { nowMs: 600_000, cursorMs: 1_000, aheadMs: 0, instants: every(60_000, 60_000) };
  test.each<[string, Partial<Misfire>, string[]]>([
    ['SKIP runs none of ten minutes', { policy: 'SKIP' }, ['skipped 60000', 'skipped 540000', 'planned 600000']],
    ['FIRE_ONCE runs the latest', { policy: 'FIRE_ONCE' }, ['merged 60000', 'planned 540000', 'planned 600000']],
    [
      'CATCH_UP runs the latest max, oldest first',
      { policy: 'CATCH_UP', max: 2 },
      ['skipped 60000', 'skipped 420000', 'planned 480000', 'planned 540000', 'planned 600000'],
    ],
    [
      'CATCH_UP runs none older than its window',
      { policy: 'CATCH_UP', windowMs: 120_000 },
      ['skipped 420000', 'planned 480000', 'planned 540000'],
    ],
    ['CATCH_UP of none skips all', { policy: 'CATCH_UP', max: 0 }, ['skipped 540000', 'planned 600000']],
    [
      'holdAfterMs holds, whatever the policy',
      { policy: 'FIRE_ONCE', holdAfterMs: 300_000 },
      ['held 60000', 'held 240000', 'merged 300000', 'planned 540000', 'planned 600000'],
    ],
    ['holdAfterMs of 0 holds what is late at all', { holdAfterMs: 0 }, ['held 540000', 'planned 600000']],
  ])('%s', (_what, policy, verdicts) => {
    const planned = plan({ ...outage, misfire: misfire(policy) });
    expect(shown(planned)).toEqual(expect.arrayContaining(verdicts));
    expect(planned.verdicts).toHaveLength(10);
    expect(planned.nextAtMs).toBe(660_000);
  });

  test('what was planned before the outage and not decided is judged with what was missed', () => {
    const planned = plan({ ...outage, cursorMs: 180_000, undecidedMs: [60_000, 120_000], aheadMs: 0 });
    expect(planned.verdicts[0]).toMatchObject({ kind: 'merged', atMs: 60_000, intoMs: 540_000 });
    expect(planned.verdicts).toHaveLength(10);
  });

  test('more than it may write are one range with its count, and the latest stands for itself', () => {
    const year = 366 * 86_400_000;
    const planned = plan({ instants: every(1_000), nowMs: year, missedMax: 3 });
    const missed = (year - 5_000) / 1_000 - 1;
    expect(planned.truncated).toEqual({ fromMs: 1_000, toMs: year - 9_000, count: missed - 3 });
    expect(shown(planned).slice(0, 3)).toEqual([
      `merged ${year - 8_000}`,
      `merged ${year - 7_000}`,
      `planned ${year - 6_000}`,
    ]);
  });

  test('a clock that goes back plans nothing twice', () => {
    const { nextAtMs } = plan({ nowMs: 10_000, cursorMs: 1_000 });
    expect(plan({ nowMs: 4_000, cursorMs: nextAtMs ?? 0 })).toEqual({ verdicts: [], truncated: null, nextAtMs });
  });
});

test('whatever the clock does, each instant gets one verdict: in none and in two there is not one', () => {
  const policies = fc.record({
    policy: fc.constantFrom<Misfire['policy']>('SKIP', 'FIRE_ONCE', 'CATCH_UP'),
    afterMs: fc.constantFrom(0, 1_500, 5_000),
    max: fc.integer({ min: 0, max: 5 }),
    windowMs: fc.constantFrom(10_000, 600_000),
    holdAfterMs: fc.constantFrom(null, 0, 30_000),
  });
  // Steps of ticks, of an outage of ten minutes and of a day, and of a clock set back.
  const steps = fc.array(fc.constantFrom(1_000, 900, 13_000, 600_000, 86_400_000, -4_000, -3_600_000), {
    maxLength: 25,
  });
  fc.assert(
    fc.property(
      policies,
      steps,
      fc.constantFrom(700, 60_000, 3_600_000),
      fc.integer({ min: 1, max: 40 }),
      (rules, clock, everyMs, missedMax) => {
        const firstMs = 1_000_000;
        const instants = every(everyMs, firstMs);
        const seen = new Set<number>();
        let inRanges = 0;
        let cursorMs: number = firstMs;
        let nowMs = firstMs - 500;
        for (const step of clock) {
          nowMs += step;
          const planned = planSchedule({
            instants,
            misfire: rules,
            cursorMs,
            undecidedMs: [],
            nowMs,
            aheadMs: 2_000,
            missedMax,
          });
          const runs = planned.verdicts.filter(({ kind, atMs }) => kind === 'planned' && nowMs - atMs > rules.afterMs);
          if (rules.policy === 'SKIP') expect(runs).toEqual([]);
          if (rules.policy === 'FIRE_ONCE') expect(runs.length).toBeLessThanOrEqual(1);
          if (rules.policy === 'CATCH_UP') expect(runs.length).toBeLessThanOrEqual(rules.max);
          for (const { atMs } of planned.verdicts) {
            expect(seen.has(atMs)).toBe(false);
            expect((atMs - firstMs) % everyMs).toBe(0);
            seen.add(atMs);
          }
          inRanges += planned.truncated?.count ?? 0;
          const nextMs: number = planned.nextAtMs ?? 0;
          expect(nextMs).toBeGreaterThanOrEqual(cursorMs);
          cursorMs = nextMs;
          // Everything up to the look-ahead is decided, unless the clock stands behind what was decided before.
          expect(cursorMs).toBeGreaterThan(nowMs + 2_000 < firstMs ? 0 : nowMs + 2_000);
          expect(seen.size + inRanges).toBe((cursorMs - firstMs) / everyMs);
        }
      },
    ),
    { numRuns: 200 },
  );
});

describe('judgeMissed', () => {
  test('says why, in words for people', () => {
    const words = (more: Partial<Misfire>) =>
      judgeMissed([0, 3_600_000], misfire(more), 7_500_000).map((v) => v.reason);
    expect(words({ policy: 'SKIP' })).toEqual([
      'missed by 2 h 5 min: misfire policy SKIP',
      'missed by 1 h 5 min: misfire policy SKIP',
    ]);
    expect(words({ policy: 'FIRE_ONCE' })[1]).toBe('missed by 1 h 5 min: fires once for itself and 1 earlier ones');
    expect(words({ holdAfterMs: 1 })[0]).toContain('a person decides');
  });

  test('spans are short', () => {
    expect([0, 999, 1_000, 61_000, 90_000_000].map(spanOf)).toEqual(['0 ms', '999 ms', '1 s', '1 min 1 s', '1 d 1 h']);
  });
});
