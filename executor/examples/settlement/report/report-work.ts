import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { NO_SHARD } from '../../../slice/slice-lease.ts';
import type { ExecutorReport, NightReport } from './night-report.ts';

/**
 * Who worked how many items, added up over restarts: per shard index, where the address is the last one that held a slice,
 * and per address of those that had no shard of the run (volunteers), after them.
 */
export async function readExecutors(
  db: SqlReader,
  chainRunId: number | null,
  known: readonly Pick<ExecutorReport, 'shardIndex' | 'address'>[],
): Promise<ExecutorReport[]> {
  const workers = new Map<string, ExecutorReport & { readonly lastAt: number }>();
  for (const { shardIndex, address } of known) {
    // A volunteer of an earlier report is found again by its leases.
    if (shardIndex !== null) workers.set(String(shardIndex), { address, shardIndex, items: 0, lastAt: -1 });
  }
  // A lease that was never ended (its holder was killed and nobody came after) counts as far as the cursor went.
  const rows = await db.arrays(
    `select l.shard_index, l.owner, sum(case when l.ended_at is null and s.epoch = l.epoch
              then s.cursor_seq - l.from_cursor else l.item_rows end), max(l.started_at)
       from slice_run r
       join slice_lease l on l.run_id = r.run_id
       join slice s on s.run_id = l.run_id and s.slice_no = l.slice_no
      where r.chain_run_id = ? group by l.shard_index, l.owner`,
    [chainRunId ?? -1],
  );
  for (const [index, owner, items, startedAt] of rows) {
    const shardIndex = Number(index) === NO_SHARD ? null : Number(index);
    // The owner's text is the executor's address, a '#', and which attempt of which shard or which process it was.
    const address = String(owner).split('#')[0] ?? '';
    const key = shardIndex === null ? `volunteer ${address}` : String(shardIndex);
    const before = workers.get(key) ?? { address, items: 0, lastAt: -1 };
    workers.set(key, {
      address: Number(startedAt) >= before.lastAt ? address : before.address,
      shardIndex,
      items: before.items + Number(items),
      lastAt: Math.max(before.lastAt, Number(startedAt)),
    });
  }
  return [...workers.values()]
    .sort((a, b) => (a.shardIndex ?? Infinity) - (b.shardIndex ?? Infinity) || (a.address < b.address ? -1 : 1))
    .map(({ address, shardIndex, items }) => ({ address, shardIndex, items }));
}

/** The time in which at least one slice was held: pauses between legs and between restarts are not in it. */
export async function readThroughput(
  db: SqlReader,
  chainRunId: number | null,
  items: number,
  finishedAtMs: number,
): Promise<NightReport['throughput']> {
  const rows = await db.arrays(
    `select l.started_at, coalesce(l.ended_at, ?) from slice_run r join slice_lease l on l.run_id = r.run_id
      where r.chain_run_id = ? order by l.started_at`,
    [finishedAtMs, chainRunId ?? -1],
  );
  const workedMs = unionMs(rows.map(([from, to]) => [Number(from), Number(to)] as const));
  const seconds = Math.round(workedMs) / 1_000;
  return { items, seconds, itemsPerSecond: seconds === 0 ? 0 : Math.round((items / seconds) * 10) / 10 };
}

/** How long the intervals cover together; sorted by their start. */
export function unionMs(intervals: readonly (readonly [fromMs: number, toMs: number])[]): number {
  let covered = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const [from, to] of intervals) {
    covered += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return covered;
}
