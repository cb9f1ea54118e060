/** One broadcast part of a run and who is to work it. */
export interface ShardHome<T> {
  readonly index: number;
  readonly home: T;
}

/**
 * SHARDING_BROADCAST: one shard per executor, its index the place in the sorted list; or `shardTotal` shards, whatever
 * the number of executors, dealt out in turn (shard i to executor i modulo n). Dealt and not cut into blocks, because
 * shards are handed out in order of their index: at each moment every executor then has work that is its own.
 */
export function routeShardingBroadcast<T>(sorted: readonly T[], shardTotal: number | null): ShardHome<T>[] {
  const total = sorted.length === 0 ? 0 : (shardTotal ?? sorted.length);
  return Array.from({ length: total }, (_, index) => ({ index, home: sorted[index % sorted.length] as T }));
}
