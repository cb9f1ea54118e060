import type { RunState } from '../run/run-transitions.ts';
import { bucketOf, mergeInto } from './histogram.ts';

/** A run that has ended, as far as it is counted. */
export interface CountedRun {
  readonly jobId: number;
  readonly appName: string;
  readonly state: RunState;
  readonly createdAt: number;
  readonly durationMs: number | null;
  readonly latenessMs: number;
}

/** Some runs added up. Whatever is neither `succeeded` nor `failed` was cancelled, discarded, or has not ended yet. */
export interface Figures {
  runs: number;
  succeeded: number;
  failed: number;
  readonly durations: Map<number, number>;
  readonly latenesses: Map<number, number>;
}

/**
 * Where runs are added up on the day of their start (UTC): a job in a group, with id 0 the whole group, and without a name
 * of a group everything. Adding up twenty groups for each of 90 days took most of a report of days.
 */
export interface FiguresKey {
  readonly jobId: number;
  readonly day: string;
  readonly appName: string;
}

export const noFigures = (): Figures => ({
  runs: 0,
  succeeded: 0,
  failed: 0,
  durations: new Map(),
  latenesses: new Map(),
});

export const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

export function addRun(figures: Figures, { state, durationMs, latenessMs }: CountedRun): void {
  figures.runs += 1;
  if (state === 'succeeded') figures.succeeded += 1;
  if (state === 'failed' || state === 'timed_out') figures.failed += 1;
  if (durationMs !== null) addBucket(figures.durations, durationMs);
  addBucket(figures.latenesses, latenessMs);
}

export function addFigures(into: Figures, other: Figures): void {
  into.runs += other.runs;
  into.succeeded += other.succeeded;
  into.failed += other.failed;
  mergeInto(into.durations, other.durations);
  mergeInto(into.latenesses, other.latenesses);
}

/** Adds runs up by job and by group. */
export function figuresOf(runs: readonly CountedRun[]): { key: FiguresKey; figures: Figures }[] {
  const sums = new Map<string, { key: FiguresKey; figures: Figures }>();
  for (const run of runs) {
    const day = dayOf(run.createdAt);
    for (const key of [
      { jobId: run.jobId, day, appName: run.appName },
      { jobId: EVERY_JOB, day, appName: run.appName },
      { jobId: EVERY_JOB, day, appName: EVERY_GROUP },
    ]) {
      const text = `${key.jobId} ${day} ${key.appName}`;
      const sum = sums.get(text) ?? { key, figures: noFigures() };
      sums.set(text, sum);
      addRun(sum.figures, run);
    }
  }
  return [...sums.values()];
}

export const EVERY_JOB = 0;
export const EVERY_GROUP = '';

function addBucket(counts: Map<number, number>, value: number): void {
  const bucket = bucketOf(value);
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
}
