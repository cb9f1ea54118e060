import { expect, test } from 'vitest';
import { judgeOutlook, type NightClock, placeOnBand } from '../../../scheduler/web/src/pure/eta.ts';

const HOUR = 3_600_000;
const given = (change: Partial<NightClock>): NightClock => ({
  nowMs: 10 * HOUR,
  startedAtMs: 8 * HOUR,
  endedAtMs: null,
  cutOffAtMs: 14 * HOUR,
  etaAtMs: 12 * HOUR,
  isLate: false,
  isGood: true,
  ...change,
});

test('a night is on time, late, or past its cut-off', () => {
  expect(judgeOutlook(given({}))).toEqual({ kind: 'on_time', atMs: 12 * HOUR, sparesMs: 2 * HOUR });
  expect(judgeOutlook(given({ etaAtMs: 15 * HOUR }))).toEqual({ kind: 'late', atMs: 15 * HOUR, overMs: HOUR });
  expect(judgeOutlook(given({ nowMs: 15 * HOUR }))).toEqual({ kind: 'past_cut_off', overMs: HOUR });
});

test('without figures no end is made up', () => {
  expect(judgeOutlook(given({ etaAtMs: null }))).toEqual({ kind: 'unknown', leftMs: 4 * HOUR, late: false });
  expect(judgeOutlook(given({ etaAtMs: null, cutOffAtMs: null, isLate: true }))).toEqual({
    kind: 'unknown',
    leftMs: null,
    late: true,
  });
  expect(judgeOutlook(given({ cutOffAtMs: null }))).toEqual({ kind: 'no_cut_off', atMs: 12 * HOUR });
});

test('what has ended is told by its end, not by what was expected', () => {
  expect(judgeOutlook(given({ endedAtMs: 15 * HOUR, isGood: false }))).toEqual({
    kind: 'ended',
    atMs: 15 * HOUR,
    sparesMs: -HOUR,
    good: false,
  });
});

test('everything has a place on the band, in the order of time', () => {
  const { now, eta, cutOff } = placeOnBand(given({}));
  expect(0 < now && now < (eta ?? 0) && (eta ?? 0) < (cutOff ?? 0) && (cutOff ?? 0) < 1).toBe(true);
  expect(placeOnBand(given({ endedAtMs: 9 * HOUR })).eta).toBeNull();
  expect(placeOnBand(given({ nowMs: 8 * HOUR, cutOffAtMs: null, etaAtMs: null })).now).toBe(0);
});
