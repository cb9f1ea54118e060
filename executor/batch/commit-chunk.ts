import { CommitUnknownError, isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { JsonValue } from '../handler/handler-context.ts';
import { type Checkpoint, type CheckpointStore, isSamePosition, type SkippedItem } from './checkpoint.ts';
import type { ItemPage } from './item-reader.ts';
import { describeSkip, type ProcessedPage } from './process-items.ts';
import { delayBeforeRetry, RETRY_ATTEMPTS_MAX, type RetryContext } from './retry-policy.ts';
import { maySkip, SKIP_NOTHING } from './skip-policy.ts';
import type { ChunkStep } from './step.ts';
import { addCounts, NO_COUNTS, skippedInAll } from './step-counts.ts';
import { SkipLimitError } from './step-errors.ts';
import { writeByHalves } from './write-by-halves.ts';

export interface ChunkToCommit<Item, Result, Position extends JsonValue> {
  readonly step: ChunkStep<Item, Result, Position>;
  readonly page: ItemPage<Item, Position>;
  readonly processed: ProcessedPage<Result>;
  /** Skips of the reading phase. */
  readonly unreadable: readonly SkippedItem[];
  readonly from: Checkpoint<Position>;
}

/**
 * Commits one chunk: rows, checkpoint, counts and skips in one transaction, or nothing of it. Returns the checkpoint
 * that is committed then.
 *
 * A COMMIT whose answer was lost has happened or has not, or is still under way on the server. The chunk is tried
 * again, and `assertAt` is the judge: it waits for the row lock of a commit under way, and lets the chunk be written
 * only where the checkpoint still stands at its beginning. Where it stands at the chunk's end, the commit had happened.
 */
export async function commitChunk<Item, Result, Position extends JsonValue>(
  chunk: ChunkToCommit<Item, Result, Position>,
  checkpoints: CheckpointStore<Position>,
  store: SqlStore,
  context: RetryContext,
): Promise<Checkpoint<Position>> {
  const { step, from } = chunk;
  let isolate = false;
  let inDoubt: Checkpoint<Position> | null = null;
  for (let attempt = 1; ; attempt += 1) {
    let attempted: Checkpoint<Position> | null = null;
    try {
      return await store.transaction(`batch-chunk ${step.name}`, async (tx) => {
        await checkpoints.assertAt(tx, from);
        const skippedInWrite = await writeResults(chunk, tx, isolate);
        const { next, skipped } = nextCheckpoint(chunk, skippedInWrite);
        attempted = next;
        await checkpoints.save(tx, next, skipped);
        return next;
      });
    } catch (error) {
      if (error instanceof CommitUnknownError && attempted !== null && attempt < RETRY_ATTEMPTS_MAX) {
        inDoubt = attempted;
        context.logger.warn(
          { step: step.name, attempt, err: error },
          'a commit was not answered; asking the checkpoint',
        );
        continue;
      }
      if (inDoubt !== null && isDaybreakError(error, 'LEASE_LOST')) {
        if (await isCommitted(checkpoints, inDoubt, context)) return inDoubt;
        throw error;
      }
      const delayMs = delayBeforeRetry(step.retry ?? {}, error, attempt);
      if (delayMs !== null && !context.signal.aborted) {
        context.logger.warn(
          { step: step.name, attempt, delayMs, err: error },
          `a chunk failed, trying again: ${messageOf(error)}`,
        );
        await context.runtime.sleep(delayMs, context.signal);
        continue;
      }
      const worthIsolating = !isolate && chunk.processed.results.length > 0;
      if (!worthIsolating || error instanceof SkipLimitError) throw error;
      if (!maySkip(step.skip ?? SKIP_NOTHING, error, 'write')) throw error;
      context.logger.warn(
        { step: step.name, err: error },
        `a chunk has a bad row, looking for it: ${messageOf(error)}`,
      );
      isolate = true;
      attempt = 0;
    }
  }
}

async function writeResults<Item, Result, Position extends JsonValue>(
  { step, page, processed }: ChunkToCommit<Item, Result, Position>,
  tx: SqlTx,
  isolate: boolean,
): Promise<readonly SkippedItem[]> {
  if (processed.results.length === 0) return [];
  if (!isolate) {
    await step.writer.write(tx, processed.results);
    return [];
  }
  const policy = step.skip ?? SKIP_NOTHING;
  const bad = await writeByHalves(tx, step.writer, processed.results, (error) => maySkip(policy, error, 'write'));
  return bad.map(({ index, error }) =>
    describeSkip(step, page, processed.itemIndexes[index] as number, 'write', error),
  );
}

function nextCheckpoint<Item, Result, Position extends JsonValue>(
  { step, page, processed, unreadable, from }: ChunkToCommit<Item, Result, Position>,
  skippedInWrite: readonly SkippedItem[],
): { next: Checkpoint<Position>; skipped: readonly SkippedItem[] } {
  const skipped = [...unreadable, ...processed.skipped, ...skippedInWrite];
  const counts = addCounts(from.counts, {
    ...NO_COUNTS,
    read: page.items.length + unreadable.length,
    written: processed.results.length - skippedInWrite.length,
    filtered: processed.filtered,
    skippedInRead: unreadable.length,
    skippedInProcess: processed.skipped.length,
    skippedInWrite: skippedInWrite.length,
    commits: 1,
  });
  const limit = step.skip?.limit ?? 0;
  const last = skipped.at(-1);
  // Thrown inside the transaction: a chunk that goes over the limit leaves neither rows nor skips behind.
  if (last !== undefined && skippedInAll(counts) > limit) throw new SkipLimitError(step.name, limit, last);
  return { next: { position: page.position, counts }, skipped };
}

async function isCommitted<Position extends JsonValue>(
  checkpoints: CheckpointStore<Position>,
  attempted: Checkpoint<Position>,
  context: RetryContext,
): Promise<boolean> {
  // Every chunk moves the position, so the position alone names the chunk.
  const stored = await loadPatiently(checkpoints, context);
  return isSamePosition(stored.position, attempted.position);
}

async function loadPatiently<Position extends JsonValue>(
  checkpoints: CheckpointStore<Position>,
  context: RetryContext,
): Promise<Checkpoint<Position>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await checkpoints.load();
    } catch (error) {
      const delayMs = delayBeforeRetry({}, error, attempt);
      if (delayMs === null) throw error;
      context.logger.warn({ attempt, delayMs, err: error }, 'the checkpoint could not be read, trying again');
      await context.runtime.sleep(delayMs);
    }
  }
}
