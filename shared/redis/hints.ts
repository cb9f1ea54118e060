/**
 * What processes of a cluster may tell each other without being believed: wake-ups, live progress, soft locks, unused
 * tokens. Each of these may be lost, late, doubled or forgotten at any moment, and only latency may change (I19). Nothing
 * here throws or waits for long: a dead Redis is answered as if there were none.
 */
export interface Hints {
  /** Whether the other side answered lately; for people and metrics, never for a decision. */
  readonly isHeard: boolean;
  /** Tells all processes that there is something to do; returns at once. */
  publish(topic: Topic, body?: string): void;
  /** Returns what takes the listener off again. Also called, with an empty body, when a lost connection is back. */
  subscribe(topic: Topic, listener: (body: string) => void): () => void;
  /**
   * A soft lock for so long, or null when another process has it. Where it cannot be asked for it is "had", with
   * `isSure` false: the work goes on, and the rows judge.
   */
  lock(name: string, ttlMs: number): Promise<SoftLock | null>;
  /** Live progress under one key, forgotten after `ttlMs`; the durable figures are the store's. */
  setProgress(key: string, fields: Readonly<Record<string, string | number>>, ttlMs: number): void;
  progress(key: string): Promise<Readonly<Record<string, string>> | null>;
  /** Gives away tokens that the caller has taken from its own share before; unused ones are gone after `ttlMs`. */
  offerTokens(bucket: string, count: number, ttlMs: number): void;
  /** Up to `count` tokens that another process gave away; 0 when there are none, or it is not known. */
  takeTokens(bucket: string, count: number): Promise<number>;
  close(): Promise<void>;
}

export interface SoftLock {
  readonly isSure: boolean;
  release(): Promise<void>;
}

/** `wake:` and a body's name, or what a subject of an executor is called. */
export type Topic = `${'scheduler' | 'executor'}:${string}`;

/** No Redis: every process is alone with the store. */
export const NO_HINTS: Hints = {
  isHeard: false,
  publish: () => undefined,
  subscribe: () => () => undefined,
  lock: async () => ({ isSure: false, release: async () => undefined }),
  setProgress: () => undefined,
  progress: async () => null,
  offerTokens: () => undefined,
  takeTokens: async () => 0,
  close: async () => undefined,
};
