import { expect, test } from 'vitest';
import { checkPrefix, checkRedisUrl } from '../../../../shared/redis/redis-url.ts';

test.each([
  ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
  ['REDISS://cache.example:6380/2', 'rediss://cache.example:6380/2'],
  ['redis://:p%40ss@[::1]:7000/0', 'redis://:p%40ss@[::1]:7000/0'],
  ['redis://user:pass@host', 'redis://user:pass@host'],
])('%s is taken', (given, url) => {
  expect(checkRedisUrl(given).url).toBe(url);
});

test.each([
  ['http://127.0.0.1:6379', 'does not begin with redis://'],
  ['127.0.0.1:6379', 'does not begin with redis://'],
  ['redis://', 'names no host'],
  ['redis://host/cache', 'names a database that is no number'],
  ['redis://host:99999', 'cannot be read'],
  ['redis://host?autoResendUnfulfilledCommands=true', 'behind "?" or "#"'],
  ['redis://:100%@host', 'not percent-encoded'],
])('%s is refused with a sentence that says why', (given, why) => {
  expect(() => checkRedisUrl(given)).toThrowError(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(why) }),
  );
});

test('no message holds the password', () => {
  expect(checkRedisUrl('redis://me:hush@host').label).toBe('redis://***@host');
  for (const url of [
    'redis://me:hush@host/x',
    'redis://:hush%@host',
    'redis://:hush@host?x=1',
    'redis://:hush/1@host',
    'redis://host?password=hush',
  ]) {
    expect(() => checkRedisUrl(url)).not.toThrowError(/hush/);
    expect(() => checkRedisUrl(url)).toThrowError();
  }
});

test('the name of a cluster is a part of keys', () => {
  expect(checkPrefix('production-2')).toBe('production-2');
  for (const bad of ['', 'a b', 'x'.repeat(65), 'ä'])
    expect(() => checkPrefix(bad)).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }));
});
