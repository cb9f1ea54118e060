import { expect, test } from 'vitest';
import { readMysqlPlace } from '../../../../shared/sql/mysql-place.ts';

test('a URL is read with its characters decoded', () => {
  expect(readMysqlPlace('mysql://da%40y:p%3Fs%25s@[::1]:3307/day%20break?tls=verified')).toEqual({
    host: '::1',
    port: 3307,
    user: 'da@y',
    password: 'p?s%s',
    database: 'day break',
    tls: { verified: true, caFile: null, certFile: null, keyFile: null, name: null },
    label: 'mysql://da%40y:***@[::1]:3307/day%20break',
  });
  expect(readMysqlPlace('mysql://db/x')).toMatchObject({ host: 'db', port: 3306, user: '', password: '', tls: null });
});

test.each([
  ['mysql://db', 'is not complete: write mysql://'],
  ['mysql://db/', 'is not complete'],
  ['postgres://db/x', 'is not complete'],
  ['mysql://me:hush@db/x#1', 'has a part behind "#": write %23'],
  ['mysql://me:100%hush@db/x', 'has a "%" that stands for no character: write %25'],
  ['mysql://me:hush@db/x?ssl=1', 'mysql://me:***@db/x has "ssl" behind its "?"'],
  ['mysql://me:hush@db/x?tls=yes', 'has tls=yes, which is none of off, verified, unverified'],
  ['mysql://me:1/hush?hush@db/x', 'has an "@" behind its "?": write %40 for it, and %3F'],
  ['mysql://me:hush?hush@db/x', 'is not complete'],
])('%s is refused with what to write, and without the password', (url, why) => {
  expect(() => readMysqlPlace(url)).toThrowError(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(why) }),
  );
  expect(() => readMysqlPlace(url)).not.toThrowError(/hush/);
});
