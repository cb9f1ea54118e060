import type { Total } from '../../../shared/protocol/wire.ts';

/** How far a run has come, as its executors told it. */
export interface ProgressFacts {
  readonly nowMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly shardsDone: number;
  readonly shardsTotal: number | null;
  readonly slicesDone: number;
  readonly slicesTotal: number | null;
  /** What was frozen, and what was told settled. */
  readonly frozen: readonly Total[];
  readonly told: readonly Total[];
}

export interface ProgressFigures {
  readonly shardsDone: number;
  readonly shardsTotal: number | null;
  readonly slicesDone: number;
  readonly slicesTotal: number | null;
  readonly itemsDone: number | null;
  readonly itemsTotal: number | null;
  readonly itemsPerSecond: number | null;
  readonly etaAtMs: number | null;
}

// Below this the pace is noise.
const PACE_MS_MIN = 2_000;

/** Figures for people, made of told totals alone: an estimate that is never used to decide anything. */
export function progressOf(facts: ProgressFacts): ProgressFigures {
  const { shardsDone, shardsTotal, slicesDone, slicesTotal, nowMs, startedAtMs, endedAtMs } = facts;
  const itemsTotal = facts.frozen.length === 0 ? null : countOf(facts.frozen);
  const itemsDone = itemsTotal === null ? null : countOf(facts.told);
  const tookMs = startedAtMs === null ? 0 : (endedAtMs ?? nowMs) - startedAtMs;
  const [done, total] =
    itemsTotal !== null && itemsDone !== null
      ? [itemsDone, itemsTotal]
      : slicesTotal !== null
        ? [slicesDone, slicesTotal]
        : [shardsDone, shardsTotal ?? 0];
  const canTell = tookMs >= PACE_MS_MIN && done > 0;
  const leftMs = canTell && endedAtMs === null ? (tookMs * (total - done)) / done : null;
  return {
    shardsDone,
    shardsTotal,
    slicesDone,
    slicesTotal,
    itemsDone,
    itemsTotal,
    itemsPerSecond: canTell && itemsDone !== null ? Math.round((itemsDone * 10_000) / tookMs) / 10 : null,
    etaAtMs: leftMs === null || leftMs < 0 ? null : Math.round(nowMs + leftMs),
  };
}

const countOf = (totals: readonly Total[]): number => totals.reduce((sum, { count }) => sum + count, 0);
