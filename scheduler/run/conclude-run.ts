import type { SqlTx } from '../../shared/sql/sql.ts';
import { progressChain } from '../chain/progress-chain.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { shardInWords } from '../shard/hook-shards.ts';
import { mergeShardOutcomes } from '../shard/merge-shard-outcomes.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import type { ShardRow } from '../storage/sql/shard-queries.ts';
import { saysLost } from './after-node-loss.ts';
import { applyRunEvent } from './apply-run-event.ts';
import { moveHooks } from './move-hooks.ts';
import { isRunEnded } from './run-transitions.ts';
import { type RunMoved, tellOfRun } from './tell-of-run.ts';
import { toldOf } from './told-of-run.ts';

/**
 * Draws the conclusions from the shards of a run that its caller has LOCKED: the fold, the milestone, and in the same
 * transaction the children. Without the lock two shards that end together each see the other one open, and no child
 * is ever made.
 */
export async function concludeRun(
  tx: SqlTx,
  ctx: SchedulerContext,
  run: RunRow,
  job: Job,
  effects: Effects,
): Promise<void> {
  const shards = await moveHooks(tx, run.id, effects);
  const outcome = mergeShardOutcomes(shards);
  if (outcome === null) return;
  const { told, mismatch } = await toldOf(tx, run, job);
  const reason = outcome === 'succeeded' ? mismatch : reasonOfShards(shards);
  const to = await applyRunEvent(tx, run, { kind: 'shards_back', outcome, told }, reason, effects);
  if (to !== null) await followUp(tx, ctx, { run, job, to, reason }, effects);
}

/** The same when a manifest or a settled slice came in. */
export async function concludeTold(
  tx: SqlTx,
  ctx: SchedulerContext,
  run: RunRow,
  job: Job,
  effects: Effects,
): Promise<void> {
  const { told, mismatch } = await toldOf(tx, run, job);
  const to = await applyRunEvent(tx, run, { kind: 'told', told }, mismatch, effects);
  if (to !== null) await followUp(tx, ctx, { run, job, to, reason: mismatch }, effects);
}

/** What others do about a run that has moved on: people hear of a failure, and the chain goes on. */
export async function followUp(tx: SqlTx, ctx: SchedulerContext, moved: RunMoved, effects: Effects): Promise<void> {
  const { run, to } = moved;
  if (isRunEnded(to)) await tellOfRun(tx, moved, effects);
  await progressChain(tx, ctx, run.chainRunId, effects);
}

function reasonOfShards(shards: readonly ShardRow[]): string {
  const failed = shards.filter((shard) => shard.state === 'failed');
  // What was cancelled because of a failure is not news.
  const bad = failed.length > 0 ? failed : shards.filter((shard) => shard.state !== 'succeeded');
  // What is not known goes first: three are named, and people must hear of it.
  const words = bad
    .toSorted((one, other) => Number(saysLost(other.reason)) - Number(saysLost(one.reason)))
    .slice(0, 3)
    .map((shard) => `${shardInWords(shard.shardIndex)} ${shard.state}: ${shard.reason ?? 'no reason'}`);
  return words.join('; ') + (bad.length > 3 ? `; and ${bad.length - 3} more` : '');
}
