import { CODE_TIMEOUT } from '../../shared/protocol/wire.ts';
import type { ShardsOutcome } from '../run/run-transitions.ts';
import { isShardEnded, type ShardState } from './shard-transitions.ts';

export interface ShardOutcome {
  readonly state: ShardState;
  /** The code its last attempt came back with, or null. */
  readonly code: number | null;
}

/** The fold of a run's shards, or null while one of them is still out. One failure fails the run; others go on. */
export function mergeShardOutcomes(shards: readonly ShardOutcome[]): ShardsOutcome | null {
  if (shards.length === 0 || shards.some((shard) => !isShardEnded(shard.state))) return null;
  const failed = shards.filter((shard) => shard.state === 'failed');
  if (failed.length > 0) return failed.every((shard) => shard.code === CODE_TIMEOUT) ? 'timed_out' : 'failed';
  return shards.some((shard) => shard.state === 'cancelled') ? 'cancelled' : 'succeeded';
}
