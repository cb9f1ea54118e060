import type { SqlTx } from '../../shared/sql/sql.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import type { ItemReader } from './item-reader.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { SkipPolicy } from './skip-policy.ts';

/**
 * One step of a batch job: read, process, write, chunk by chunk. A chunk is read ahead and processed outside any
 * transaction; then one short transaction writes its rows, its checkpoint and its counts, in the order of reading.
 */
export interface ChunkStep<Item, Result, Position extends JsonValue> {
  /** Unique within its job, at most 64 characters; the checkpoint is found by it. */
  readonly name: string;
  readonly reader: ItemReader<Item, Position>;
  /**
   * Makes a result of an item, or null to leave it out. May be called again for an item whose chunk was not committed
   * (never for one that was), so an effect outside the store needs an idempotency key of its own. Default: the item.
   */
  readonly process?: ItemProcessor<Item, Result>;
  readonly writer: ItemWriter<Result>;
  /** Records per chunk, so per transaction; default 1,000. At 1,000 rows a commit costs less than 5 % of its chunk. */
  readonly chunkSize?: number;
  /** Items in processing at the same time; default 1. Order is kept whatever it is. */
  readonly concurrency?: number;
  /** Default: the first bad item ends the step. */
  readonly skip?: SkipPolicy;
  /** Default: three attempts for errors that say they are retryable, after 1 s and 2 s. */
  readonly retry?: RetryPolicy;
  /** What is kept of a skipped item; default its JSON. */
  readonly payloadOf?: (item: Item) => string;
}

export type ItemProcessor<Item, Result> = (
  item: Item,
  context: { readonly signal: AbortSignal },
) => Promise<Result | null> | Result | null;

export interface ItemWriter<Result> {
  /**
   * Writes all of `results` through `tx` and through nothing else. When a row is bad it throws; the engine then finds
   * the row by halves, each half under a savepoint of one transaction.
   */
  write(tx: SqlTx, results: readonly Result[]): Promise<void>;
}

export const CHUNK_SIZE_DEFAULT = 1_000;
