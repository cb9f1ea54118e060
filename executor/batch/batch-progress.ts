import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { type Hints, NO_HINTS } from '../../shared/redis/hints.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';
import type { Execution, ExecutionStatus } from './job-instance.ts';
import { addCounts, NO_COUNTS, type StepCounts, skippedInAll } from './step-counts.ts';

/** How far an instance of a batch job has come, for pages that poll; the checkpoints are the truth. */
export interface BatchProgress {
  readonly totalRead: number;
  readonly totalWrite: number;
  readonly totalSkip: number;
  readonly status: ExecutionStatus;
  /** Epoch ms. */
  readonly updatedAt: number;
}

const DAY_MS = 86_400_000;
const ROW_EVERY_MS = 1_000;
/** Older than this, and still running: the one who wrote it may have lost Redis, or its life. */
const FRESH_MS = 5_000;

const keyOf = (instanceId: number): string => `batch:progress:${instanceId}`;

/**
 * The progress of an instance (`BatchJobResult.instanceId`), or null when there was none within the last 24 hours. From
 * Redis where hints are given and it is there (the hash `batch:progress:{id}`), else from one row that is read by its
 * key: asking a hundred times a second costs the tables of the batch engine nothing.
 * @example
 * const progress = await readBatchProgress({ store, hints }, instanceId);
 */
export async function readBatchProgress(
  from: { readonly store: SqlStore; readonly hints?: Hints; readonly runtime?: Runtime },
  instanceId: number,
): Promise<BatchProgress | null> {
  const { store, hints = NO_HINTS, runtime = systemRuntime() } = from;
  const live = parseProgress(await hints.progress(keyOf(instanceId)));
  const isFresh = live !== null && runtime.clock.wallMs() - live.updatedAt < FRESH_MS;
  if (live !== null && (live.status !== 'RUNNING' || isFresh)) return live;
  const row = await readRow(store, instanceId);
  if (live === null || row === null) return live ?? row;
  return row.status !== 'RUNNING' || row.updatedAt > live.updatedAt ? row : live;
}

/** Tells how far an execution has come: to Redis at each commit, to the row at least at its start and its end. */
export class ProgressTeller {
  readonly #options: ProgressOptions;
  #before: StepCounts = NO_COUNTS;
  #now: StepCounts = NO_COUNTS;
  #rowAtMs = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#tell('RUNNING', true);
  }

  /** A chunk of the current step is committed; its counts are the instance's. */
  chunk(counts: StepCounts): void {
    this.#now = counts;
    this.#tell('RUNNING', false);
  }

  /** A step has ended, and the next one counts from zero. */
  step(counts: StepCounts): void {
    this.#before = addCounts(this.#before, counts);
    this.#now = NO_COUNTS;
    this.#tell('RUNNING', false);
  }

  async end(status: ExecutionStatus): Promise<void> {
    this.#tell(status, true);
    await this.#writing;
  }

  #tell(status: ExecutionStatus, always: boolean): void {
    const { hints, runtime, execution } = this.#options;
    const counts = addCounts(this.#before, this.#now);
    const progress: BatchProgress = {
      totalRead: counts.read,
      totalWrite: counts.written,
      totalSkip: skippedInAll(counts),
      status,
      updatedAt: runtime.clock.wallMs(),
    };
    hints.setProgress(keyOf(execution.instanceId), { ...progress }, DAY_MS);
    const nowMs = runtime.clock.monotonicMs();
    const isDue = !hints.isHeard && !this.#isWriting && nowMs - this.#rowAtMs >= ROW_EVERY_MS;
    if (!always && !isDue) return;
    this.#rowAtMs = nowMs;
    this.#isWriting = true;
    this.#writing = this.#writing
      .then(() => this.#writeRow(progress))
      .finally(() => {
        this.#isWriting = false;
      });
  }

  /** A picture that is missing must not end the job. */
  async #writeRow(progress: BatchProgress): Promise<void> {
    const { store, logger, execution } = this.#options;
    try {
      await store.transaction('write-batch-progress', (tx) => saveRow(tx, execution, progress));
    } catch (error) {
      logger.warn({ instanceId: execution.instanceId, why: messageOf(error) }, 'the progress could not be written');
    }
  }
}

export interface ProgressOptions {
  readonly store: SqlStore;
  readonly hints: Hints;
  readonly execution: Execution;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

async function saveRow(tx: SqlTx, { instanceId, epoch }: Execution, progress: BatchProgress): Promise<void> {
  const columns = ['epoch', 'total_read', 'total_write', 'total_skip', 'status', 'updated_at', 'expires_at'];
  const { totalRead, totalWrite, totalSkip, status } = progress;
  const values = [epoch, totalRead, totalWrite, totalSkip, status, tx.nowMs, tx.nowMs + DAY_MS];
  // Of an execution that was overtaken nothing is shown any more.
  const matched = await tx.run(
    `update batch_progress set ${columns.map((column) => `${column} = ?`).join(', ')} where id = ? and epoch <= ?`,
    [...values, instanceId, epoch],
  );
  if (matched > 0) return;
  await tx.insertRows({ table: 'batch_progress', columns: ['id', ...columns], onConflict: 'ignore' }, [
    [instanceId, ...values],
  ]);
  await deleteExpired(tx);
}

const EXPIRED_AT_ONCE = 100;

/** Those that nobody else has just now, by their keys: two jobs that begin together would wait for each other's new row. */
async function deleteExpired(tx: SqlTx): Promise<void> {
  const expired = await tx.all<{ id: number }>(
    `select id from batch_progress where expires_at < ? order by expires_at limit ${EXPIRED_AT_ONCE}${tx.forUpdateSkipLocked}`,
    [tx.nowMs],
  );
  if (expired.length > 0)
    await tx.deleteRows(
      { table: 'batch_progress', key: ['id'] },
      expired.map(({ id }) => [id]),
    );
}

async function readRow(store: SqlStore, instanceId: number): Promise<BatchProgress | null> {
  return store.read('read-batch-progress', async (db) => {
    const row = await db.get<{
      total_read: number;
      total_write: number;
      total_skip: number;
      status: ExecutionStatus;
      updated_at: number;
    }>(
      `select total_read, total_write, total_skip, status, updated_at from batch_progress
       where id = ? and expires_at >= ?`,
      [instanceId, db.nowMs],
    );
    if (row === null) return null;
    return {
      totalRead: Number(row.total_read),
      totalWrite: Number(row.total_write),
      totalSkip: Number(row.total_skip),
      status: row.status,
      updatedAt: Number(row.updated_at),
    };
  });
}

const STATUSES: readonly ExecutionStatus[] = ['RUNNING', 'COMPLETED', 'FAILED', 'STOPPED', 'UNKNOWN'];

/** Anybody may write to Redis: what is not a progress is none. */
function parseProgress(fields: Readonly<Record<string, string>> | null): BatchProgress | null {
  if (fields === null) return null;
  const [totalRead, totalWrite, totalSkip, updatedAt] = [
    fields.totalRead,
    fields.totalWrite,
    fields.totalSkip,
    fields.updatedAt,
  ].map(Number) as [number, number, number, number];
  const status = STATUSES.find((one) => one === fields.status);
  if (status === undefined || ![totalRead, totalWrite, totalSkip, updatedAt].every(Number.isSafeInteger)) return null;
  return { totalRead, totalWrite, totalSkip, status, updatedAt };
}
