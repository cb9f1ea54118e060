import { Redis } from 'ioredis';

/** One command on a connection of its own, by a client with none of our settings. */
export async function redisCommand(port: number, words: readonly string[], password?: string): Promise<unknown> {
  const redis = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    ...(password === undefined ? {} : { password }),
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const [name = '', ...rest] = words;
    return await redis.call(name, ...rest);
  } finally {
    redis.disconnect();
  }
}
