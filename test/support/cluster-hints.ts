import type { Hints, SoftLock } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/** Hints as a Redis would carry them, in memory: late, lost or flushed as a test wants it. */
export class ClusterHints {
  isThere = true;
  /** 0 to 1: how many messages and commands are lost on their way. */
  lossRate = 0;
  latencyMs = 0;
  readonly #runtime: Runtime;
  readonly #listeners = new Set<{ topic: string; hear: (body: string) => void }>();
  #tokens: { bucket: string; count: number; untilMs: number }[] = [];
  #locks = new Map<string, number>();
  #progress = new Map<string, Record<string, string>>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  flush(): void {
    this.#tokens = [];
    this.#locks.clear();
    this.#progress.clear();
  }

  /** What one process holds of it. */
  hints(): Hints {
    const own = new Set<{ topic: string; hear: (body: string) => void }>();
    return {
      isHeard: true,
      publish: (topic, body = '') => void this.#later(() => this.#tell(topic, body)),
      subscribe: (topic, hear) => {
        const entry = { topic, hear };
        own.add(entry);
        this.#listeners.add(entry);
        return () => void this.#listeners.delete(entry);
      },
      lock: async (name, ttlMs) => {
        const isThere = await this.#arrives();
        return isThere ? this.#lock(name, ttlMs) : { isSure: false, release: async () => undefined };
      },
      setProgress: (key, fields) =>
        void this.#later(() => {
          const texts = Object.entries(fields).map(([name, value]) => [name, String(value)]);
          this.#progress.set(key, Object.fromEntries(texts));
        }),
      progress: async (key) => ((await this.#arrives()) ? (this.#progress.get(key) ?? null) : null),
      offerTokens: (bucket, count, ttlMs) =>
        void this.#later(() => {
          this.#tokens.push({ bucket, count, untilMs: this.#runtime.clock.monotonicMs() + ttlMs });
        }),
      takeTokens: async (bucket, count) => {
        if (!(await this.#arrives())) return 0;
        const taken = this.#take(bucket, count);
        // The answer has its own way to go, and may be lost on it: then the tokens are.
        return (await this.#arrives()) ? taken : 0;
      },
      close: async () => {
        for (const entry of own) this.#listeners.delete(entry);
      },
    };
  }

  #tell(topic: string, body: string): void {
    for (const listener of [...this.#listeners]) if (listener.topic === topic) listener.hear(body);
  }

  #take(bucket: string, count: number): number {
    const nowMs = this.#runtime.clock.monotonicMs();
    let taken = 0;
    for (const block of this.#tokens) {
      if (block.bucket !== bucket || nowMs >= block.untilMs) continue;
      const part = Math.min(block.count, count - taken);
      block.count -= part;
      taken += part;
    }
    return taken;
  }

  #lock(name: string, ttlMs: number): SoftLock | null {
    const nowMs = this.#runtime.clock.monotonicMs();
    if ((this.#locks.get(name) ?? 0) > nowMs) return null;
    this.#locks.set(name, nowMs + ttlMs);
    return { isSure: true, release: async () => void this.#locks.delete(name) };
  }

  async #later(arrive: () => void): Promise<void> {
    if (await this.#arrives()) arrive();
  }

  async #arrives(): Promise<boolean> {
    if (this.latencyMs > 0) await this.#runtime.sleep(this.latencyMs * this.#runtime.random.next());
    return this.isThere && this.#runtime.random.next() >= this.lossRate;
  }
}
