import type { LiveExecutor } from '../routing/live-executor.ts';
import { needsSecrets, type ShardOfRun } from '../run/render-shard-param.ts';

/** Those that can do these shards: one of another make would take the name of a secret for the parameter itself. */
export function ableExecutors<E extends Pick<LiveExecutor, 'foreign'>>(
  live: readonly E[],
  shards: readonly ShardOfRun[],
): readonly E[] {
  if (!live.some(({ foreign }) => foreign) || !shards.some(needsSecrets)) return live;
  return live.filter(({ foreign }) => !foreign);
}
