import { describe, expect, test } from 'vitest';
import { commitError, failureOf } from '../../../../shared/sql/sqlite-errors.ts';

const sqlite = (errcode: number): Error =>
  Object.assign(new Error('from SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('a COMMIT that failed', () => {
  test.each([10, 266, 1034, 1290])('with an error of the disk (%i) may have happened', (errcode) => {
    expect(commitError(sqlite(errcode), { name: 'store-calls', store: 'sqlite:x' })).toMatchObject({
      code: 'COMMIT_UNKNOWN',
      retryable: false,
    });
  });

  test.each([
    [13, 'STORE_UNREACHABLE'],
    [787, 'SQL_REFUSED'],
    [5, 'SQL_FAILED'],
  ])('with code %i has not happened', (errcode, code) => {
    expect(commitError(sqlite(errcode), { name: 'store-calls', store: 'sqlite:x' })).toMatchObject({ code });
  });
});

test.each([
  [1555, 'SQL_CONFLICT'],
  [2067, 'SQL_CONFLICT'],
  [275, 'SQL_REFUSED'],
  [1299, 'SQL_REFUSED'],
  [1811, 'SQL_REFUSED'],
  [3091, 'SQL_REFUSED'],
  [11, 'STORE_CORRUPT'],
  [1, 'SQL_FAILED'],
])('code %i is %s', (errcode, code) => {
  expect(failureOf(sqlite(errcode))).toBe(code);
});
