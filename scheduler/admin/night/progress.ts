import type { RunCounts } from '../../../shared/protocol/inspect.ts';
import type { Total } from '../../../shared/protocol/wire.ts';

/** How far a run has come, as its executors told it, or answered when they were asked. */
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
  /** What its executors answered just now; null: they could not be asked, or everything was told. */
  readonly counts: Omit<RunCounts, 'uncounted'> | null;
}

export interface ProgressFigures {
  readonly shardsDone: number;
  readonly shardsTotal: number | null;
  readonly slicesDone: number;
  readonly slicesTotal: number | null;
  readonly itemsDone: number | null;
  /** Worked, and without a last state: in the air, or waiting. Null: nobody could be asked. */
  readonly itemsOpen: number | null;
  readonly itemsTotal: number | null;
  readonly itemsPerSecond: number | null;
  readonly etaAtMs: number | null;
}

// Below this the pace is noise.
const PACE_MS_MIN = 2_000;

/**
 * Figures for people, made of what executors say: an estimate that is never used to decide anything. Pace and estimate
 * are those of the sending where executors were asked: an item that stays open holds up its settling, not the sending, and
 * when all is sent nobody knows when the last answer comes. What two people have to decide is settled to the engine, and not
 * done to those who look.
 */
export function progressOf(facts: ProgressFacts): ProgressFigures {
  const { shardsDone, shardsTotal, slicesDone, slicesTotal, nowMs, startedAtMs, endedAtMs, counts } = facts;
  const itemsTotal = facts.frozen.length === 0 ? null : countOf(facts.frozen);
  const settled = counts?.settled ?? countOf(facts.told);
  const withPeople = countOf((counts?.states ?? facts.told).filter(({ state }) => state === 'MANUAL'));
  const itemsDone = itemsTotal === null ? null : Math.max(0, settled - withPeople);
  const tookMs = startedAtMs === null ? 0 : (endedAtMs ?? nowMs) - startedAtMs;
  const [done, total] =
    itemsTotal !== null
      ? [counts?.worked ?? settled, itemsTotal]
      : slicesTotal !== null
        ? [slicesDone, slicesTotal]
        : [shardsDone, shardsTotal ?? 0];
  const isAllSent = counts !== null && endedAtMs === null && counts.worked >= counts.total;
  const canTell = tookMs >= PACE_MS_MIN && done > 0 && !isAllSent;
  const leftMs = canTell && endedAtMs === null ? (tookMs * (total - done)) / done : null;
  return {
    shardsDone,
    shardsTotal,
    slicesDone,
    slicesTotal,
    itemsDone,
    itemsOpen: counts === null ? null : Math.max(0, counts.worked - settled) + withPeople,
    itemsTotal,
    itemsPerSecond: canTell && itemsTotal !== null ? Math.round((done * 10_000) / tookMs) / 10 : null,
    etaAtMs: leftMs === null || leftMs < 0 ? null : Math.round(nowMs + leftMs),
  };
}

/** An executor of the group whose store does not hold the run answers too: what is not the whole of it is not shown. */
export const countsOfAll = (counts: RunCounts | null, frozen: readonly Total[]): RunCounts | null =>
  counts !== null && counts.total > 0 && counts.total === countOf(frozen) ? counts : null;

const countOf = (totals: readonly Total[]): number => totals.reduce((sum, { count }) => sum + count, 0);
