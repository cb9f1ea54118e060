import { checkRedisUrl } from '../../shared/redis/redis-url.ts';
import { wayToRedis } from '../../shared/redis/redis-way.ts';
import { maskUrl } from '../../shared/secrets.ts';
import { UsageError } from './usage-error.ts';

/** Asks the server for a PING within three seconds. Throws UsageError, naming the option, when it does not answer. */
export async function checkRedis(url: string): Promise<void> {
  const { Redis } = await import('ioredis');
  const way = wayToRedis(checkRedisUrl(url));
  const redis = new Redis(way.url, {
    ...way.options,
    lazyConnect: true,
    connectTimeout: 3_000,
    commandTimeout: 3_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  let last: unknown = null;
  redis.on('error', (error: unknown) => {
    last = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    throw new UsageError(
      `--redis ${maskUrl(url)} does not answer (${way.why(last ?? cause)}): start it, or leave out --redis (the store alone suffices)`,
      { cause },
    );
  } finally {
    redis.disconnect();
  }
}
