import type { SqlTx } from '../../shared/sql/sql.ts';
import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  addToDays,
  type CountMark,
  endedUncounted,
  forgetUncounted,
  keepUncounted,
  lastRunBefore,
  moveCountMark,
  pickCountMark,
  runsToCount,
  uncountedOf,
} from '../storage/sql/run-day-queries.ts';
import { addFigures, figuresOf } from './day-figures.ts';

const BATCH = 500;
/** What is younger is read as it is: most of it runs. Longer than a session may stand still in a transaction (30 s). */
const LEFT_MS = 60_000;

/**
 * Counts every run once, some time after it has ended: in the transaction that moves the mark beyond it, or that takes it
 * off the list of those which ran when the mark passed them. So a process that dies in between has counted nothing, and
 * two never count the same.
 */
export async function countRuns(ctx: SchedulerContext, signal: AbortSignal): Promise<BodyReport> {
  for (const step of [countNext, countPassed]) {
    while (!signal.aborted) {
      const isMore = await ctx.store.transaction('count-runs', async (tx) => {
        const mark = await pickCountMark(tx);
        return mark !== null && (await step(tx, mark));
      });
      if (!isMore) break;
      await ctx.runtime.yieldTurn();
    }
  }
  return {};
}

/** Moves the mark on. True: there may be more to do. */
async function countNext(tx: SqlTx, mark: CountMark): Promise<boolean> {
  const toId = await lastRunBefore(tx, tx.nowMs - LEFT_MS);
  if (toId === null || toId <= mark.runId) return false;
  const runs = await runsToCount(tx, { afterId: mark.runId, toId, limit: BATCH });
  const last = runs.at(-1);
  if (last === undefined) return false;
  const [ended, open] = [
    runs.filter(({ endedAt }) => endedAt !== null),
    runs.filter(({ endedAt }) => endedAt === null),
  ];
  await keepUncounted(
    tx,
    open.map(({ id }) => id),
  );
  await addToDays(tx, figuresOf(ended), addFigures);
  await moveCountMark(tx, last.id);
  return runs.length === BATCH;
}

async function countPassed(tx: SqlTx, mark: CountMark): Promise<boolean> {
  const ended = await endedUncounted(tx, BATCH);
  if (ended.length === 0) return false;
  await addToDays(tx, figuresOf(ended), addFigures);
  await forgetUncounted(
    tx,
    ended.map(({ id }) => id),
  );
  await moveCountMark(tx, mark.runId);
  return ended.length === BATCH;
}

/** Counts those of some ended runs that were not yet, because they are about to be deleted. The caller holds the mark. */
export async function countBeforeDeleting(tx: SqlTx, mark: CountMark, runIds: readonly number[]): Promise<void> {
  if (runIds.length === 0) return;
  const missing = await uncountedOf(tx, mark, runIds);
  if (missing.length === 0) return;
  await addToDays(tx, figuresOf(missing), addFigures);
  await forgetUncounted(
    tx,
    missing.map(({ id }) => id),
  );
  await moveCountMark(tx, mark.runId);
}
