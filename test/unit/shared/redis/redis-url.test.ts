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
  ['redis://host?autoResendUnfulfilledCommands=true', 'behind "?", which only rediss:// has'],
  ['redis://host?tls=verified', 'only rediss:// has'],
  ['rediss://host?autoResendUnfulfilledCommands=true', 'has "autoResendUnfulfilledCommands" behind its "?"'],
  ['rediss://host?tls=off', 'has tls=off: write redis://'],
  ['redis://host#1', 'behind "#"'],
  ['redis://:100%@host', 'not percent-encoded'],
])('%s is refused with a sentence that says why', (given, why) => {
  expect(() => checkRedisUrl(given)).toThrowError(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(why) }),
  );
});

test('TLS is verified unless the URL says otherwise, and the client sees none of what the URL says of it', () => {
  const files = { caFile: null, certFile: null, keyFile: null, name: null };
  expect(checkRedisUrl('redis://host').tls).toBeNull();
  expect(checkRedisUrl('rediss://host').tls).toEqual({ ...files, verified: true });
  expect(checkRedisUrl('rediss://:p%3Fss@[::1]:1/2?tls=unverified')).toEqual({
    url: 'rediss://:p%3Fss@[::1]:1/2',
    host: '::1',
    label: 'rediss://***@[::1]:1/2',
    tls: { ...files, verified: false },
  });
  expect(checkRedisUrl('rediss://host?tls-ca-file=/a/ca.pem&tls-name=cache').tls).toMatchObject({
    caFile: '/a/ca.pem',
    name: 'cache',
  });
});

test('no message holds the password', () => {
  expect(checkRedisUrl('redis://me:hush@host').label).toBe('redis://***@host');
  for (const url of [
    'redis://me:hush@host/x',
    'redis://:hush%@host',
    'redis://:hush@host?x=1',
    'redis://:hush/1@host',
    'redis://host?password=hush',
    'rediss://host?password=hush',
    'rediss://me:1/2?hush@host',
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
