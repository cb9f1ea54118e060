import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertJobWindow, type JobWindow, windowAt } from '../../../shared/job-window.ts';

const at = (iso: string): number => Date.parse(iso);
const shown = (window: JobWindow, iso: string): string => {
  const state = windowAt(window, at(iso));
  return state.isOpen
    ? `open until ${new Date(state.closesAtMs).toISOString()}`
    : `shut until ${new Date(state.opensAtMs).toISOString()}`;
};

const night: JobWindow = { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' };
const noon: JobWindow = { from: '12:00', to: '13:30', timeZone: 'UTC' };

test.each([
  ['2026-11-20T13:59:59.999Z', 'shut until 2026-11-20T14:00:00.000Z'],
  ['2026-11-20T14:00:00.000Z', 'open until 2026-11-20T22:00:00.000Z'],
  ['2026-11-20T16:30:00.000Z', 'open until 2026-11-20T22:00:00.000Z'],
  ['2026-11-20T21:59:59.999Z', 'open until 2026-11-20T22:00:00.000Z'],
  ['2026-11-20T22:00:00.000Z', 'shut until 2026-11-21T14:00:00.000Z'],
])('a window over midnight, at %s: %s', (iso, state) => expect(shown(night, iso)).toBe(state));

test.each([
  ['2026-11-20T11:59:59.999Z', 'shut until 2026-11-20T12:00:00.000Z'],
  ['2026-11-20T12:00:00.000Z', 'open until 2026-11-20T13:30:00.000Z'],
  ['2026-11-20T13:30:00.000Z', 'shut until 2026-11-21T12:00:00.000Z'],
])('a window in the day, at %s: %s', (iso, state) => expect(shown(noon, iso)).toBe(state));

describe('where clocks change', () => {
  const newYork = (from: string, to: string): JobWindow => ({ from, to, timeZone: 'America/New_York' });

  test('a time that the gap swallows is its end', () => {
    // 2026-03-08: 02:00 EST is followed by 03:00 EDT, at 07:00 UTC.
    expect(shown(newYork('02:30', '05:00'), '2026-03-08T06:59:59Z')).toBe('shut until 2026-03-08T07:00:00.000Z');
    expect(shown(newYork('02:30', '05:00'), '2026-03-08T07:00:00Z')).toBe('open until 2026-03-08T09:00:00.000Z');
    expect(shown(newYork('22:00', '02:30'), '2026-03-08T06:59:59Z')).toBe('open until 2026-03-08T07:00:00.000Z');
  });

  test('a window that lies in the gap as a whole is not there on that day', () => {
    expect(shown(newYork('02:10', '02:50'), '2026-03-08T07:00:00Z')).toBe('shut until 2026-03-09T06:10:00.000Z');
  });

  test('in a fold it opens once and shuts once, at the first of the two', () => {
    // 2026-11-01: 01:59 EDT is followed by 01:00 EST, at 06:00 UTC.
    expect(shown(newYork('01:30', '04:00'), '2026-11-01T05:30:00Z')).toBe('open until 2026-11-01T09:00:00.000Z');
    expect(shown(newYork('01:30', '04:00'), '2026-11-01T06:10:00Z')).toBe('open until 2026-11-01T09:00:00.000Z');
    expect(shown(newYork('22:00', '01:30'), '2026-11-01T05:30:00Z')).toBe('shut until 2026-11-02T03:00:00.000Z');
    expect(shown(newYork('22:00', '01:30'), '2026-11-01T06:10:00Z')).toBe('shut until 2026-11-02T03:00:00.000Z');
  });
});

test('at its edges, and only there, a window turns, in any zone and on any day', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
  const zone = fc.constantFrom('UTC', 'Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia');
  const instant = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-12-31T00:00:00Z') });
  fc.assert(
    fc.property(time, time, zone, instant, (from, to, timeZone, nowMs) => {
      fc.pre(from !== to);
      const window = { from, to, timeZone };
      const state = windowAt(window, nowMs);
      const edgeMs = state.isOpen ? state.closesAtMs : state.opensAtMs;
      expect(edgeMs).toBeGreaterThan(nowMs);
      expect(windowAt(window, edgeMs - 1).isOpen).toBe(state.isOpen);
      expect(windowAt(window, edgeMs).isOpen).toBe(!state.isOpen);
      expect(windowAt(window, Math.floor((nowMs + edgeMs) / 2)).isOpen).toBe(state.isOpen);
    }),
  );
});

test.each([
  [{ ...night, from: '24:00' }, /window\.from is "24:00": .*HH:MM/],
  [{ ...night, to: '6:00' }, /window\.to is "6:00"/],
  [{ ...night, to: '22:00' }, /window\.from and window\.to are both 22:00/],
  [{ ...night, timeZone: '+08:00' }, /no time zone/],
])('%j is refused by name', (window, message) => {
  expect(() => assertJobWindow(window)).toThrow(message);
});
