import type { SqlReader, SqlStore } from '../../shared/sql/sql.ts';

const MINUTE_MS = 60_000;
/** Both legs of this night and of the one before it: what is open now was first sent in one of them, almost always. */
const RUNS = 4;

export interface FirstSends {
  readonly atMs: number;
  readonly count: number;
}

/**
 * How many first sends the busiest minute of the latest runs had, by their history. Repeats are paced by it, and a
 * process that takes up a killed night has sent nothing itself: without this it would repeat what the kill left in the
 * air one a second, for hours.
 */
export function busiestMinuteOf(store: SqlStore, downstreamId: number): Promise<number> {
  return store.read('find-busiest-minute', async (db) => busiestMinute(await firstSends(db, downstreamId)));
}

/** Pure: the largest sum within any 60 s. `sends` in order of time. */
export function busiestMinute(sends: readonly FirstSends[]): number {
  let [busiest, sum, from] = [0, 0, 0];
  for (const { atMs, count } of sends) {
    sum += count;
    for (let first = sends[from]; first !== undefined && first.atMs <= atMs - MINUTE_MS; first = sends[from]) {
      sum -= first.count;
      from += 1;
    }
    busiest = Math.max(busiest, sum);
  }
  return busiest;
}

async function firstSends(db: SqlReader, downstreamId: number): Promise<FirstSends[]> {
  const runs = await db.arrays(
    `select run_id from slice_run where downstream_id = ? order by run_id desc limit ${RUNS}`,
    [downstreamId],
  );
  const sends: FirstSends[] = [];
  for (const [runId] of runs) {
    // A chunk's first transaction; what the gate held or blocked is among its exceptions.
    const chunks = await db.arrays(
      `select at_ms, from_seq, to_seq, exceptions from history
       where run_id = ? and from_state = 'PENDING' and to_state = 'PROCESSING'`,
      [runId ?? null],
    );
    for (const [atMs, fromSeq, toSeq, exceptions] of chunks) {
      const left = (JSON.parse(String(exceptions)) as unknown[]).length;
      sends.push({ atMs: Number(atMs), count: Number(toSeq) - Number(fromSeq) + 1 - left });
    }
  }
  return sends.sort((a, b) => a.atMs - b.atMs);
}
