import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PARTS } from '../../bench/parts.ts';
import { holdsAt, markedClaims, markedIn, readClaims } from '../../run/claim-list.ts';

const ROOT = join(import.meta.dirname, '../../..');
const claims = readClaims(ROOT);

describe('docs/claims.json', () => {
  test('names each claim once', () => {
    const ids = claims.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(claims)('$id has a command of the bench, one bound, and a measured value within it', (claim) => {
    const { command, expected, measured } = claim;
    const parts = command.replace(/^npm run bench -- /, '').split(' ');
    expect(Object.keys(PARTS)).toContain(parts[0]);
    expect(parts.slice(1).filter((option) => option !== '--full')).toEqual([]);
    expect([expected.min, expected.max].filter((bound) => bound !== undefined)).toHaveLength(1);
    expect(holdsAt(expected, measured.value)).toBe(true);
    expect(measured.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(measured.machine).not.toBe('');
  });
});

describe('a figure that a README marks', () => {
  test('has its entry in docs/claims.json', () => {
    const known = new Set(claims.map(({ id }) => id));
    expect(markedClaims(ROOT).filter(({ id }) => !known.has(id))).toEqual([]);
  });

  test('is found wherever it stands on its line', () => {
    const text = 'a\n5 s<!-- claim:one --> and 6 MB <!--claim:two-->\n<!-- claimed -->';
    expect(markedIn(text).map(({ id }) => id)).toEqual(['one', 'two']);
  });
});

describe('a bound', () => {
  test('holds at its own value and not beyond it', () => {
    expect(holdsAt({ min: 5, unit: 's' }, 5)).toBe(true);
    expect(holdsAt({ min: 5, unit: 's' }, 4.9)).toBe(false);
    expect(holdsAt({ max: 5, unit: 's' }, 5)).toBe(true);
    expect(holdsAt({ max: 5, unit: 's' }, 5.1)).toBe(false);
  });
});
