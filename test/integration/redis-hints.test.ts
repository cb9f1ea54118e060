import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createLogger, type Logger, silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import type { Hints } from '../../shared/redis/hints.ts';
import { openRedisHints, type RedisHintsOptions } from '../../shared/redis/open-redis-hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { type PrivateRedis, startPrivateRedis } from '../support/private-redis.ts';
import { describeWith } from '../support/servers.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

const runtime = systemRuntime();
const HOUR = 3_600_000;
/** As it is outside of tests. */
const IMPATIENT = { answerMs: 1_000 };

/** Patient, so that a busy machine is not taken for a Redis that is gone; what is about that says so. */
async function open(url: string, more: Partial<RedisHintsOptions> = {}): Promise<Hints> {
  const patience = { waitMs: 30_000, answerMs: 60_000 };
  const hints = await openRedisHints({ url, prefix: 'test', runtime, logger: silentLogger, ...patience, ...more });
  onTestFinished(() => hints.close());
  return hints;
}

/** Waits for a state, never for a duration. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 60_000; !(await isSo()); await sleep(20)) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
  }
}

/** A name for each lock that is tried again. */
let asked = 0;

let unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

describeWith(['Redis'], 'hints over Redis', () => {
  test('a wake-up reaches every process that listens, and nobody else', async () => {
    const redis = await startPrivateRedis();
    const [a, b, other] = [await open(redis.url), await open(redis.url), await open(redis.url, { prefix: 'other' })];
    const heard: string[] = [];
    a.subscribe('scheduler:fire', (body) => heard.push(`a ${body}`));
    b.subscribe('scheduler:fire', (body) => heard.push(`b ${body}`));
    b.subscribe('scheduler:else', (body) => heard.push(`else ${body}`));
    other.subscribe('scheduler:fire', (body) => heard.push(`other ${body}`));
    await subscribed(redis, 4);
    a.publish('scheduler:fire', 'now');
    await until('both have heard it', () => heard.length >= 2);
    other.publish('scheduler:fire', 'theirs');
    await until('the other cluster hears its own', () => heard.includes('other theirs'));
    expect(heard.sort()).toEqual(['a now', 'b now', 'other theirs']);
    expect(a.isHeard && b.isHeard).toBe(true);
  });

  test('a storm of the same wake-up is a few messages, and different bodies all arrive', async () => {
    const redis = await startPrivateRedis();
    const hints = await open(redis.url);
    const heard: string[] = [];
    hints.subscribe('executor:open', (body) => heard.push(body));
    await subscribed(redis, 1);
    for (let n = 0; n < 5_000; n++) hints.publish('executor:open', n % 2 === 0 ? 'even' : 'odd');
    hints.publish('executor:open', 'last');
    await until('the last one is heard', () => heard.includes('last'));
    expect(heard.filter((body) => body === 'even')).toHaveLength(1);
    expect(heard.filter((body) => body === 'odd')).toHaveLength(1);
  });

  test('who stops listening hears no more; a listener that throws costs nobody else theirs', async () => {
    const redis = await startPrivateRedis();
    const hints = await open(redis.url);
    const heard: string[] = [];
    hints.subscribe('executor:x', () => {
      throw new Error('a listener of the test');
    });
    const off = hints.subscribe('executor:x', (body) => heard.push(`first ${body}`));
    hints.subscribe('executor:x', (body) => heard.push(`second ${body}`));
    await subscribed(redis, 1);
    hints.publish('executor:x', '1');
    await until('both heard', () => heard.length === 2);
    off();
    off();
    hints.publish('executor:x', '2');
    await until('the second heard again', () => heard.includes('second 2'));
    expect(heard).not.toContain('first 2');
  });

  test('killed and started anew: not heard meanwhile, then every listener is called once with an empty body', async () => {
    const redis = await startPrivateRedis();
    const hints = await open(redis.url);
    const heard: string[] = [];
    hints.subscribe('scheduler:a', (body) => heard.push(`a ${body}`));
    hints.subscribe('scheduler:b', (body) => heard.push(`b ${body}`));
    await subscribed(redis, 2);
    await redis.kill();
    await until('it is known to be gone', () => !hints.isHeard);
    hints.publish('scheduler:a', 'lost');
    hints.setProgress('k', { done: 1 }, HOUR);
    expect(await hints.progress('k')).toBeNull();
    expect(await hints.takeTokens('t', 5)).toBe(0);
    await redis.start();
    await until('it is heard again', () => hints.isHeard);
    await until('both were called', () => heard.length >= 2);
    hints.publish('scheduler:a', 'after');
    await until('wake-ups go through again', () => heard.includes('a after'));
    expect(heard.sort()).toEqual(['a ', 'a after', 'b ']);
  });

  test('not there at the start: it is said once, nothing throws, and it is used when it comes', async () => {
    const redis = await startPrivateRedis();
    await redis.kill();
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
    const hints = await open(redis.url, { waitMs: 200, logger });
    expect(hints.isHeard).toBe(false);
    const heard: string[] = [];
    hints.subscribe('executor:x', (body) => heard.push(body));
    const lock = await hints.lock('plan', 1_000);
    expect(lock).toMatchObject({ isSure: false });
    await lock?.release();
    // One line for each of the two connections, whatever number of attempts it takes.
    const said = () => lines.filter((line) => line.includes('does not answer')).length;
    await until('it is said', () => said() >= 2);
    expect(said()).toBe(2);
    await redis.start();
    await until('it is heard', () => hints.isHeard);
    await until('the listener is called', () => heard.length === 1);
  });

  test('one holds a soft lock, the other gets none, until it is released, has run out, or is flushed away', async () => {
    const redis = await startPrivateRedis();
    const [a, b] = [await open(redis.url), await open(redis.url)];
    const first = await a.lock('plan-fires', HOUR);
    expect(first?.isSure).toBe(true);
    expect(await b.lock('plan-fires', HOUR)).toBeNull();
    expect(await redis.command('KEYS', '*')).toEqual(['daybreak:test:lock:plan-fires']);
    await first?.release();
    const second = await b.lock('plan-fires', 3_000);
    expect(second?.isSure).toBe(true);
    await until('it has run out', async () => (await redis.command('EXISTS', 'daybreak:test:lock:plan-fires')) === 0);
    // To release what has run out is no error, and does not take it from who has it now.
    const third = await a.lock('plan-fires', HOUR);
    await second?.release();
    expect(await b.lock('plan-fires', HOUR)).toBeNull();
    await redis.flush();
    expect((await b.lock('plan-fires', HOUR))?.isSure).toBe(true);
    await third?.release();
    expect(await a.lock('plan-fires', HOUR)).toBeNull();
  });

  test('a server that forgot its scripts gives locks all the same', async () => {
    const redis = await startPrivateRedis();
    const hints = await open(redis.url);
    await redis.command('SCRIPT', 'FLUSH');
    const lock = await hints.lock('a', HOUR);
    expect(lock?.isSure).toBe(true);
    await redis.command('SCRIPT', 'FLUSH');
    await lock?.release();
    expect((await hints.lock('a', HOUR))?.isSure).toBe(true);
  });

  test('frozen: a lock is had unsurely, nothing piles up, and all goes on when it thaws', async () => {
    const redis = await startPrivateRedis();
    const metrics = createMetrics();
    onTestFinished(() => metrics.close());
    const hints = await open(redis.url, { ...IMPATIENT, metrics });
    redis.freeze();
    const locks = await Promise.all(Array.from({ length: 2_000 }, (_, n) => hints.lock(`l${n}`, HOUR)));
    expect(locks.every((lock) => lock?.isSure === false)).toBe(true);
    // No more than 256 were ever under way; for the others nobody was asked.
    const { body } = await metrics.scrape();
    const full = /daybreak_redis_hints_dropped_total\{use="lock",why="full"\} (\d+)/.exec(body)?.[1];
    expect(Number(full)).toBeGreaterThanOrEqual(1_744);
    for (let n = 0; n < 10_000; n++) hints.setProgress(`k${n}`, { n }, HOUR);
    expect(await hints.takeTokens('t', 1)).toBe(0);
    await until('it is known to be gone', () => !hints.isHeard);
    expect((await hints.lock('one', HOUR))?.isSure).toBe(false);
    redis.thaw();
    await until('it is heard again', () => hints.isHeard);
    await until('locks are sure again', async () => (await hints.lock(`two ${++asked}`, HOUR))?.isSure === true);
  });

  test('five seconds late: a lock is answered long before that', async () => {
    const redis = await startPrivateRedis();
    const proxy = await startSlowLink(redis.port);
    const hints = await open(`redis://127.0.0.1:${proxy.port}`, IMPATIENT);
    await until('locks are sure', async () => (await hints.lock(`before ${++asked}`, HOUR))?.isSure === true);
    proxy.delayMs = 5_000;
    const order: string[] = [];
    const locked = hints.lock('late', HOUR).then((lock) => {
      order.push('lock');
      return lock;
    });
    // A timer that was set at the same time, and not a clock: on a loaded machine both are late.
    const five = sleep(5_000).then(() => order.push('five seconds'));
    expect((await locked)?.isSure).toBe(false);
    await five;
    expect(order).toEqual(['lock', 'five seconds']);
  });

  test('progress is one hash with its expiry, under the plain name where others poll it', async () => {
    const redis = await startPrivateRedis();
    const hints = await open(redis.url);
    const other = await open(redis.url, { prefix: 'other' });
    for (let n = 0; n <= 500; n++) hints.setProgress('batch:progress:7', { totalRead: n, status: 'RUNNING' }, HOUR);
    hints.setProgress('run:7', { done: 1 }, HOUR);
    await until('the last is there', async () => (await hints.progress('batch:progress:7'))?.totalRead === '500');
    expect(await hints.progress('batch:progress:7')).toEqual({ totalRead: '500', status: 'RUNNING' });
    await until('the other is there', async () => (await hints.progress('run:7')) !== null);
    expect(((await redis.command('KEYS', '*')) as string[]).sort()).toEqual([
      'batch:progress:7',
      'daybreak:test:run:7',
    ]);
    expect(Number(await redis.command('PTTL', 'batch:progress:7'))).toBeGreaterThan(0);
    // Of another cluster's run with the same number nothing is told.
    expect(await other.progress('batch:progress:7')).toBeNull();
    expect(await hints.progress('none')).toBeNull();
    await redis.flush();
    expect(await hints.progress('batch:progress:7')).toBeNull();
  });

  test('tokens that were given away are taken once, in parts, and are gone after their time', async () => {
    const redis = await startPrivateRedis();
    const [a, b] = [await open(redis.url), await open(redis.url)];
    a.offerTokens('rate:1', 10, HOUR);
    a.offerTokens('rate:1', 5, HOUR);
    await until('both blocks lie there', async () => Number(await tokenBlocks(redis)) === 2);
    const parts = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? a : b).takeTokens('rate:1', 2)),
    );
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(15);
    expect(await a.takeTokens('rate:1', 100)).toBe(0);
    a.offerTokens('rate:2', 10, 30);
    await until('they are gone', async () => ((await redis.command('KEYS', '*')) as string[]).length === 0);
    expect(await b.takeTokens('rate:2', 10)).toBe(0);
    a.offerTokens('rate:3', 10, HOUR);
    await until('they lie there', async () => Number(await tokenBlocks(redis)) === 1);
    await redis.flush();
    expect(await b.takeTokens('rate:3', 10)).toBe(0);
  });

  test('tokens of a server that was another one before are not taken again', async () => {
    const redis = await startPrivateRedis();
    const hints = await open(redis.url);
    hints.offerTokens('rate:1', 10, HOUR);
    await until('they lie there', async () => Number(await tokenBlocks(redis)) === 1);
    const [key] = (await redis.command('KEYS', '*')) as [string];
    const shown = (await redis.command('ZRANGE', key, '0', '-1', 'WITHSCORES')) as unknown[];
    const [block, score] = shown.flat().map(String) as [string, string];
    expect(await hints.takeTokens('rate:1', 10)).toBe(10);
    await redis.kill();
    await redis.start();
    // As a replica has it that had not heard of the taking when it was promoted.
    await redis.command('ZADD', key, score, block);
    await until('it is heard again', () => hints.isHeard);
    expect(await hints.takeTokens('rate:1', 10)).toBe(0);
  });

  test('no command is sent twice: what was under way when the connection broke is not made again', async () => {
    const redis = await startPrivateRedis();
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: redis.port });
    onTestFinished(() => proxy.close());
    const hints = await open(`redis://127.0.0.1:${proxy.port}`);
    hints.offerTokens('rate:1', 2, HOUR);
    await until('the block lies there', async () => (await tokenBlocks(redis)) === 1);
    // The server takes one out, and the answer is lost with the connection.
    proxy.cutAnswerTo('zremrangebyscore');
    expect(await hints.takeTokens('rate:1', 1)).toBe(0);
    await until('it is heard again', () => hints.isHeard);
    expect((await hints.lock('after', HOUR))?.isSure).toBe(true);
    expect(await hints.takeTokens('rate:1', 5)).toBe(1);
  });

  test('a password and a database number are used, and the password is in no message', async () => {
    const redis = await startPrivateRedis({ password: 's3cr&t/=?' });
    const hints = await open(`${redis.url}/3`);
    hints.setProgress('k', { n: 1 }, HOUR);
    await until('it is written', async () => (await hints.progress('k')) !== null);
    expect(String(await redis.command('INFO', 'keyspace'))).toContain('db3:');
    const lines: string[] = [];
    const logger: Logger = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
    const warn = vi.spyOn(console, 'warn').mockImplementation((line) => void lines.push(String(line)));
    onTestFinished(() => warn.mockRestore());
    const wrong = await open(redis.url.replace('s3cr', 'wr0ng'), { logger, waitMs: 300 });
    await until('the refusal is said', () => lines.some((line) => line.includes('WRONGPASS')));
    expect(wrong.isHeard).toBe(false);
    expect(lines.join('')).not.toMatch(/s3cr|wr0ng/);
  });

  test('what is measured: latency by use, what was dropped and why, heard or not', async () => {
    const redis = await startPrivateRedis();
    const metrics = createMetrics();
    onTestFinished(() => metrics.close());
    const hints = await open(redis.url, { metrics });
    await hints.lock('a', HOUR);
    const shown = async (line: string) => (await metrics.scrape()).body.includes(line);
    expect(await shown('daybreak_redis_heard 1')).toBe(true);
    expect(await shown('daybreak_redis_command_seconds_count{use="lock"}')).toBe(true);
    await redis.kill();
    await until('it is known to be gone', () => !hints.isHeard);
    hints.publish('executor:x');
    await until('the loss is counted', () => shown('daybreak_redis_hints_dropped_total{use="wake_up",why="gone"} 1'));
    expect(await shown('daybreak_redis_heard 0')).toBe(true);
  });

  /** A link on which every answer takes `delayMs`. */
  async function startSlowLink(port: number): Promise<{ readonly port: number; delayMs: number }> {
    const link = { port: 0, delayMs: 0 };
    const server = createServer((client) => {
      const upstream = connect({ host: '127.0.0.1', port });
      client.pipe(upstream);
      upstream.on('data', (chunk) => void setTimeout(() => client.write(chunk), link.delayMs).unref());
      for (const socket of [client, upstream]) {
        socket.on('error', () => undefined);
        socket.on('close', () => [client, upstream].map((one) => one.destroy()));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    link.port = (server.address() as AddressInfo).port;
    return link;
  }

  /** Until the server has this many channels with listeners. */
  async function subscribed(redis: PrivateRedis, count: number): Promise<void> {
    await until('all have subscribed', async () => {
      const channels = (await redis.command('PUBSUB', 'CHANNELS')) as string[];
      const numbers =
        channels.length === 0 ? [] : ((await redis.command('PUBSUB', 'NUMSUB', ...channels)) as unknown[]);
      return numbers.reduce((sum: number, one) => sum + (Number(one) || 0), 0) >= count;
    });
  }

  async function tokenBlocks(redis: PrivateRedis): Promise<number> {
    const keys = (await redis.command('KEYS', '*tokens*')) as string[];
    const counts = await Promise.all(keys.map((key) => redis.command('ZCARD', key)));
    return counts.reduce((sum: number, count) => sum + Number(count), 0);
  }
});
