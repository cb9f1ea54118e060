import type { SqlValue } from '../../../shared/sql/sql.ts';

/** A run as the report counts it: job, state, start, duration and lateness. */
export interface ReportFigures {
  readonly key: string;
  readonly jobId: number | null;
  readonly runs: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly other: number;
  readonly durationP50Ms: number | null;
  readonly durationP95Ms: number | null;
  readonly latenessP50Ms: number | null;
  readonly latenessP95Ms: number | null;
}

interface Sums {
  jobId: number | null;
  runs: number;
  succeeded: number;
  failed: number;
  readonly durations: number[];
  readonly latenesses: number[];
}

/** Counts rows of `reportRows` by day (UTC) or by job. */
export function reportOf(
  rows: readonly (readonly SqlValue[])[],
  by: 'day' | 'job',
  nameOf: (jobId: number) => string,
): ReportFigures[] {
  const sums = new Map<string, Sums>();
  for (const [jobId, state, createdAt, duration, lateness] of rows as readonly [
    number,
    string,
    number,
    number | null,
    number,
  ][]) {
    const key = by === 'day' ? new Date(createdAt).toISOString().slice(0, 10) : nameOf(jobId);
    const sum = sums.get(key) ?? {
      jobId: by === 'job' ? jobId : null,
      runs: 0,
      succeeded: 0,
      failed: 0,
      durations: [],
      latenesses: [],
    };
    sums.set(key, sum);
    sum.runs += 1;
    if (state === 'succeeded') sum.succeeded += 1;
    if (state === 'failed' || state === 'timed_out') sum.failed += 1;
    if (duration !== null) sum.durations.push(duration);
    sum.latenesses.push(lateness);
  }
  return [...sums]
    .map(([key, { jobId, runs, succeeded, failed, durations, latenesses }]) => ({
      key,
      jobId,
      runs,
      succeeded,
      failed,
      other: runs - succeeded - failed,
      durationP50Ms: percentile(durations, 0.5),
      durationP95Ms: percentile(durations, 0.95),
      latenessP50Ms: percentile(latenesses, 0.5),
      latenessP95Ms: percentile(latenesses, 0.95),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The value that so large a part of them does not exceed (nearest rank); null of none. Sorts its list. */
export function percentile(values: number[], part: number): number | null {
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  return values[Math.max(0, Math.ceil(part * values.length) - 1)] ?? null;
}
