import type { SqlTx } from '../../shared/sql/sql.ts';
import type { SelectedRow, Selection } from '../slice/selection.ts';
import type { DebitJob } from './money-engine.ts';

/** A debit job's selection, without what an earlier run still has in flight. */
export const debitSelection = (job: DebitJob, downstreamId: number): Selection => ({
  name: job.name,
  group: job.group,
  ...(job.sliceBy === undefined ? {} : { sliceBy: job.sliceBy }),
  highWater: (db) => job.highWater(db),
  count: (db, due) => job.count(db, due),
  selectPage: (db, page) => job.selectPage(db, page),
  withheld: (tx, page, runId) => inFlight(tx, downstreamId, page, runId),
});

/**
 * An obligation whose call of an earlier run has no definite answer is not presented again (R141). The open table is
 * small, and MANUAL items, which have left it, hold their obligation through `onHeld`.
 */
async function inFlight(
  tx: SqlTx,
  downstreamId: number,
  page: readonly SelectedRow[],
  runId: number,
): Promise<ReadonlySet<number>> {
  const subjects = page.map(({ subject }) => subject);
  const [first, last] = subjects.reduce(
    ([low, high], subject) => [Math.min(low, subject), Math.max(high, subject)],
    [Number.MAX_SAFE_INTEGER, 0],
  );
  const rows = await tx.arrays(
    `select i.subject from open_item o
     join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
     where o.downstream_id = ? and o.run_id <> ? and i.state = 'PROCESSING' and i.subject >= ? and i.subject <= ?`,
    [downstreamId, runId, first, last],
  );
  return new Set(rows.map((row) => Number(row[0])));
}
