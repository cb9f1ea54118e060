import type { SqlReader, SqlStore, SqlTx } from '../../shared/sql/sql.ts';

/**
 * Whether slices of a run may be claimed just now. An attempt that works a shard of it keeps the run open, by the
 * store's clock and for a short time; each claim asks. So when the run is killed, or every node that has a shard of it
 * is gone, nobody takes anything up for it, whatever volunteers there are.
 */
export const OPEN_MS = 10_000;

export async function isRunOpen(db: SqlReader, runId: number): Promise<boolean> {
  const row = await db.get<{ open_until: number }>('select open_until from slice_run where run_id = ?', [runId]);
  return row !== null && Number(row.open_until) >= db.nowMs;
}

/** Volunteers leave alone what its own attempts hold back: they do not know the job's window, nor its figures. */
export async function mayVolunteer(db: SqlReader, runId: number): Promise<boolean> {
  const row = await db.get<{ throttled_why: string | null }>('select throttled_why from slice_run where run_id = ?', [
    runId,
  ]);
  return row !== null && row.throttled_why === null;
}

/** Written when half of the time is over, and by one of those who would: nobody queues for the row. */
export async function keepRunOpen(tx: SqlTx, runId: number, openMs = OPEN_MS): Promise<void> {
  const row = await tx.get<{ open_until: number }>(
    `select open_until from slice_run where run_id = ? and open_until < ?${tx.forUpdateSkipLocked}`,
    [runId, tx.nowMs + openMs / 2],
  );
  if (row === null) return;
  await tx.run('update slice_run set open_until = ? where run_id = ?', [tx.nowMs + openMs, runId]);
}

/** A kill or the cut-off. Attempts elsewhere that are not meant open it again with their next beat. */
export function closeRun(tx: SqlTx, runId: number): Promise<number> {
  return tx.run('update slice_run set open_until = 0 where run_id = ? and open_until > 0', [runId]);
}

/** Says on the run why no slice of it is claimed, or that this is over; null takes back only what was said. */
export function tellThrottled(tx: SqlTx, runId: number, why: string | null): Promise<number> {
  return why === null
    ? tx.run('update slice_run set throttled_why = null where run_id = ? and throttled_why is not null', [runId])
    : tx.run(
        'update slice_run set throttled_why = ? where run_id = ? and (throttled_why is null or throttled_why <> ?)',
        [why.slice(0, 255), runId, why.slice(0, 255)],
      );
}

/** Which of these runs say why no slice of them is claimed, and what they say; runs without slices say nothing. */
export async function throttledRuns(
  store: Pick<SqlStore, 'read'>,
  runIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (runIds.length === 0) return new Map();
  const rows = await store.read('read-throttled-runs', (db) =>
    db.all<{ run: number; why: string }>(
      `select run_id as run, throttled_why as why from slice_run
        where run_id in (${runIds.map(() => '?').join(', ')}) and throttled_why is not null`,
      runIds,
    ),
  );
  return new Map(rows.map(({ run, why }) => [Number(run), why]));
}
