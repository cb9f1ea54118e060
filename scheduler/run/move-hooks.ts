import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Effects } from '../effects.ts';
import { AFTER_RUN, BEFORE_RUN, decideHooks } from '../shard/hook-shards.ts';
import { cancelHeldShards, releaseShards } from '../storage/sql/hook-queries.ts';
import { type ShardRow, shardsOf } from '../storage/sql/shard-queries.ts';

/** Lets those shards of a LOCKED run go that waited for its others. Returns the shards as they are then. */
export async function moveHooks(tx: SqlTx, runId: number, effects: Effects): Promise<ShardRow[]> {
  const shards = await shardsOf(tx, runId);
  const verdict = decideHooks(shards);
  switch (verdict.kind) {
    case 'nothing':
      return shards;
    case 'release_shards':
      await releaseShards(tx, runId, { from: 0 });
      effects.wakes.add('dispatch-ready-shards');
      // A rerun may have had all of them done before: then afterRun is next.
      break;
    case 'release_after':
      await releaseShards(tx, runId, { from: AFTER_RUN });
      effects.wakes.add('dispatch-ready-shards');
      break;
    case 'cancel_rest': {
      const before = shards.find((shard) => shard.shardIndex === BEFORE_RUN);
      const n = await cancelHeldShards(tx, runId, `not run: beforeRun ${before?.state ?? 'is not there'}`);
      effects.counts.push((metrics) => metrics.shardsEnded.add(n, { state: 'cancelled' }));
    }
  }
  return shardsOf(tx, runId);
}
