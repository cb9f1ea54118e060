import type { Runtime } from '../runtime/runtime.ts';

/**
 * Collects what is to be told and tells it in rounds: the first at the next turn, later ones at least `everyMs` apart
 * and never two at once. Of one key only the latest value is told, so that a tight loop of commits costs one message a
 * round.
 */
export class LatestWins<V> {
  readonly #options: LatestWinsOptions<V>;
  #pending = new Map<string, V>();
  #telling: Promise<void> | null = null;

  constructor(options: LatestWinsOptions<V>) {
    this.#options = options;
  }

  /** False when it was left out: too many keys wait already. */
  put(key: string, value: V): boolean {
    if (this.#pending.size >= this.#options.keysMax && !this.#pending.has(key)) return false;
    this.#pending.set(key, value);
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = null;
    });
    return true;
  }

  /** Resolves when all that was put is told. */
  async idle(): Promise<void> {
    while (this.#telling !== null) await this.#telling;
  }

  async #tellAll(): Promise<void> {
    const { runtime, everyMs, tell } = this.#options;
    await runtime.yieldTurn();
    while (this.#pending.size > 0) {
      const round = this.#pending;
      this.#pending = new Map();
      await tell(round);
      await runtime.sleep(everyMs);
    }
  }
}

export interface LatestWinsOptions<V> {
  readonly runtime: Runtime;
  readonly everyMs: number;
  readonly keysMax: number;
  /** Must not reject. */
  readonly tell: (round: ReadonlyMap<string, V>) => Promise<unknown>;
}
