import { AFTER_RUN } from '../shard/hook-shards.ts';

/**
 * The result of a run: what its afterRun returned; else, of a run with one shard, what that returned; else what the shards
 * returned, in index order. Null where nothing was returned.
 */
export function runResultOf(
  shards: readonly { readonly shardIndex: number; readonly result: string | null }[],
): unknown {
  const after = shards.find((shard) => shard.shardIndex === AFTER_RUN);
  if (after !== undefined) return parseResult(after.result);
  const results = shards
    .filter((shard) => shard.shardIndex >= 0)
    .sort((a, b) => a.shardIndex - b.shardIndex)
    .map((shard) => parseResult(shard.result));
  return results.length <= 1 ? (results[0] ?? null) : results;
}

/** A handler's result is JSON text; a foreign peer's text that is none stands as it came. */
export function parseResult(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
