import type { Job } from '../definition/job-definition.ts';
import { isShardEnded, type ShardState } from './shard-transitions.ts';

/** The shard indexes of what is run once per run. They have attempts, retries and time limits like all others. */
export const BEFORE_RUN = -2;
export const AFTER_RUN = -1;

export const isHook = (shardIndex: number): boolean => shardIndex < 0;

/** Of shards that are ready but for the others of their run: an instant that never comes. */
export const NOT_YET = Number.MAX_SAFE_INTEGER;

/** The handler that works a shard of the job. */
export function handlerOf(job: Pick<Job, 'handler' | 'beforeRun' | 'afterRun'>, shardIndex: number): string {
  switch (shardIndex) {
    case BEFORE_RUN:
      return job.beforeRun ?? job.handler;
    case AFTER_RUN:
      return job.afterRun ?? job.handler;
    default:
      return job.handler;
  }
}

/** For people: `shard 3`, or the name of what runs once. */
export function shardInWords(shardIndex: number): string {
  if (shardIndex === BEFORE_RUN) return 'beforeRun';
  return shardIndex === AFTER_RUN ? 'afterRun' : `shard ${shardIndex}`;
}

export interface NewHookShard {
  readonly index: number;
  readonly homeExecutorId: number | null;
  /** Default: at once. */
  readonly readyAtMs?: number;
}

/** The shards of a run with what runs once before and after them: beforeRun may go at once, the others wait for it. */
export function withHooks(
  job: Pick<Job, 'beforeRun' | 'afterRun'>,
  shards: readonly { readonly index: number; readonly homeExecutorId: number | null }[],
): NewHookShard[] {
  const waiting = job.beforeRun === null ? shards : shards.map((shard) => ({ ...shard, readyAtMs: NOT_YET }));
  return [
    ...(job.beforeRun === null ? [] : [{ index: BEFORE_RUN, homeExecutorId: null }]),
    ...(job.afterRun === null ? [] : [{ index: AFTER_RUN, homeExecutorId: null, readyAtMs: NOT_YET }]),
    ...waiting,
  ];
}

export interface HookFacts {
  readonly shardIndex: number;
  readonly state: ShardState;
  readonly readyAt: number;
}

export type HookVerdict =
  | { readonly kind: 'nothing' }
  /** beforeRun has succeeded: the shards may go. */
  | { readonly kind: 'release_shards' }
  /** beforeRun has not: nothing else is run. */
  | { readonly kind: 'cancel_rest' }
  /** All shards have ended, however they did: afterRun may go, and cleans up after failures too. */
  | { readonly kind: 'release_after' };

/** What has to be done now that a shard of the run has moved. */
export function decideHooks(shards: readonly HookFacts[]): HookVerdict {
  const before = shards.find((shard) => shard.shardIndex === BEFORE_RUN);
  const held = shards.filter((shard) => shard.state === 'ready' && shard.readyAt === NOT_YET);
  if (held.length === 0) return { kind: 'nothing' };
  if (before !== undefined && before.state !== 'succeeded') {
    return { kind: isShardEnded(before.state) ? 'cancel_rest' : 'nothing' };
  }
  if (held.some((shard) => !isHook(shard.shardIndex))) return { kind: 'release_shards' };
  const open = shards.some((shard) => !isHook(shard.shardIndex) && !isShardEnded(shard.state));
  return { kind: open ? 'nothing' : 'release_after' };
}
