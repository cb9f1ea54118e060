import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { onEndSignals } from '../../../../deploy/bootstrap/end-signals.mjs';

let heard: string[];
let off: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  heard = [];
  off = onEndSignals((signal) => heard.push(signal));
});

afterEach(() => {
  off();
  vi.useRealTimers();
});

test('two of the same signal within 300 ms are one press', () => {
  process.emit('SIGINT', 'SIGINT');
  vi.advanceTimersByTime(299);
  process.emit('SIGINT', 'SIGINT');
  expect(heard).toEqual(['SIGINT']);
});

test('the same signal later is another press', () => {
  process.emit('SIGTERM', 'SIGTERM');
  vi.advanceTimersByTime(300);
  process.emit('SIGTERM', 'SIGTERM');
  expect(heard).toEqual(['SIGTERM', 'SIGTERM']);
});

test('the same signal again and again is a press every 300 ms', () => {
  for (let atMs = 0; atMs <= 600; atMs += 100) {
    process.emit('SIGINT', 'SIGINT');
    vi.advanceTimersByTime(100);
  }
  expect(heard).toEqual(['SIGINT', 'SIGINT', 'SIGINT']);
});

test('different signals at once are all heard', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.emit(signal, signal);
  expect(heard).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP']);
});

test('nothing is heard any more once it is taken off', () => {
  const countBefore = process.listenerCount('SIGHUP');
  off();
  expect(process.listenerCount('SIGHUP')).toBe(countBefore - 1);
});
