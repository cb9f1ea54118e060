import { describe, expect, test } from 'vitest';
import {
  formatRequestNo,
  parseRequestNo,
  planReference,
} from '../../../../../executor/examples/settlement/request-no.ts';

const longest = {
  environment: 'e'.repeat(16),
  contractNo: 'C'.repeat(32),
  period: 600,
  leg: 'PRINCIPAL',
  presentation: 3,
  attempt: 5,
} as const;

describe('a request number', () => {
  test('names environment, contract, period, leg, presentation and attempt', () => {
    const parts = {
      environment: 'prod',
      contractNo: 'C100000',
      period: 1,
      leg: 'PREMIUM',
      presentation: 1,
      attempt: 2,
    } as const;
    expect(formatRequestNo(parts)).toBe('prod.C100000.1.P.1.2');
    expect(planReference(parts)).toBe('C100000.1.P');
  });

  test('reads back to the parts it was written from', () => {
    expect(parseRequestNo(formatRequestNo(longest))).toEqual(longest);
  });

  test('fits the 64 characters of the gateway with the longest parts there are', () => {
    expect(formatRequestNo(longest).length).toBeLessThanOrEqual(64);
  });

  test.each([
    ['period 0', { ...longest, period: 0 }],
    ['period 601', { ...longest, period: 601 }],
    ['attempt 0', { ...longest, attempt: 0 }],
    ['half a presentation', { ...longest, presentation: 1.5 }],
    ['an environment with a point', { ...longest, environment: 'a.b' }],
    ['an empty contract', { ...longest, contractNo: '' }],
    ['a contract of 33 characters', { ...longest, contractNo: 'C'.repeat(33) }],
  ])('is never written with %s', (_what, parts) => {
    expect(() => formatRequestNo(parts)).toThrow(TypeError);
  });

  test.each([
    '',
    'prod.C1.1.P.1',
    'prod.C1.1.P.1.1.1',
    'prod.C1.01.P.1.1',
    'prod.C1.1.X.1.1',
    'prod.C1.1.P.0.1',
    'prod.C1.1.P.1.-1',
    'prod.C1.1.P.1.1\n',
    ' prod.C1.1.P.1.1',
    'prod.C1.601.P.1.1',
    `${'e'.repeat(16)}.${'C'.repeat(32)}.600.P.1234.1234`,
  ])('%j is not one', (text) => {
    expect(parseRequestNo(text)).toBeNull();
  });
});
