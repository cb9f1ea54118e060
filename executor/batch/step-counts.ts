/** What a step has done, saved with each checkpoint: `read = written + filtered + all skips`, at every commit. */
export interface StepCounts {
  readonly read: number;
  readonly written: number;
  /** Items for which the processor returned null. */
  readonly filtered: number;
  readonly skippedInRead: number;
  readonly skippedInProcess: number;
  readonly skippedInWrite: number;
  /** Chunks committed. */
  readonly commits: number;
}

export const NO_COUNTS: StepCounts = Object.freeze({
  read: 0,
  written: 0,
  filtered: 0,
  skippedInRead: 0,
  skippedInProcess: 0,
  skippedInWrite: 0,
  commits: 0,
});

export type StepPhase = 'read' | 'process' | 'write';

export function addCounts(a: StepCounts, b: StepCounts): StepCounts {
  return {
    read: a.read + b.read,
    written: a.written + b.written,
    filtered: a.filtered + b.filtered,
    skippedInRead: a.skippedInRead + b.skippedInRead,
    skippedInProcess: a.skippedInProcess + b.skippedInProcess,
    skippedInWrite: a.skippedInWrite + b.skippedInWrite,
    commits: a.commits + b.commits,
  };
}

/** `after - before`: what one execution did of what its instance has done. */
export function subtractCounts(after: StepCounts, before: StepCounts): StepCounts {
  return {
    read: after.read - before.read,
    written: after.written - before.written,
    filtered: after.filtered - before.filtered,
    skippedInRead: after.skippedInRead - before.skippedInRead,
    skippedInProcess: after.skippedInProcess - before.skippedInProcess,
    skippedInWrite: after.skippedInWrite - before.skippedInWrite,
    commits: after.commits - before.commits,
  };
}

/** One limit is shared by the three phases. */
export function skippedInAll(counts: StepCounts): number {
  return counts.skippedInRead + counts.skippedInProcess + counts.skippedInWrite;
}
