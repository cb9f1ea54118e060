import type { Hints } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { DebitShardResult } from './money-engine.ts';

/** How a debit shard comes on, for people who look on; the store's slices are the truth. */
export interface ShardProgress {
  readonly shardIndex: number;
  /** Items whose chunk was worked here. */
  readonly items: number;
  /** Those of them that this process left open: unclear, or waiting. */
  readonly open: number;
  /** Over the last few seconds. */
  readonly itemsPerSecond: number;
  /** Epoch ms of the machine that wrote it. */
  readonly updatedAt: number;
}

const DAY_MS = 86_400_000;
const TELL_EVERY_MS = 500;
const MEASURE_MS = 5_000;

const keyOf = (runId: number, shardIndex: number): string => `run:progress:${runId}:${shardIndex}`;

/** Tells the progress of one shard by hints, at most twice a second; without hints it is told to nobody. */
export class ShardProgressTeller {
  readonly #hints: Hints;
  readonly #runtime: Runtime;
  readonly #runId: number;
  readonly #shardIndex: number | null;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #measured: { readonly atMs: number; readonly items: number }[] = [];

  /** @param shard its index; null for a volunteer, who has none and tells nothing */
  constructor(from: { hints: Hints; runtime: Runtime }, runId: number, shardIndex: number | null) {
    this.#hints = from.hints;
    this.#runtime = from.runtime;
    this.#runId = runId;
    this.#shardIndex = shardIndex;
  }

  note({ items, unclear, waiting }: DebitShardResult, isLast = false): void {
    if (this.#shardIndex === null) return;
    const nowMs = this.#runtime.clock.monotonicMs();
    if (!isLast && nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#measured = [...this.#measured.filter(({ atMs }) => nowMs - atMs <= MEASURE_MS), { atMs: nowMs, items }];
    const [first] = this.#measured;
    const overMs = nowMs - (first?.atMs ?? nowMs);
    const itemsPerSecond = overMs > 0 ? Math.round(((items - (first?.items ?? 0)) * 1_000) / overMs) : 0;
    const updatedAt = this.#runtime.clock.wallMs();
    const fields = { items, open: unclear + waiting, itemsPerSecond, updatedAt };
    this.#hints.setProgress(keyOf(this.#runId, this.#shardIndex), fields, DAY_MS);
  }
}

/** What the shards of a run have told within the last day; one that told nothing, or of which nothing is known, is left out. */
export async function readRunProgress(
  hints: Hints,
  run: { readonly runId: number; readonly shardTotal: number },
): Promise<readonly ShardProgress[]> {
  const shards = await Promise.all(
    Array.from({ length: run.shardTotal }, async (_, shardIndex) => {
      const fields = await hints.progress(keyOf(run.runId, shardIndex));
      if (fields === null) return [];
      const [items, open, itemsPerSecond, updatedAt] = [
        fields.items,
        fields.open,
        fields.itemsPerSecond,
        fields.updatedAt,
      ].map(Number) as [number, number, number, number];
      const isWhole = [items, open, itemsPerSecond, updatedAt].every(Number.isFinite);
      return isWhole ? [{ shardIndex, items, open, itemsPerSecond, updatedAt }] : [];
    }),
  );
  return shards.flat();
}
