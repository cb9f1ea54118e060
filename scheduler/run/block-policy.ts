import type { Job } from '../definition/job-definition.ts';
import type { RunState } from './run-transitions.ts';

/** An open run of the same job with a smaller id. */
export interface EarlierRun {
  readonly runId: number;
  readonly state: RunState;
}

export type BlockVerdict =
  | { readonly kind: 'free' }
  | { readonly kind: 'wait'; readonly behind: readonly EarlierRun[] }
  | { readonly kind: 'discard'; readonly behind: EarlierRun }
  /** The earlier ones are ended first; only then it may go. */
  | { readonly kind: 'end_first'; readonly runs: readonly EarlierRun[] };

/**
 * Whether a run may go while earlier runs of its job are open, over the whole group of executors. Only smaller ids
 * count, so two runs never wait for each other, and runs of a job start in the order of their ids: a run whose turn has
 * not come because it waits itself (for its input, say) holds the later ones back too.
 */
export function judgeBlock(job: Pick<Job, 'block' | 'parallelMax'>, earlier: readonly EarlierRun[]): BlockVerdict {
  const inTheWay = earlier.filter((run) => canStillWrite(run.state));
  const [first] = inTheWay;
  if (first === undefined) return { kind: 'free' };
  switch (job.block) {
    case 'SERIAL_EXECUTION':
      return { kind: 'wait', behind: inTheWay };
    case 'DISCARD_LATER':
      return { kind: 'discard', behind: first };
    case 'COVER_EARLY':
      return { kind: 'end_first', runs: inTheWay };
    case 'PARALLEL':
      return job.parallelMax === 0 || inTheWay.length < job.parallelMax
        ? { kind: 'free' }
        : { kind: 'wait', behind: inTheWay };
  }
}

/**
 * A dispatched run does not stand in the way: its shards are all back and none is handed out again, so nothing of it
 * writes beside a later run's shards. What it waits for (answers about money in flight) may take all night.
 */
const canStillWrite = (state: RunState): boolean => state === 'waiting' || state === 'running';
