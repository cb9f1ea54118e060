import { DaybreakError } from '../../shared/errors.ts';
import { countBeforeDeleting } from '../count/count-runs.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ClearFilter, clearableRuns, countClearable } from '../storage/sql/admin-clearing-queries.ts';
import { deleteRuns } from '../storage/sql/retention-queries.ts';
import { lockCountMark } from '../storage/sql/run-day-queries.ts';

const DELETED_MAX = 10_000;
const BATCH = 500;

/**
 * Deletes ended runs with all that belongs to them, a batch per transaction, each of which is recorded. What was previewed
 * has to be near what is there now: a filter that suddenly fits twice as many runs is a mistake. Throws CONFLICT.
 */
export async function clearRuns(
  ctx: SchedulerContext,
  filter: ClearFilter,
  expected: number,
): Promise<{ deleted: number; more: boolean }> {
  const { runs } = await ctx.store.read('count-clearable', (db) => countClearable(db, filter));
  if (runs > expected * 1.1 + 100) {
    throw new DaybreakError(
      'CONFLICT',
      `${runs} runs would be deleted, and ${expected} were expected: look at them again`,
      {
        details: { runs },
      },
    );
  }
  let deleted = 0;
  for (let afterId = 0; deleted < DELETED_MAX; ) {
    const batch = await ctx.store.transaction('clear-runs', async (tx) => {
      const mark = await lockCountMark(tx);
      const rows = await clearableRuns(tx, filter, { afterId, limit: BATCH, lock: tx.forUpdateSkipLocked });
      const runIds = rows.map(({ id }) => id);
      await countBeforeDeleting(tx, mark, runIds);
      await deleteRuns(tx, runIds);
      return rows;
    });
    deleted += batch.length;
    afterId = batch.at(-1)?.id ?? 0;
    if (batch.length < BATCH) return { deleted, more: false };
    await ctx.runtime.yieldTurn();
  }
  return { deleted, more: true };
}
