import { Redis } from 'ioredis';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { backoffMs } from '../runtime/backoff.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { RedisMetrics, RedisUse } from './redis-metrics.ts';
import type { RedisWay } from './redis-way.ts';

const IN_FLIGHT_MAX = 256;
const PING_EVERY_MS = 5_000;

export type RedisAnswer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** The server said no, and is there. */
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'gone' };

export interface RedisLinkOptions {
  readonly way: RedisWay;
  /** For messages: the URL with its password masked, and what the connection is for. */
  readonly label: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: RedisMetrics;
  /** How long an answer is waited for. */
  readonly answerMs: number;
  /** Each time the connection is up. */
  readonly onUp?: () => Promise<void>;
}

/**
 * One connection that may be gone at any time. A command is sent once or not at all (nothing queues for a dead
 * connection, nothing is sent again after a reconnect), and its answer is waited for one second. One that takes longer
 * costs the connection: what had piled up behind it goes with it, and connecting anew tells whether somebody is there.
 */
export class RedisLink {
  readonly redis: Redis;
  readonly #options: RedisLinkOptions;
  readonly #closing = new AbortController();
  #isUp = false;
  #wasUp = false;
  #inFlight = 0;
  #lastError = 'not connected yet';
  #saidGone = false;
  #waiting: (() => void)[] = [];
  #refusedSaidAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RedisLinkOptions) {
    const { runtime, answerMs, way } = options;
    this.#options = options;
    this.redis = new Redis(way.url, {
      ...way.options,
      connectTimeout: 2 * answerMs,
      commandTimeout: answerMs,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      // Sent again after a reconnect, an increment is made twice, and a lock that was had is refused to its holder.
      autoResendUnfulfilledCommands: false,
      // The client's own way leaves a rejection that nobody handles when the connection dies meanwhile; see onUp.
      autoResubscribe: false,
      disableClientInfo: true,
      retryStrategy: (times) => backoffMs(times, runtime.random, { firstMs: 100, maxMs: 5_000 }),
      // Behind a name or a proxy that follows a failover, the old master is a replica now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.redis.on('error', (error: unknown) => {
      this.#lastError = way.why(error, this.#wasUp);
    });
    this.redis.on('ready', () => void this.#up());
    this.redis.on('close', () => this.#down());
    void this.#ping();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Sends one command; never throws, and is over after `answerMs`. */
  async ask<T>(use: RedisUse, command: (redis: Redis) => Promise<T>): Promise<RedisAnswer<T>> {
    const { runtime, metrics } = this.#options;
    if (this.redis.status !== 'ready') {
      metrics.dropped(use, 'gone');
      return { kind: 'gone' };
    }
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      metrics.dropped(use, 'full');
      return { kind: 'gone' };
    }
    const sinceMs = runtime.clock.monotonicMs();
    this.#inFlight += 1;
    try {
      const value = await command(this.redis);
      metrics.answered(use, runtime.clock.monotonicMs() - sinceMs);
      return { kind: 'answered', value };
    } catch (error) {
      return this.#failed(use, error as Error);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Resolves when the connection is up, or after so long. */
  async untilUp(ms: number): Promise<void> {
    if (this.#isUp || this.#closing.signal.aborted) return;
    const up = new Promise<void>((resolve) => this.#waiting.push(resolve));
    const over = new AbortController();
    await Promise.race([up, this.#options.runtime.sleep(ms, over.signal).catch(() => undefined)]);
    over.abort();
  }

  close(): void {
    this.#closing.abort();
    this.#isUp = false;
    this.redis.disconnect();
    // A hung server would not answer the end of the connection, and the process would wait for it.
    this.redis.stream?.destroy();
  }

  /** What had piled up behind the command goes with the connection; another one is tried. */
  #drop(): void {
    if (this.redis.status !== 'ready') return;
    this.#down();
    this.redis.disconnect(true);
    this.redis.stream?.destroy();
  }

  #failed(use: RedisUse, error: Error): RedisAnswer<never> {
    const { metrics } = this.#options;
    if (isRefusal(error)) {
      // A script that this server has not seen yet is sent whole by the caller.
      if (!error.message.startsWith('NOSCRIPT')) this.#sayRefused(use, error);
      return { kind: 'refused', error };
    }
    this.#lastError = messageOf(error);
    metrics.dropped(use, 'gone');
    this.#drop();
    return { kind: 'gone' };
  }

  #sayRefused(use: RedisUse, error: Error): void {
    const { metrics, runtime, logger, label } = this.#options;
    metrics.dropped(use, 'refused');
    const nowMs = runtime.clock.monotonicMs();
    if (nowMs - this.#refusedSaidAtMs < 60_000) return;
    this.#refusedSaidAtMs = nowMs;
    logger.warn({ use, why: error.message }, `${label} refuses a command; the store alone goes on for that`);
  }

  async #up(): Promise<void> {
    const { onUp, logger, label } = this.#options;
    try {
      await onUp?.();
    } catch (error) {
      this.#lastError = messageOf(error);
      if (isRefusal(error))
        logger.warn({ why: this.#lastError }, `${label} is there, and refuses what it is needed for`);
      else this.#drop();
      return;
    }
    if (this.redis.status !== 'ready' || this.#closing.signal.aborted) return;
    this.#isUp = true;
    this.#wasUp = true;
    if (this.#saidGone) logger.info(`${label} is back`);
    this.#saidGone = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #down(): void {
    this.#isUp = false;
    if (this.#saidGone || this.#closing.signal.aborted) return;
    this.#saidGone = true;
    const { logger, label } = this.#options;
    logger.warn({ why: this.#lastError }, `${label} does not answer; the store alone goes on, only slower to wake`);
  }

  /** A connection over which nothing is sent, or whose other end is frozen, would look well for ever. */
  async #ping(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#options.runtime.sleep(PING_EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted && this.redis.status === 'ready') await this.ask('ping', (redis) => redis.ping());
    }
  }
}

/** The server's own no, as against no answer. */
const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';
