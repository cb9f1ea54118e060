import type { Runtime } from '../runtime/runtime.ts';
import type { RedisLink } from './redis-link.ts';

/**
 * Blocks of tokens lie in a sorted set: the score is the instant they are gone at, by Redis's own clock, the member an
 * id and a count. Both scripts run whole or not at all, and each is sent once: what is taken is taken once, and an
 * answer that is lost loses tokens.
 */
const OFFER = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zadd', KEYS[1], now + ARGV[3], ARGV[1] .. ':' .. ARGV[2])
if redis.call('pttl', KEYS[1]) < tonumber(ARGV[3]) then redis.call('pexpire', KEYS[1], ARGV[3]) end
return 1`;
const TAKE = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
local wanted = tonumber(ARGV[1])
local blocks = redis.call('zrange', KEYS[1], 0, 99, 'withscores')
local taken = 0
for i = 1, #blocks, 2 do
  if taken >= wanted then break end
  local id, count = string.match(blocks[i], '^(.*):(%d+)$')
  count = tonumber(count)
  local part = math.min(count, wanted - taken)
  redis.call('zrem', KEYS[1], blocks[i])
  if part < count then redis.call('zadd', KEYS[1], blocks[i + 1], id .. ':' .. string.format('%d', count - part)) end
  taken = taken + part
end
return taken`;

/**
 * Unused tokens of one bucket. The key holds the server's run id: a replica that was promoted, or a server that came
 * back from its disk, may have forgotten what was taken, and what lies there under the old id is never taken again.
 */
export class RedisTokens {
  readonly #link: RedisLink;
  readonly #runtime: Runtime;
  readonly #prefix: string;
  #runId: string | null = null;

  constructor(options: { link: RedisLink; runtime: Runtime; prefix: string }) {
    this.#link = options.link;
    this.#runtime = options.runtime;
    this.#prefix = options.prefix;
  }

  /** Each connection asks anew whom it is talking to. Where that may not be asked, no tokens move. */
  async learnRunId(): Promise<void> {
    this.#runId = null;
    const answer = await this.#link.ask('ping', (redis) => redis.info('server'));
    if (answer.kind === 'answered') this.#runId = /^run_id:(\w+)/m.exec(answer.value)?.[1] ?? null;
  }

  offer(bucket: string, count: number, ttlMs: number): void {
    if (!(count >= 1) || !(ttlMs >= 1)) return;
    const key = this.#keyOf(bucket);
    if (key === null) return;
    const id = this.#runtime.random.ulid();
    const args = [id, Math.floor(count), Math.ceil(ttlMs)];
    void this.#link.ask('tokens', (redis) => redis.eval(OFFER, 1, key, ...args));
  }

  async take(bucket: string, count: number): Promise<number> {
    const key = this.#keyOf(bucket);
    if (key === null || !(count >= 1)) return 0;
    const answer = await this.#link.ask('tokens', (redis) => redis.eval(TAKE, 1, key, Math.floor(count)));
    return answer.kind === 'answered' ? Number(answer.value) : 0;
  }

  #keyOf(bucket: string): string | null {
    return this.#runId === null ? null : `${this.#prefix}tokens:${this.#runId}:${bucket}`;
  }
}
