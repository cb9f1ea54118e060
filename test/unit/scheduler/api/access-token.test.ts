import { expect, test } from 'vitest';
import { assertAccessToken, tokenChecker } from '../../../../scheduler/api/access-token.ts';

test.each(['', 'default_token', 'short', 'x'.repeat(64)])('"%s" is refused as an access token', (token) => {
  expect(() => assertAccessToken(token)).toThrow('accessToken');
});

test('a random token of 32 characters is taken', () => {
  expect(() => assertAccessToken('a1b2c3d4e5f60718293a4b5c6d7e8f90')).not.toThrow();
});

test('only the token itself passes', () => {
  const isToken = tokenChecker('a1b2c3d4e5f60718293a4b5c6d7e8f90');
  expect(isToken('a1b2c3d4e5f60718293a4b5c6d7e8f90')).toBe(true);
  for (const other of ['', 'a1b2c3d4e5f60718293a4b5c6d7e8f9', undefined, ['a'], 7]) expect(isToken(other)).toBe(false);
});
