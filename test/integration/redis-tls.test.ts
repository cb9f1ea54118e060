import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { checkRedis } from '../../deploy/cli/redis-check.ts';
import type { Hints } from '../../shared/redis/hints.ts';
import { openRedisHints, type RedisHintsOptions } from '../../shared/redis/open-redis-hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { type Authority, type Certificate, newAuthority } from '../support/certificates.ts';
import { loggedLines } from '../support/logged-lines.ts';
import { startPrivateRedis } from '../support/private-redis.ts';
import { describeWith } from '../support/servers.ts';

const runtime = systemRuntime();

describeWith(['Redis'], 'a Redis over TLS', () => {
  let authority: Authority;
  let stranger: Authority;

  beforeAll(() => {
    [authority, stranger] = [newAuthority(), newAuthority()];
  });
  afterAll(() => {
    authority?.remove();
    stranger?.remove();
  });

  const { lines, logger } = loggedLines();
  const open = async (url: string, more: Partial<RedisHintsOptions> = {}): Promise<Hints> => {
    const hints = await openRedisHints({ url, prefix: 'tls', runtime, logger, waitMs: 30_000, ...more });
    onTestFinished(() => hints.close());
    return hints;
  };
  const start = async (more: { asks?: boolean } = {}, cert?: Certificate) => {
    const shown = cert ?? authority.sign('server', 'DNS:localhost');
    const redis = await startPrivateRedis({ password: 'hush', tls: { ...shown, ca: authority.ca, ...more } });
    return (query = '', host = 'localhost'): string => `rediss://:hush@${host}:${redis.tlsPort}/0${query}`;
  };
  const known = (more = ''): string => `?tls-ca-file=${authority.ca}${more}`;
  /** Whether a wake-up comes through: over one connection out, over the other one in. */
  const heard = async (url: string): Promise<boolean> => {
    const hints = await open(url);
    let isHeard = false;
    hints.subscribe('scheduler:tls', (body) => {
      isHeard ||= body === 'over TLS';
    });
    await expect
      .poll(() => {
        hints.publish('scheduler:tls', 'over TLS');
        return isHeard;
      })
      .toBe(true);
    return hints.isHeard;
  };

  test('is spoken to where its certificate verifies, for commands and for wake-ups', async () => {
    const at = await start();
    expect(await heard(at(known()))).toBe(true);
    expect(await heard(at(known('&tls-name=localhost'), '127.0.0.1'))).toBe(true);
    expect(await heard(at('?tls=unverified', '127.0.0.1'))).toBe(true);
    await checkRedis(at(known()));
  });

  test.each<[string, (at: (query?: string, host?: string) => string) => string, RegExp]>([
    ['whose certificate this machine does not know', (at) => at(), /does not verify.*tls-ca-file/],
    [
      'whose certificate another authority signed',
      (at) => at(`?tls-ca-file=${stranger.ca}`),
      /does not verify.*tls-ca-file/,
    ],
    ['by an address that its certificate is not for', (at) => at(known(), '127.0.0.1'), /not for 127\.0\.0\.1/],
    ['by another name', (at) => at(known('&tls-name=cache')), /not for cache but for DNS:localhost.*tls-name/],
  ])('is not spoken to %s', async (_, of, words) => {
    const url = of(await start());
    lines.length = 0;
    // A connection that is refused is no news for long: the first refusal is logged.
    const hints = await open(url, { waitMs: 200 });
    await expect.poll(() => lines.filter(({ msg }) => msg.includes('does not answer')).length).toBeGreaterThan(0);
    expect(hints.isHeard).toBe(false);
    expect(lines.find(({ msg }) => msg.includes('does not answer'))?.why).toMatch(words);
    await expect(checkRedis(url)).rejects.toThrow(words);
    await expect(checkRedis(url)).rejects.not.toThrow(/hush/);
    expect(JSON.stringify(lines)).not.toContain('hush');
  });

  test('by an address that its certificate is for', async () => {
    const at = await start({}, authority.sign('address', 'IP:127.0.0.1'));
    expect(await heard(at(known(), '127.0.0.1'))).toBe(true);
    await expect(checkRedis(at(known()))).rejects.toThrow(/not for localhost but for IP Address:127\.0\.0\.1/);
  });

  test('may ask for a certificate of ours', async () => {
    const at = await start({ asks: true });
    const { cert, key } = authority.sign('client', 'DNS:client');
    expect(await heard(at(known(`&tls-cert-file=${cert}&tls-key-file=${key}`)))).toBe(true);
    await expect(checkRedis(at(known()))).rejects.toThrow(/tls-cert-file, tls-key-file/);
  });

  test('is told from one that speaks none, and the other way round', async () => {
    const at = await start();
    const plain = at().replace('rediss:', 'redis:');
    await expect(checkRedis(plain)).rejects.toThrow(/where it takes TLS alone, write rediss:\/\//);
    const { url } = await startPrivateRedis();
    await expect(checkRedis(url.replace('redis:', 'rediss:'))).rejects.toThrow(
      /so does one without TLS \(redis:\/\/\)/,
    );
  });

  test('a file that cannot be read is named at once', async () => {
    const at = 'rediss://:hush@localhost:1/?tls-ca-file=/nowhere/ca.pem';
    await expect(open(at)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message:
        'the Redis URL rediss://***@localhost:1/: tls-ca-file "/nowhere/ca.pem" cannot be read (ENOENT): name a file that this user may read',
    });
  });
});
