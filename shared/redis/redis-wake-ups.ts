import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Topic } from './hints.ts';
import { LatestWins } from './latest-wins.ts';
import { RedisLink, type RedisLinkOptions } from './redis-link.ts';
import type { RedisMetrics } from './redis-metrics.ts';
import type { RedisWay } from './redis-way.ts';

type Listener = (body: string) => void;

export interface WakeUpsOptions {
  readonly way: RedisWay;
  readonly label: string;
  readonly prefix: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: RedisMetrics;
  readonly answerMs: number;
  /** Over which is published: a connection that subscribes cannot do so on every server. */
  readonly commands: RedisLink;
}

/** Messages to all processes. Same topic and body within a few milliseconds are one message, out and in. */
export class RedisWakeUps {
  readonly #options: WakeUpsOptions;
  readonly #link: RedisLink;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #out: LatestWins<{ channel: string; body: string }>;
  readonly #in: LatestWins<{ channel: string; body: string }>;

  constructor(options: WakeUpsOptions) {
    const { runtime } = options;
    this.#options = options;
    this.#out = new LatestWins({ runtime, everyMs: 10, keysMax: 1_000, tell: (round) => this.#publishAll(round) });
    this.#in = new LatestWins({ runtime, everyMs: 0, keysMax: 10_000, tell: (round) => this.#callAll(round) });
    const linkOptions: RedisLinkOptions = { ...options, onUp: () => this.#subscribeAll() };
    this.#link = new RedisLink(linkOptions);
    this.#link.redis.on('message', (channel: string, body: string) => {
      this.#in.put(`${channel} ${body}`, { channel, body });
    });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  untilUp(ms: number): Promise<void> {
    return this.#link.untilUp(ms);
  }

  publish(topic: Topic, body: string): void {
    const channel = this.#options.prefix + topic;
    if (!this.#out.put(`${channel} ${body}`, { channel, body })) this.#options.metrics.dropped('wake_up', 'full');
  }

  subscribe(topic: Topic, listener: Listener): () => void {
    const channel = this.#options.prefix + topic;
    const there = this.#listeners.get(channel);
    // A function of its own for each subscription: the same listener may be given twice.
    const own: Listener = (body) => listener(body);
    if (there) there.add(own);
    else {
      this.#listeners.set(channel, new Set([own]));
      // Where the connection is not up, that is done when it is.
      if (this.#link.redis.status === 'ready') void this.#link.ask('wake_up', (redis) => redis.subscribe(channel));
    }
    return () => this.#unsubscribe(channel, own);
  }

  async close(): Promise<void> {
    await this.#out.idle();
    this.#listeners.clear();
    this.#link.close();
  }

  #unsubscribe(channel: string, own: Listener): void {
    const there = this.#listeners.get(channel);
    if (!there?.delete(own) || there.size > 0) return;
    this.#listeners.delete(channel);
    if (this.#link.redis.status === 'ready') void this.#link.ask('wake_up', (redis) => redis.unsubscribe(channel));
  }

  /** What was said while nobody listened is lost, so everybody looks once. */
  async #subscribeAll(): Promise<void> {
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0) return;
    await this.#link.redis.subscribe(...channels);
    for (const channel of channels) this.#in.put(`${channel} `, { channel, body: '' });
  }

  async #publishAll(round: ReadonlyMap<string, { channel: string; body: string }>): Promise<void> {
    const { commands } = this.#options;
    await Promise.all(
      [...round.values()].map(({ channel, body }) => commands.ask('wake_up', (redis) => redis.publish(channel, body))),
    );
  }

  async #callAll(round: ReadonlyMap<string, { channel: string; body: string }>): Promise<void> {
    for (const { channel, body } of round.values()) {
      for (const listener of this.#listeners.get(channel) ?? []) {
        try {
          listener(body);
        } catch (error) {
          this.#options.logger.error({ channel, err: error }, `a listener of a wake-up failed: ${messageOf(error)}`);
        }
      }
    }
  }
}
