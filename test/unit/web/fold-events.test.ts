import { expect, test } from 'vitest';
import { foldEvents } from '../../../scheduler/web/src/pure/fold-events.ts';

const said = (atMs: number, body: string | null, kind = 'evidence') => ({ atMs, kind, body });

test('what is said again right after it is counted, and what differs stands by itself', () => {
  const folded = foldEvents([said(1, 'wait'), said(2, 'wait'), said(3, 'wait'), said(4, 'done'), said(5, 'wait')]);
  expect(folded.map(({ event, again, lastAtMs }) => [event.atMs, again, lastAtMs])).toEqual([
    [1, 2, 3],
    [4, 0, 4],
    [5, 0, 5],
  ]);
});

test('events of another kind, and those that carry nothing, are never taken for the same', () => {
  const folded = foldEvents([said(1, 'x'), said(2, 'x', 'hand'), said(3, null, 'call'), said(4, null, 'call')]);
  expect(folded.map(({ again }) => again)).toEqual([0, 0, 0, 0]);
});
