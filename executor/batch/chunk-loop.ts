import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import type { Checkpoint, CheckpointStore, SkippedItem } from './checkpoint.ts';
import { commitChunk } from './commit-chunk.ts';
import type { ItemCursor, ItemPage } from './item-reader.ts';
import { processItems } from './process-items.ts';
import { checkRetryPolicy, type RetryContext, withRetries } from './retry-policy.ts';
import { codeOfError, maySkip, SKIP_NOTHING } from './skip-policy.ts';
import { CHUNK_SIZE_DEFAULT, type ChunkStep } from './step.ts';
import type { StepCounts } from './step-counts.ts';

export interface ChunkLoopOptions<Position extends JsonValue> {
  readonly store: SqlStore;
  readonly checkpoints: CheckpointStore<Position>;
  /** Aborted: the chunk in hand is finished or dropped whole, and the loop returns 'STOPPED'. */
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** After each commit. */
  readonly onChunk?: (checkpoint: Checkpoint<Position>) => void;
}

export interface ChunkLoopResult {
  readonly status: 'COMPLETED' | 'STOPPED';
  readonly counts: StepCounts;
}

/**
 * Works a step from its last committed checkpoint to the end of its data: while one page is processed and committed,
 * the next one is read. Throws what ended the step; everything committed before stays.
 */
export async function runChunkLoop<Item, Result, Position extends JsonValue>(
  step: ChunkStep<Item, Result, Position>,
  options: ChunkLoopOptions<Position>,
): Promise<ChunkLoopResult> {
  checkRetryPolicy(step.retry ?? {});
  const { store, checkpoints, signal, runtime } = options;
  const context: RetryContext = { runtime, logger: options.logger, signal };
  let checkpoint = await checkpoints.load();
  if (signal.aborted) return { status: 'STOPPED', counts: checkpoint.counts };

  const cursor = await step.reader.open(checkpoint.position, signal);
  let ahead = readAhead(step, cursor, context);
  try {
    while (true) {
      const page = unwrap(await ahead);
      if (!page.isLast) ahead = readAhead(step, cursor, context);
      const unreadable = unreadableOf(step, page);
      const processed = await processItems(step, page, context);
      if (signal.aborted) return { status: 'STOPPED', counts: checkpoint.counts };
      // An empty last page moves nothing, so there is nothing to commit.
      if (!(page.isLast && page.items.length === 0 && unreadable.length === 0)) {
        const chunk = { step, page, processed, unreadable, from: checkpoint };
        checkpoint = await commitChunk(chunk, checkpoints, store, context);
        options.onChunk?.(checkpoint);
      }
      if (page.isLast) return { status: 'COMPLETED', counts: checkpoint.counts };
      await runtime.yieldTurn();
    }
  } catch (error) {
    if (signal.aborted && isAbort(error, signal)) return { status: 'STOPPED', counts: checkpoint.counts };
    throw error;
  } finally {
    // The reading ahead ends before its source is closed under it.
    await ahead;
    await closeQuietly(cursor, options.logger, step.name);
  }
}

type Read<Item, Position extends JsonValue> = { readonly page: ItemPage<Item, Position> } | { readonly error: unknown };

/** Never rejects: its failure is met when the page's turn comes, not while the chunk before it is being committed. */
async function readAhead<Item, Result, Position extends JsonValue>(
  step: ChunkStep<Item, Result, Position>,
  cursor: ItemCursor<Item, Position>,
  context: RetryContext,
): Promise<Read<Item, Position>> {
  const limit = step.chunkSize ?? CHUNK_SIZE_DEFAULT;
  try {
    const read = () => cursor.read(limit);
    return { page: await withRetries(step.retry ?? {}, context, `step ${step.name}: reading a page`, read) };
  } catch (error) {
    return { error };
  }
}

function unwrap<Item, Position extends JsonValue>(read: Read<Item, Position>): ItemPage<Item, Position> {
  if ('error' in read) throw read.error;
  return read.page;
}

function unreadableOf<Item, Result, Position extends JsonValue>(
  step: ChunkStep<Item, Result, Position>,
  page: ItemPage<Item, Position>,
): readonly SkippedItem[] {
  return (page.bad ?? []).map(({ place, error, payload }) => {
    if (!maySkip(step.skip ?? SKIP_NOTHING, error, 'read')) throw error;
    return { phase: 'read', place, code: codeOfError(error), message: messageOf(error), payload };
  });
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** A source that does not close takes nothing back from what is committed, and must not hide an earlier failure. */
async function closeQuietly(cursor: { close(): Promise<void> }, logger: Logger, step: string): Promise<void> {
  try {
    await cursor.close();
  } catch (error) {
    logger.warn({ step, err: error }, `the reader did not close: ${messageOf(error)}`);
  }
}
