import type { RunCounts } from '../../../shared/protocol/inspect.ts';

/**
 * When what executors answer of a run last changed. A slice is told when its last item has its outcome, so of a run at work
 * nothing may be told for long; that its counts change says that it moves. A memory of one process: what it sees for the
 * first time has just moved.
 */
export interface Movements {
  /** @param open the runs that were asked about; others are forgotten */
  note(open: readonly number[], counts: ReadonlyMap<number, RunCounts>, nowMs: number): void;
  /** Null: nobody has answered about it. */
  movedAtMs(runId: number): number | null;
}

export function createMovements(): Movements {
  const seen = new Map<number, { readonly mark: string; readonly atMs: number }>();
  return {
    note(open, counts, nowMs) {
      const wanted = new Set(open);
      for (const runId of seen.keys()) if (!wanted.has(runId)) seen.delete(runId);
      for (const [runId, { worked, settled, states }] of counts) {
        const mark = JSON.stringify([worked, settled, states]);
        if (seen.get(runId)?.mark !== mark) seen.set(runId, { mark, atMs: nowMs });
      }
    },
    movedAtMs: (runId) => seen.get(runId)?.atMs ?? null,
  };
}
