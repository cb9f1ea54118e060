import type { Attempt } from '../handler/attempt.ts';
import type { BlockStrategy, QueuedAttempt } from './block-strategy.ts';
import type { Pool } from './slot-pools.ts';

export interface RunningAttempt {
  readonly logId: number;
  readonly jobId: number;
  readonly handler: string;
  readonly runId: number;
  readonly shardIndex: number;
  /**
   * stopping: it was told to stop. stuck: it was, its grace has passed, its outcome is reported and whatever it still
   * does counts for nothing, but it holds its slot until it really returns.
   */
  readonly state: 'queued' | 'running' | 'stopping' | 'stuck';
  /** Since when it is in this state, epoch ms of this machine. */
  readonly sinceAtMs: number;
}

/** One attempt of this node, from its arrival to its leaving. */
export interface SlotEntry extends QueuedAttempt {
  readonly attempt: Attempt;
  readonly pool: Pool;
  readonly stop: AbortController;
  /** arriving: being written down. ending: it has returned or never began, and its outcome is being written down. */
  state: 'arriving' | 'queued' | 'running' | 'ending';
  shown: RunningAttempt['state'];
  sinceAtMs: number;
  /** Resolves when the outcome is stored. */
  told: Promise<void>;
}

export function newSlotEntry(attempt: Attempt, strategy: BlockStrategy, pool: Pool, nowMs: number): SlotEntry {
  const { logId, jobId, runId, shardIndex } = attempt;
  return {
    logId,
    jobId,
    runId,
    shardIndex,
    parallel: strategy === 'PARALLEL',
    attempt,
    pool,
    stop: new AbortController(),
    state: 'arriving',
    shown: 'queued',
    sinceAtMs: nowMs,
    told: Promise.resolve(),
  };
}

export const viewEntry = ({ attempt, shown, sinceAtMs }: SlotEntry): RunningAttempt => ({
  logId: attempt.logId,
  jobId: attempt.jobId,
  handler: attempt.handler,
  runId: attempt.runId,
  shardIndex: attempt.shardIndex,
  state: shown,
  sinceAtMs,
});
