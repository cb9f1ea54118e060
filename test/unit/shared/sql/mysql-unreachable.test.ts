import { expect, test } from 'vitest';
import { readMysqlPlace } from '../../../../shared/sql/mysql-place.ts';
import { unreachable } from '../../../../shared/sql/mysql-unreachable.ts';

const place = readMysqlPlace('mysql://nobody:hush@db/x');

test.each([
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
])('%s is a user or a password that is refused, and not worth waiting for', (code) => {
  const error = unreachable(place, Object.assign(new Error("Access denied for user 'nobody'@'h'"), { code }));
  expect(error.message).toMatch(
    /^the database server at db:3306 refuses the user or the password of mysql:\/\/nobody:/,
  );
  expect(error.message).not.toContain('hush');
  expect(error.retryable).toBe(false);
});
