import type { Job } from '../definition/job-definition.ts';
import { AFTER_RUN, BEFORE_RUN, isHook, NOT_YET } from '../shard/hook-shards.ts';
import type { ShardState } from '../shard/shard-transitions.ts';
import type { RerunKind } from '../storage/sql/run-queries.ts';
import { isRunEnded, type RunState } from './run-transitions.ts';

export interface RerunFacts {
  readonly runId: number;
  readonly state: RunState;
  readonly chainRunId: number | null;
  /** Null: it was never split. */
  readonly shardTotal: number | null;
  readonly shards: readonly { readonly shardIndex: number; readonly state: ShardState }[];
  readonly tellsSettled: boolean;
  readonly kind: RerunKind;
  /** Whether the asker gave a parameter of his own. */
  readonly hasParam: boolean;
}

/** Why a run cannot be run again so, in words that say what can be done, or null. */
export function rerunRefusal(facts: RerunFacts): string | null {
  const { runId, kind } = facts;
  const the = `run ${runId}`;
  if (facts.chainRunId !== null) {
    return `${the} is a node of chain run ${facts.chainRunId}: start the chain anew from that node (startChain with fromNode)`;
  }
  if (!isRunEnded(facts.state)) return `${the} is ${facts.state}: wait for its end, or kill it first`;
  if (kind === 'all') return null;
  if (facts.shardTotal === null) {
    return `${the} ended as ${facts.state} before it was split, so there are no shards to keep: run it again with kind "all"`;
  }
  if (kind === 'failed' && facts.tellsSettled) {
    return `${the} is of a job whose items stand under the run that selected them: kind "resume" works what is left of them, kind "all" selects anew`;
  }
  if (kind === 'resume' && facts.hasParam) {
    return `${the} can be resumed with the parameter it had only: with another one it is other work (kind "all")`;
  }
  return facts.shards.every((shard) => shard.state === 'succeeded')
    ? `every shard of ${the} has succeeded, so there is none to try again: run it again with kind "all"`
    : null;
}

export interface OldShard {
  readonly shardIndex: number;
  readonly state: ShardState;
  readonly homeExecutorId: number | null;
  readonly code: number | null;
  readonly result: string | null;
}

/** A shard as a rerun begins with it: done already, or to be worked. */
export interface RerunShard {
  readonly index: number;
  readonly state: 'succeeded' | 'ready';
  readonly homeExecutorId: number | null;
  readonly readyAtMs: number;
  readonly code: number | null;
  readonly result: string | null;
}

/**
 * The shards of a rerun of kind `failed` or `resume`: those that succeeded stay as they are, with index, code and result;
 * the others are worked. beforeRun stays when it had succeeded; afterRun is always run anew, since what it is told is new.
 */
export function rerunShards(
  job: Pick<Job, 'beforeRun' | 'afterRun'>,
  old: readonly OldShard[],
  nowMs: number,
): RerunShard[] {
  const kept = (shard: OldShard): RerunShard => ({
    index: shard.shardIndex,
    state: 'succeeded',
    homeExecutorId: shard.homeExecutorId,
    readyAtMs: nowMs,
    code: shard.code,
    result: shard.result,
  });
  const anew = (index: number, homeExecutorId: number | null, readyAtMs: number): RerunShard => ({
    index,
    state: 'ready',
    homeExecutorId,
    readyAtMs,
    code: null,
    result: null,
  });
  const oldBefore = old.find((shard) => shard.shardIndex === BEFORE_RUN);
  const before =
    job.beforeRun === null ? [] : [oldBefore?.state === 'succeeded' ? kept(oldBefore) : anew(BEFORE_RUN, null, nowMs)];
  const waitsForBefore = before.some((shard) => shard.state === 'ready');
  const shards = old
    .filter((shard) => !isHook(shard.shardIndex))
    .map((shard) =>
      shard.state === 'succeeded'
        ? kept(shard)
        : anew(shard.shardIndex, shard.homeExecutorId, waitsForBefore ? NOT_YET : nowMs),
    );
  const afterMayGo = !waitsForBefore && shards.every((shard) => shard.state === 'succeeded');
  const after = job.afterRun === null ? [] : [anew(AFTER_RUN, null, afterMayGo ? nowMs : NOT_YET)];
  return [...before, ...after, ...shards];
}
