import type { RunRequest } from '../../shared/protocol/wire.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { AFTER_RUN, BEFORE_RUN, isHook } from '../shard/hook-shards.ts';
import { type ShardRow, shardAt, shardsOf } from '../storage/sql/shard-queries.ts';

type HookFields = Pick<RunRequest, 'phase' | 'beforeResult' | 'shardResults'>;

/** What one part of a run is told of the others: beforeRun's result is for all, the shards' results are for afterRun. */
export async function hookFields(db: SqlReader, job: Job, shard: ShardRow): Promise<HookFields> {
  if (shard.shardIndex === BEFORE_RUN) return { phase: 'before' };
  const before = job.beforeRun === null ? null : await shardAt(db, shard.runId, BEFORE_RUN);
  const told = before === null || before.result === null ? {} : { beforeResult: before.result };
  if (shard.shardIndex !== AFTER_RUN) return told;
  return { phase: 'after', ...told, shardResults: shardResultsOf(await shardsOf(db, shard.runId)) };
}

/** So many bytes of results go with a request: peers take 5 MiB, and quotes inside of quotes grow. */
export const SHARD_RESULTS_BYTES_MAX = 1_048_576;

/**
 * State and result of each shard, in index order. Results go along while they fit (1,000 shards of 10 kB do not: the first
 * hundred or so do); of the others the state alone is told, and that their result was left out.
 */
export function shardResultsOf(
  shards: readonly Pick<ShardRow, 'shardIndex' | 'state' | 'result'>[],
  bytesMax = SHARD_RESULTS_BYTES_MAX,
): NonNullable<RunRequest['shardResults']> {
  let bytesLeft = bytesMax;
  return shards
    .filter((shard) => !isHook(shard.shardIndex))
    .sort((a, b) => a.shardIndex - b.shardIndex)
    .map(({ shardIndex: index, state, result }) => {
      if (result === null) return { index, state };
      bytesLeft -= Buffer.byteLength(JSON.stringify(result));
      // Once one was left out all later ones are: what is there is the beginning, without holes.
      if (bytesLeft < 0) return { index, state, leftOut: true };
      return { index, state, result };
    });
}
