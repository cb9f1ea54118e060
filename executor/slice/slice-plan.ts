/** How a frozen selection is cut (pure): contiguous slices of equal row counts, dealt to shards by number modulo total. */
export const SLICES_MAX = 1_024;
/** So many a run may have when slices were split; more would only be in each other's way. */
export const SLICES_WITH_SPLITS_MAX = 2 * SLICES_MAX;
export const SLICE_ROWS_MIN = 50;
/** So many slices a shard has at least, when there are rows enough: what a slow or lost node leaves is small. */
const SLICES_PER_SHARD = 4;
/** A long night's slice holds so many chunks: taking and ending a slice costs two small transactions. */
const CHUNKS_PER_SLICE = 8;

export function sliceRowsOf(options: {
  readonly itemCount: number;
  readonly shardTotal: number;
  readonly chunkSize: number;
  /** Cut between keys, slices may be filled by half only: two neighbours together hold at least one slice's rows. */
  readonly byKey?: boolean;
}): number {
  const { itemCount, shardTotal, chunkSize, byKey = false } = options;
  const forShards = Math.ceil(itemCount / (SLICES_PER_SHARD * shardTotal));
  const forChunks = CHUNKS_PER_SLICE * chunkSize;
  const forMax = Math.ceil(itemCount / (byKey ? SLICES_MAX / 2 - 1 : SLICES_MAX));
  return Math.max(SLICE_ROWS_MIN, forMax, Math.min(forShards, forChunks));
}

export const homeShardOf = (sliceNo: number, shardTotal: number): number => sliceNo % shardTotal;
