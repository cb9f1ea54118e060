import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CommitUnknownError, DaybreakError, ERRORS, isDaybreakError, messageOf } from '../../../shared/errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/errors.md'), 'utf8');

describe('the catalogue of errors', () => {
  test('is what docs/errors.md says, line by line and in the same order', () => {
    const inPage = page
      .split('\n')
      .filter((line) => /^\| [A-Z_]+ \|/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const inCode = Object.entries(ERRORS).map(([code, entry]) => [
      '',
      code,
      String(entry.status),
      entry.retryable ? 'yes' : 'no',
      entry.meaning,
      '',
    ]);
    expect(inPage).toEqual(inCode);
  });

  test.each(Object.entries(ERRORS))('%s has an HTTP status of an error and one sentence', (_, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
    expect(entry.meaning).toMatch(/^[A-Z].*\.$/);
  });
});

describe('an error of ours', () => {
  test('carries code, status, ids, cause and whether to try again', () => {
    const cause = new Error('below');
    const error = new DaybreakError('LEASE_LOST', 'slice 7 has another owner', { details: { sliceNo: 7 }, cause });
    expect(error).toMatchObject({ code: 'LEASE_LOST', status: 409, retryable: false, details: { sliceNo: 7 }, cause });
    expect(error.name).toBe('DaybreakError');
  });

  test('may differ from the catalogue in whether to try again', () => {
    expect(new DaybreakError('STORE_UNREACHABLE', 'no such database', { retryable: false }).retryable).toBe(false);
  });

  test('is known by its class and its code', () => {
    const error: unknown = new CommitUnknownError('lost');
    expect(error).toMatchObject({ name: 'CommitUnknownError' });
    expect(isDaybreakError(error)).toBe(true);
    expect(isDaybreakError(error, 'COMMIT_UNKNOWN')).toBe(true);
    expect(isDaybreakError(error, 'SQL_FAILED')).toBe(false);
    expect(isDaybreakError(new Error('x'))).toBe(false);
  });

  test('of any kind has a message', () => {
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(null)]).toEqual(['a', 'b', 'null']);
  });
});
