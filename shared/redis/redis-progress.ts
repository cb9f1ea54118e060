import type { Runtime } from '../runtime/runtime.ts';
import { LatestWins } from './latest-wins.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisMetrics } from './redis-metrics.ts';

type Fields = Readonly<Record<string, string | number>>;

/** One script, so that no hash is ever left without its expiry. */
const SET = `
redis.call('hset', KEYS[1], unpack(ARGV, 2))
redis.call('pexpire', KEYS[1], ARGV[1])
return 1`;

/** Pages of others poll these by their plain names; whose they are is told by a field instead. */
const PLAIN_NAMES = 'batch:progress:';
const OWNER = 'cluster';

/** Live progress: one hash per key, the latest state only. */
export class RedisProgress {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #metrics: RedisMetrics;
  readonly #out: LatestWins<{ fields: Fields; ttlMs: number }>;

  constructor(options: { link: RedisLink; runtime: Runtime; metrics: RedisMetrics; prefix: string }) {
    this.#link = options.link;
    this.#prefix = options.prefix;
    this.#metrics = options.metrics;
    this.#out = new LatestWins({
      runtime: options.runtime,
      everyMs: 50,
      keysMax: 1_000,
      tell: (round) => Promise.all([...round].map(([key, { fields, ttlMs }]) => this.#set(key, fields, ttlMs))),
    });
  }

  set(key: string, fields: Fields, ttlMs: number): void {
    if (!this.#out.put(key, { fields, ttlMs })) this.#metrics.dropped('progress', 'full');
  }

  async get(key: string): Promise<Readonly<Record<string, string>> | null> {
    const answer = await this.#link.ask('progress', (redis) => redis.hgetall(this.#keyOf(key)));
    if (answer.kind !== 'answered') return null;
    const { [OWNER]: owner, ...fields } = answer.value;
    return owner === this.#prefix ? fields : null;
  }

  idle(): Promise<void> {
    return this.#out.idle();
  }

  #set(key: string, fields: Fields, ttlMs: number): Promise<unknown> {
    const values = Object.entries({ ...fields, [OWNER]: this.#prefix }).flat();
    return this.#link.ask('progress', (redis) => redis.eval(SET, 1, this.#keyOf(key), Math.ceil(ttlMs), ...values));
  }

  #keyOf(key: string): string {
    return key.startsWith(PLAIN_NAMES) ? key : `${this.#prefix}${key}`;
  }
}
