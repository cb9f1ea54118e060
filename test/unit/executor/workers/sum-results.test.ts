import { expect, test } from 'vitest';
import { combineEndings } from '../../../../executor/workers/crew-host.ts';
import { mergeScrapes } from '../../../../executor/workers/merge-scrapes.ts';
import { sumResults } from '../../../../executor/workers/sum-results.ts';
import { readFromWorker, readToWorker } from '../../../../executor/workers/worker-messages.ts';
import { DaybreakError } from '../../../../shared/errors.ts';

test('numbers are added up key by key, lists are joined, and what does not add up is kept once', () => {
  expect(
    sumResults([
      { rows: 1, by: { north: 2 }, bad: ['a'], name: 'fees' },
      undefined,
      null,
      { rows: 3, by: { north: 1, south: 5 }, bad: ['b'], name: 'fees' },
    ]),
  ).toEqual({ rows: 4, by: { north: 3, south: 5 }, bad: ['a', 'b'], name: 'fees' });
  expect(sumResults([undefined, undefined])).toBeUndefined();
});

test('the worst part says what became of the attempt', () => {
  const returned = { kind: 'returned', value: 1 } as const;
  const threw = { kind: 'threw', error: new Error('mine') } as const;
  const crashed = { kind: 'crashed', error: new DaybreakError('HANDLER_CRASHED', 'gone') } as const;
  const forced = { kind: 'forced', graceMs: 3_000, what: 'process' } as const;
  expect(combineEndings([returned, returned], sumResults)).toEqual({ kind: 'returned', value: 2 });
  expect(combineEndings([returned, crashed], sumResults)).toEqual({ kind: 'threw', error: crashed.error });
  expect(combineEndings([crashed, threw], sumResults)).toBe(threw);
  expect(combineEndings([threw, forced], sumResults)).toBe(forced);
  const failing = () => {
    throw new Error('no');
  };
  expect(combineEndings([returned], failing)).toMatchObject({ kind: 'threw', error: { code: 'HANDLER_FAILED' } });
});

test('scrapes are added up, but for what belongs to one event loop', () => {
  const text = (calls: number, delay: number, extra = '') =>
    [
      '# HELP daybreak_calls_total Calls.',
      '# TYPE daybreak_calls_total counter',
      `daybreak_calls_total{outcome="a b"} ${calls}`,
      extra,
      '# HELP daybreak_seconds How long.',
      '# TYPE daybreak_seconds histogram',
      `daybreak_seconds_bucket{le="+Inf"} ${calls}`,
      '# HELP daybreak_event_loop_delay_max_seconds Stall.',
      '# TYPE daybreak_event_loop_delay_max_seconds gauge',
      `daybreak_event_loop_delay_max_seconds ${delay}`,
    ].join('\n');
  const merged = mergeScrapes([text(2, 0.5), text(3, 0.25, 'daybreak_calls_total{outcome="c"} 7')]).split('\n');
  expect(merged).toEqual(
    expect.arrayContaining([
      'daybreak_calls_total{outcome="a b"} 5',
      'daybreak_calls_total{outcome="c"} 7',
      'daybreak_seconds_bucket{le="+Inf"} 5',
      'daybreak_event_loop_delay_max_seconds 0.5',
    ]),
  );
  expect(merged.filter((line) => line.startsWith('# TYPE'))).toHaveLength(3);
});

test('what is no message of a worker process is none', () => {
  for (const value of [null, 'x', {}, { kind: 'work', ref: 1 }, { kind: 'stop', ref: 1, why: 'boredom' }]) {
    expect(readToWorker(value)).toBeNull();
  }
  for (const value of [null, { kind: 'log', ref: 0, level: 'info', text: '' }, { kind: 'ended', ref: 1, ending: {} }]) {
    expect(readFromWorker(value)).toBeNull();
  }
  expect(readToWorker({ kind: 'close' })).toEqual({ kind: 'close' });
  expect(readFromWorker({ kind: 'ended', ref: 1, ending: { kind: 'unholdable' } })).not.toBeNull();
});
