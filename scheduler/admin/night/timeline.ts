import type { AttemptPageRow } from '../../storage/sql/admin-run-detail-queries.ts';
import type { RunRow } from '../../storage/sql/run-queries.ts';

/** One thing that happened to a run. */
export interface TimelineLine {
  readonly atMs: number;
  readonly kind: string;
  readonly shardIndex: number | null;
  readonly attempt: number | null;
  readonly address: string | null;
  readonly text: string | null;
}

const LINES_MAX = 1_000;

/** What happened, in order, told from the rows as they stand: the last 1,000 things. */
export function timelineOf(run: RunRow, attempts: readonly AttemptPageRow[]): TimelineLine[] {
  const ofRun = (kind: string, atMs: number | null, text: string | null = null): TimelineLine[] =>
    atMs === null ? [] : [{ atMs, kind, shardIndex: null, attempt: null, address: null, text }];
  const lines = [
    ...ofRun('planned', run.plannedAt),
    ...ofRun('made', run.createdAt),
    ...attempts.flatMap(linesOfAttempt),
    ...ofRun('dispatched', run.dispatchedAt),
    ...ofRun('settled', run.settledAt),
    ...ofRun(`run_${run.state}`, run.endedAt, run.reason),
  ];
  return lines.sort((a, b) => a.atMs - b.atMs).slice(-LINES_MAX);
}

function linesOfAttempt(row: AttemptPageRow): TimelineLine[] {
  const line = (kind: string, atMs: number | null, text: string | null = null): TimelineLine[] =>
    atMs === null ? [] : [{ atMs, kind, shardIndex: row.shardIndex, attempt: row.no, address: row.address, text }];
  return [
    ...line('sent', row.sentAt, row.sends > 1 ? `sent ${row.sends} times` : null),
    ...line('accepted', row.acceptedAt),
    ...line(row.state, row.endedAt, row.reason),
  ];
}
