import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { freezeSelection, NO_DOWNSTREAM } from '../../executor/slice/freeze-selection.ts';
import type { SelectedRow, Selection } from '../../executor/slice/selection.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** A run that is frozen from rows in memory and open for ever, and what has to be true of it whatever was done. */
export interface GivenRun {
  readonly runId: number;
  readonly rows: readonly SelectedRow[];
  readonly chunkSize?: number;
  readonly shardTotal?: number;
  readonly sliceBy?: string;
  readonly openUntil?: number;
}

export async function givenFrozenRun(store: SqlStore, run: GivenRun): Promise<void> {
  const { runId, rows, chunkSize = 10, shardTotal = 1, sliceBy } = run;
  const selection: Selection = {
    name: 'rows',
    group: 'ROWS',
    ...(sliceBy === undefined ? {} : { sliceBy }),
    highWater: async () => Number.MAX_SAFE_INTEGER,
    count: async () => rows.length,
    async selectPage(_db, { afterSubject, limit }) {
      const at = rows.findIndex(({ subject }) => subject === afterSubject);
      return rows.slice(at + 1, at + 1 + limit);
    },
  };
  const frozen = { runId, chainRunId: null, businessDate: '2026-11-20', cutOffAt: null, shardTotal, chunkSize };
  await freezeSelection(store, { ...frozen, downstreamId: NO_DOWNSTREAM }, selection, async () => undefined);
  await openRun(store, runId, run.openUntil);
}

export function openRun(store: SqlStore, runId: number, untilMs = 2 ** 50): Promise<number> {
  return store.transaction('open', (tx) =>
    tx.run('update slice_run set open_until = ? where run_id = ?', [untilMs, runId]),
  );
}

export const expireAll = (store: SqlStore, runId: number): Promise<number> =>
  store.transaction('expire', (tx) => tx.run('update slice set lease_until = 0 where run_id = ?', [runId]));

type Row = Record<string, string | number | null>;
const keyed = (row: Row): number => Number(row.slice_no);

/** I9, I10, I23: membership partition, sums, keys, epochs and histories. Shares no code with what it checks. */
export async function expectWholeRun(store: SqlStore, { runId, rows, sliceBy }: GivenRun): Promise<void> {
  const all = (text: string) => store.read('truth', (db) => db.all<Row>(text, [runId]));
  // Amounts as text: sums of them are larger than any number is exact.
  const items = await all(
    'select slice_no, seq, subject, currency, cast(amount_minor as char) as amount_minor from item where run_id = ? order by seq',
  );
  expect(items.map(({ seq, subject }) => [seq, subject])).toEqual(rows.map(({ subject }, at) => [at + 1, subject]));
  const slices = await all('select * from slice where run_id = ? order by lo');
  const [run] = await all('select * from slice_run where run_id = ?');
  expect([run?.slice_count, run?.item_count]).toEqual([slices.length, rows.length]);
  expect(slices.map(keyed).sort((a, b) => a - b)).toEqual(slices.map((_slice, no) => no));
  const expected = Map.groupBy(
    await all(
      'select slice_no, currency, item_count, cast(amount_minor as char) as amount_minor from slice_expected where run_id = ?',
    ),
    keyed,
  );
  const ofSlice = Map.groupBy(items, keyed);
  let next = 1;
  for (const slice of slices) {
    const mine = ofSlice.get(keyed(slice)) ?? [];
    expect(slice).toMatchObject({ lo: next, hi: next + mine.length - 1, item_count: mine.length });
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.map(({ seq }) => seq)).toEqual(mine.map((_item, at) => next + at));
    expect(sumsOf(expected.get(keyed(slice)) ?? [])).toEqual(sumsOf(mine.map((item) => ({ ...item, item_count: 1 }))));
    next += mine.length;
  }
  expect(next).toBe(rows.length + 1);
  await expectLeases(store, runId);
  await expectHistories(store, runId, slices);
  if (sliceBy !== undefined) await expectKeysWhole(store, runId, rows, items);
}

function sumsOf(rows: readonly Row[]): Record<string, string> {
  const sums = new Map<string, [number, bigint]>();
  for (const { currency, item_count, amount_minor } of rows) {
    const [count, amount] = sums.get(String(currency)) ?? [0, 0n];
    sums.set(String(currency), [count + Number(item_count), amount + BigInt(amount_minor ?? 0)]);
  }
  return Object.fromEntries([...sums].sort().map(([currency, [count, amount]]) => [currency, `${count} of ${amount}`]));
}

/** Every holding of a slice has an epoch of its own, one more than the one before. */
async function expectLeases(store: SqlStore, runId: number): Promise<void> {
  const leases = await store.read('leases', (db) =>
    db.all<Row>('select slice_no, epoch from slice_lease where run_id = ? order by slice_no, epoch', [runId]),
  );
  for (const [, ofSlice] of Map.groupBy(leases, keyed)) {
    expect(ofSlice.map(({ epoch }) => epoch)).toEqual(ofSlice.map((_lease, at) => at + 1));
  }
}

async function expectHistories(store: SqlStore, runId: number, slices: readonly Row[]): Promise<void> {
  const history = await store.read('history', (db) =>
    db.all<Row>('select * from history where run_id = ? order by slice_no, no', [runId]),
  );
  const ofSlice = Map.groupBy(history, keyed);
  for (const slice of slices) {
    let previous = '';
    for (const row of ofSlice.get(keyed(slice)) ?? []) {
      const { run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions } = row;
      const fields = [run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions];
      previous = createHash('sha256')
        .update(`${previous}|${fields.join('|')}`)
        .digest('hex');
      expect(row.hash).toBe(previous);
    }
    expect(slice.history_hash).toBe(previous);
  }
}

async function expectKeysWhole(
  store: SqlStore,
  runId: number,
  rows: readonly SelectedRow[],
  items: readonly Row[],
): Promise<void> {
  const homes = new Map<string, Set<unknown>>();
  items.forEach((item, at) => {
    const key = rows[at]?.key ?? '';
    homes.set(key, (homes.get(key) ?? new Set()).add(item.slice_no));
  });
  expect([...homes].filter(([, nos]) => nos.size > 1)).toEqual([]);
  const begins = await store.read('keys', (db) =>
    db.all<Row>('select * from slice_key where run_id = ? order by first_seq', [runId]),
  );
  const first = rows.flatMap((row, at) => (row.key === rows[at - 1]?.key ? [] : [[row.key, at + 1]]));
  expect(begins.map(({ item_key, first_seq }) => [item_key, first_seq])).toEqual(first);
  for (const { slice_no, first_seq } of begins) expect(items[Number(first_seq) - 1]?.slice_no).toBe(slice_no);
}
