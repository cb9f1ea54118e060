import type { RunCounts } from '../../../shared/protocol/inspect.ts';

/**
 * When what executors answer of a run last changed. A slice is told when its last item has its outcome, so of a run at work
 * nothing may be told for long; that its counts change says that it moves. A memory of one process.
 */
export interface Movements {
  /** @param open the runs that were asked about; others are forgotten */
  note(open: readonly number[], counts: ReadonlyMap<number, RunCounts>, nowMs: number): void;
  /** Null: nobody has answered about it, or the answers were the same all the time. */
  changedAtMs(runId: number): number | null;
  /** The same, or when it was asked about first: what it did before that is not known here. Null: nobody has answered. */
  sameSinceMs(runId: number): number | null;
}

interface Seen {
  readonly mark: string;
  readonly sinceMs: number;
  readonly hasChanged: boolean;
}

export function createMovements(): Movements {
  const seen = new Map<number, Seen>();
  return {
    note(open, counts, nowMs) {
      const wanted = new Set(open);
      for (const runId of seen.keys()) if (!wanted.has(runId)) seen.delete(runId);
      for (const [runId, { worked, settled, states }] of counts) {
        const mark = JSON.stringify([worked, settled, states]);
        const before = seen.get(runId);
        if (before?.mark !== mark) seen.set(runId, { mark, sinceMs: nowMs, hasChanged: before !== undefined });
      }
    },
    changedAtMs(runId) {
      const run = seen.get(runId);
      return run?.hasChanged === true ? run.sinceMs : null;
    },
    sameSinceMs: (runId) => seen.get(runId)?.sinceMs ?? null,
  };
}
