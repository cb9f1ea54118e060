import { describe, expect, test } from 'vitest';
import {
  decideNightStart,
  type Night,
  type NightRequest,
} from '../../../../../executor/examples/settlement/night-start.ts';

const request: NightRequest = { businessDate: '2026-11-20', planSha256: 'aa', gatewayOrigin: 'http://g', fresh: false };
const begun: Night = {
  id: 1,
  businessDate: '2026-11-20',
  seq: 1,
  chainRunId: 5,
  planSha256: 'aa',
  fileId: 1,
  gatewayOrigin: 'http://g',
  cutOffAtMs: 10,
  timeZone: 'UTC',
  startedAtMs: 1,
  finishedAtMs: null,
  exitCode: null,
};
const ended = (exitCode: number): Night => ({ ...begun, finishedAtMs: 9, exitCode });
const fresh = { ...request, fresh: true };

describe('a start of a night', () => {
  test('is the first one', () => {
    expect(decideNightStart(null, request, [])).toEqual({ kind: 'begin', seq: 1 });
  });

  test('takes up one that was cut off, also with --fresh: the same command goes on', () => {
    expect(decideNightStart(begun, request, [])).toEqual({ kind: 'take-up', night: begun });
    expect(decideNightStart(begun, fresh, [])).toEqual({ kind: 'take-up', night: begun });
  });

  test.each([0, 4])('shows the report of one that ended with %i', (exitCode) => {
    expect(decideNightStart(ended(exitCode), request, [])).toMatchObject({ kind: 'report-again' });
  });

  test('makes another last pass for one that ended with 3', () => {
    expect(decideNightStart(ended(3), request, [])).toMatchObject({ kind: 'last-pass-again' });
  });

  test('begins anew after one that was refused, and after one that ended when --fresh is given', () => {
    expect(decideNightStart(ended(2), request, [])).toEqual({ kind: 'begin', seq: 2 });
    for (const code of [0, 3, 4]) expect(decideNightStart(ended(code), fresh, [])).toEqual({ kind: 'begin', seq: 2 });
  });

  test.each([begun, ended(0), ended(3)])('with another plan file is refused, naming both', (night) => {
    const start = decideNightStart(night, { ...request, planSha256: 'bb' }, [{ gatewayOrigin: 'http://g', count: 7 }]);
    expect(start).toMatchObject({ kind: 'refused' });
    expect(start.kind === 'refused' && start.message).toMatch(/aa.*bb.*7 calls are open/);
  });

  test('with another gateway is refused, naming both', () => {
    const start = decideNightStart(begun, { ...request, gatewayOrigin: 'simulator' }, []);
    expect(start.kind === 'refused' && start.message).toMatch(/http:\/\/g, not simulator \(0 calls are open\)/);
  });

  test('takes another file or gateway while none was bound', () => {
    const unbound = { ...begun, planSha256: null, gatewayOrigin: null };
    expect(decideNightStart(unbound, { ...request, planSha256: 'bb' }, [])).toMatchObject({ kind: 'take-up' });
  });

  test('with another gateway than the one where calls of any night are open is refused, --fresh or not', () => {
    for (const asked of [request, fresh]) {
      const start = decideNightStart(null, asked, [{ gatewayOrigin: 'simulator', count: 1 }]);
      expect(start.kind === 'refused' && start.message).toMatch(/1 call is still open at gateway simulator/);
    }
  });
});
