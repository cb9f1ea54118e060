import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Hints } from './hints.ts';
import { RedisLink } from './redis-link.ts';
import { redisLocks } from './redis-lock.ts';
import { createRedisMetrics } from './redis-metrics.ts';
import { RedisProgress } from './redis-progress.ts';
import { RedisTokens } from './redis-tokens.ts';
import { checkPrefix, checkRedisUrl } from './redis-url.ts';
import { RedisWakeUps } from './redis-wake-ups.ts';
import { wayToRedis } from './redis-way.ts';

export interface RedisHintsOptions {
  /** `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` for TLS, with `?tls-ca-file=` and the like. Redis 6 and later, Valkey. */
  readonly url: string;
  /**
   * What the cluster is called, 1 to 64 letters, digits, `_`, `.`, `:` and `-`: every channel and key of it begins with
   * `daybreak:` and this, so that several clusters may share one Redis.
   */
  readonly prefix: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Default: nothing is counted. */
  readonly metrics?: Metrics;
  /** How long the first connection is waited for, ms; without it the hints begin when it is there. Default 1,000. */
  readonly waitMs?: number;
  /** How long the answer to a command is waited for, ms; then its connection is given up. Default 1,000. */
  readonly answerMs?: number;
}

/**
 * Hints over a Redis. It need not be there: what cannot be told is dropped and counted, and connecting is tried for as
 * long as the hints are open. Throws BAD_OPTION (the password masked) when the URL or the prefix is none.
 * Load it with `import()` where a Redis is named: who names none loads no driver.
 * @example
 * const { openRedisHints } = await import('../shared/redis/open-redis-hints.ts');
 * const hints = await openRedisHints({ url: 'redis://127.0.0.1:6379', prefix: 'production', runtime, logger });
 * hints.publish('scheduler:fire-due-jobs');
 */
export async function openRedisHints(options: RedisHintsOptions): Promise<Hints> {
  const place = checkRedisUrl(options.url);
  const [way, where] = [wayToRedis(place), place.label];
  const { runtime } = options;
  const prefix = `daybreak:${checkPrefix(options.prefix)}:`;
  const logger = options.logger.child({ part: 'redis' });
  const metrics = createRedisMetrics(options.metrics);
  const common = { way, runtime, logger, metrics, prefix, answerMs: options.answerMs ?? 1_000 };

  const commands: RedisLink = new RedisLink({
    ...common,
    label: `Redis ${where}`,
    onUp: () => tokens.learnRunId(),
  });
  const tokens: RedisTokens = new RedisTokens({ ...common, link: commands });
  const progress = new RedisProgress({ ...common, link: commands });
  const lock = redisLocks({ ...common, link: commands });
  const wakeUps = new RedisWakeUps({ ...common, label: `Redis ${where} (wake-ups)`, commands });
  metrics.watchHeard(() => commands.isUp && wakeUps.isUp);
  const waitMs = options.waitMs ?? 1_000;
  await Promise.all([commands.untilUp(waitMs), wakeUps.untilUp(waitMs)]);

  let isClosed = false;
  return {
    get isHeard() {
      return commands.isUp && wakeUps.isUp;
    },
    publish(topic, body = '') {
      if (!isClosed) wakeUps.publish(topic, body);
    },
    subscribe: (topic, listener) => wakeUps.subscribe(topic, listener),
    lock,
    setProgress(key, fields, ttlMs) {
      if (!isClosed) progress.set(key, fields, ttlMs);
    },
    progress: (key) => progress.get(key),
    offerTokens: (bucket, count, ttlMs) => tokens.offer(bucket, count, ttlMs),
    takeTokens: (bucket, count) => tokens.take(bucket, count),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await progress.idle();
      await wakeUps.close();
      commands.close();
    },
  };
}
