import { expect, test } from 'vitest';
import { commitRefusal, failureOf, isTlsWanted, isTriggerForbidden } from '../../../../shared/sql/mysql-errors.ts';

const answer = (errno: number) => Object.assign(new Error('said the server'), { errno, sqlState: 'HY000' });

test.each([
  // Galera's certification, MySQL's group replication.
  [1213, 'SQL_DEADLOCK'],
  [3101, 'SQL_DEADLOCK'],
  // --read-only and --super-read-only.
  [1290, 'STORE_READ_ONLY'],
  // A lock that was waited for too long, a killed statement, a full disk: the COMMIT may have happened.
  [1205, null],
  [1317, null],
  [1021, null],
])('a COMMIT that is answered with %i has not happened only where the server says so: %s', (errno, refusal) => {
  expect(commitRefusal(answer(errno))).toBe(refusal);
});

test.each([
  [3819, 'SQL_REFUSED'],
  [4025, 'SQL_REFUSED'],
  [3024, 'STORE_UNREACHABLE'],
  [1969, 'STORE_UNREACHABLE'],
  [4031, 'STORE_UNREACHABLE'],
  [1146, 'SQL_NO_TABLE'],
  [1142, 'STORE_UNFIT'],
  [1227, 'STORE_UNFIT'],
])('%i means the same on MariaDB and on MySQL: %s', (errno, failure) => expect(failureOf(answer(errno))).toBe(failure));

test('triggers that only an administrator may make are told from other refusals', () => {
  expect([1419, 1142].map((errno) => isTriggerForbidden(answer(errno)))).toEqual([true, false]);
});

test('a server that takes no connection without TLS is told from one that refuses the user', () => {
  expect([3159, 1045].map((errno) => isTlsWanted(answer(errno)))).toEqual([true, false]);
});
