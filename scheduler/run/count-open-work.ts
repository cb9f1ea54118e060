import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { SHARD_STATES } from '../shard/shard-transitions.ts';
import { openRunCounts } from '../storage/sql/run-queries.ts';
import { openShardCounts } from '../storage/sql/shard-queries.ts';
import { isRunEnded, RUN_STATES } from './run-transitions.ts';

const OPEN_STATES = RUN_STATES.filter((state) => !isRunEnded(state));

/**
 * Sets the gauges of open work, so that a scrape never asks the store. By itself, and counted by the store: where it was
 * done with each hand-out, a burst of ten thousand runs was read whole at each wake.
 */
export async function countOpenWork(ctx: SchedulerContext): Promise<BodyReport> {
  const { runs, shards } = await ctx.store.read('count-open-work', async (db) => ({
    runs: await openRunCounts(db),
    shards: await openShardCounts(db),
  }));
  const count = (rows: readonly { state: string; n: number }[], wanted: string): number =>
    Number(rows.find(({ state }) => state === wanted)?.n ?? 0);
  for (const state of OPEN_STATES) ctx.metrics.openRuns.set(count(runs, state), { state });
  for (const state of SHARD_STATES) ctx.metrics.openShards.set(count(shards, state), { state });
  return {};
}
