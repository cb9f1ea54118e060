import { describe, expect, test } from 'vitest';
import { arrivalRefusal, inputPath } from '../../../../scheduler/arrival/input-path.ts';
import { judgeInput } from '../../../../scheduler/arrival/judge-input.ts';
import type { Arrival } from '../../../../scheduler/definition/job-definition.ts';

const arrival: Arrival = { path: '/in/plans.csv', doneMarker: null, stableMs: 5_000, pollMs: 1_000, lateAfterMs: null };

describe('the path', () => {
  test('dates stand in the places of their names; the planned date is that of the zone', () => {
    const facts = { businessDate: '2026-11-19', plannedAtMs: Date.UTC(2026, 10, 20, 23), zone: 'Asia/Shanghai' };
    const template = '/in/{businessDate}/{plannedDate}/{compactBusinessDate}-{compactPlannedDate}.csv';
    expect(inputPath(template, facts)).toBe('/in/2026-11-19/2026-11-21/20261119-20261121.csv');
  });
  test.each<[string, Partial<Arrival>, readonly string[], RegExp]>([
    ['no root at all', {}, [], /needs the scheduler option arrivalRoots/],
    ['a relative path', { path: 'in/plans.csv' }, ['/in'], /path must be absolute/],
    ['a climb', { path: '/in/../etc/passwd' }, ['/in'], /path must not climb/],
    ['another folder', { path: '/inbox/plans.csv' }, ['/in'], /path must lie under one of the arrivalRoots: \/in/],
    ['a marker elsewhere', { doneMarker: '/etc/done' }, ['/in'], /doneMarker must lie under/],
    [
      'a name that is none',
      { path: '/in/{runId}.csv' },
      ['/in'],
      /path has \{runId\}; a path may hold \{businessDate\}/,
    ],
    ['a zero byte', { path: '/in/a\0b' }, ['/in'], /zero byte/],
    ['a poll too fast', { pollMs: 1 }, ['/in'], /pollMs is 1: it must be milliseconds, at least 100/],
    ['a late that is none', { lateAfterMs: -1 }, ['/in'], /lateAfterMs is -1/],
  ])('%s is refused', (_, differing, roots, words) => {
    expect(arrivalRefusal({ ...arrival, ...differing }, roots)).toMatch(words);
  });
  test('what lies under a root is taken, with or without a slash at the root', () => {
    expect(arrivalRefusal(arrival, ['/in'])).toBeNull();
    expect(arrivalRefusal({ ...arrival, path: '/in/{businessDate}/x.csv' }, ['/other', '/in/'])).toBeNull();
  });
});

describe('judgeInput', () => {
  const there = { kind: 'there', bytes: 10, changedAtMs: 7 } as const;
  const facts = {
    arrival,
    path: '/in/plans.csv',
    sighting: there,
    marker: null,
    note: { seenSize: null, seenChangedAt: null, stillSince: null },
    nowMs: 1_000,
  } as const;
  const seen = { seenSize: 10, seenChangedAt: 7, stillSince: 1_000 };
  test('seen for the first time it is not whole yet', () => {
    expect(judgeInput(facts)).toMatchObject({ ready: false, note: seen });
    expect(judgeInput({ ...facts, arrival: { stableMs: 0 } }).ready).toBe(false);
  });
  test('it is whole once size and time of change have stood still for long enough', () => {
    expect(judgeInput({ ...facts, note: seen, nowMs: 5_999 }).ready).toBe(false);
    expect(judgeInput({ ...facts, note: seen, nowMs: 6_000 }).ready).toBe(true);
  });
  test('a change of either begins the wait anew', () => {
    for (const changed of [{ bytes: 11 }, { changedAtMs: 8 }]) {
      const verdict = judgeInput({ ...facts, note: seen, nowMs: 6_000, sighting: { ...there, ...changed } });
      expect(verdict.ready).toBe(false);
      expect(verdict.note.stillSince).toBe(6_000);
    }
  });
  test('one that goes away is forgotten', () => {
    const gone = judgeInput({ ...facts, note: seen, sighting: { kind: 'absent' } });
    expect(gone).toEqual({
      ready: false,
      reason: 'waits for /in/plans.csv',
      note: { seenSize: null, seenChangedAt: null, stillSince: null },
    });
  });
  test('with a marker it is whole when both are there, however fresh', () => {
    const marker = (sighting: 'absent' | 'there') => ({
      path: '/in/plans.done',
      sighting: sighting === 'there' ? there : ({ kind: 'absent' } as const),
    });
    expect(judgeInput({ ...facts, marker: marker('there') }).ready).toBe(true);
    expect(judgeInput({ ...facts, marker: marker('absent'), note: seen, nowMs: 99_000 })).toMatchObject({
      ready: false,
      reason: '/in/plans.csv is there; waits for /in/plans.done',
    });
    expect(judgeInput({ ...facts, marker: marker('there'), sighting: { kind: 'absent' } }).ready).toBe(false);
  });
});
