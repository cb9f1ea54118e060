import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handOf, NOTHING_LEARNED } from '../../executor/slice/choose-slice.ts';
import { claimSlice, readOpenSlices } from '../../executor/slice/claim-slice.ts';
import { commitRows } from '../../executor/slice/commit-rows.ts';
import type { SelectedRow } from '../../executor/slice/selection.ts';
import { releaseSlice, renewLease, type SliceLease } from '../../executor/slice/slice-lease.ts';
import { splitSlice } from '../../executor/slice/split-slice.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { isDaybreakError } from '../../shared/errors.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, type StorePlace } from '../support/each-store.ts';
import { expectWholeRun, expireAll, type GivenRun, givenFrozenRun, openRun } from '../support/sliced-run.ts';

/** Rows that were written, without any key: one that comes twice stands there twice. */
const written: Migration = {
  id: '1-written',
  statements: (w) => [
    `create table written (id ${w.autoId}, run_id ${w.bigint} not null, subject ${w.bigint} not null)${w.table}`,
  ],
};

const rowsOf = (count: number, given: (at: number) => Partial<SelectedRow> = () => ({})): SelectedRow[] =>
  Array.from({ length: count }, (_, at) => ({
    subject: at + 1,
    amountMinor: 9_007_199_254_740_000 + (at % 7),
    currency: ['CNY', 'USD', 'JPY'][at % 3] ?? '',
    ...given(at),
  }));

const CHUNK = 10;
/** Nobody waits for a lease in these tests: they are made to run out. */
const LEASE_MS = 600_000;
let runs = 0;

/** One worker that does one thing at a time, as the worker loop would, and forgets what it holds when it crashes. */
class Hand {
  held: { lease: SliceLease; cursorSeq: number; hi: number } | null = null;
  readonly #store: SqlStore;
  readonly #run: GivenRun;
  readonly #name: string;
  readonly #shardIndex: number | null;

  constructor(store: SqlStore, run: GivenRun, at: { name: string; shardIndex: number | null }) {
    this.#store = store;
    this.#run = run;
    this.#name = at.name;
    this.#shardIndex = at.shardIndex;
  }

  get who() {
    return {
      runId: this.#run.runId,
      shardIndex: this.#shardIndex,
      owner: this.#name,
      leaseMs: LEASE_MS,
      handRows: CHUNK,
    };
  }

  async claim(): Promise<boolean> {
    const claim = await claimSlice(this.#store, { ...this.who, learned: NOTHING_LEARNED });
    if (claim.kind === 'leased') this.#hold(claim.lease);
    return claim.kind === 'leased';
  }

  #hold(lease: SliceLease): void {
    this.held = { lease, cursorSeq: lease.cursorSeq, hi: lease.hi };
  }

  /** Splits whatever is longest by rows, with a view that may be old by then. */
  async split(rowsMin: number): Promise<boolean> {
    const slices = await this.#store.read('look', (db) => readOpenSlices(db, this.#run.runId));
    const held = slices.filter(({ state }) => state === 'leased');
    const [seen] = held.sort((a, b) => b.hi - handOf(b) - (a.hi - handOf(a)));
    if (seen === undefined) return false;
    const split = await splitSlice(this.#store, { ...this.who, rowsMin }, seen);
    if (split.kind === 'leased') this.#hold(split.lease);
    return split.kind === 'leased';
  }

  async chunk(): Promise<void> {
    const { held } = this;
    if (held === null) return;
    const { lease, cursorSeq } = held;
    const { runId } = this.#run;
    const members = await this.#store.read('read', (db) =>
      db.arrays(
        `select seq, subject from item where run_id = ? and slice_no = ? and seq > ? order by seq limit ${CHUNK}`,
        [runId, lease.sliceNo, cursorSeq],
      ),
    );
    const done = members.map(([seq, subject]) => ({
      seq: Number(seq),
      subject: Number(subject),
      result: Number(subject),
    }));
    const chunk = { fromSeq: cursorSeq + 1, toSeq: done.at(-1)?.seq ?? cursorSeq, done, bad: [] };
    try {
      const end = await commitRows(this.#store, lease, chunk, {
        name: 'rows',
        leaseMs: LEASE_MS,
        handRows: CHUNK,
        badRowsMax: 0,
        write: async (tx, rows) => {
          await tx.insertRows(
            { table: 'written', columns: ['run_id', 'subject'] },
            rows.map(({ result }) => [runId, result]),
          );
        },
      });
      if (end.kind !== 'moved' || end.cursorSeq >= end.hi) this.held = null;
      else this.held = { lease, cursorSeq: end.cursorSeq, hi: end.hi };
    } catch (error) {
      if (!isDaybreakError(error, 'LEASE_LOST')) throw error;
      this.held = null;
    }
  }

  async giveBack(): Promise<void> {
    if (this.held !== null) await releaseSlice(this.#store, this.held.lease);
    this.held = null;
  }
}

describeOnEachStore('slices that are stolen and split', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  beforeAll(async () => {
    place = await newPlace();
    store = await openSqlStore(place.url, { runtime: systemRuntime(), logger: silentLogger });
    await migrate(store, [...executorMigrations, written], { logger: silentLogger });
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  const given = async (run: Omit<GivenRun, 'runId'>): Promise<GivenRun> => {
    const whole = { chunkSize: CHUNK, ...run, runId: ++runs };
    await givenFrozenRun(store, whole);
    return whole;
  };
  const hand = (run: GivenRun, name: string, shardIndex: number | null = 0): Hand =>
    new Hand(store, run, { name, shardIndex });
  const writtenOf = (runId: number): Promise<number[]> =>
    store.read('written', async (db) =>
      (await db.arrays('select subject from written where run_id = ? order by subject', [runId])).map((row) =>
        Number(row[0]),
      ),
    );
  const slicesOf = (runId: number) =>
    store.read('slices', (db) =>
      db.all<Record<string, number | string>>('select * from slice where run_id = ? order by slice_no', [runId]),
    );

  /** Whatever is left is done by one who comes last. */
  async function finish(run: GivenRun, ...others: Hand[]): Promise<void> {
    await expireAll(store, run.runId);
    const last = hand(run, 'last', null);
    while (await last.claim()) while (last.held !== null) await last.chunk();
    for (const other of others) await other.chunk();
    expect((await slicesOf(run.runId)).every(({ state }) => state === 'done')).toBe(true);
    expect(await writtenOf(run.runId)).toEqual(run.rows.map(({ subject }) => subject));
    await expectWholeRun(store, run);
  }

  test('any order of claims, steals, splits, chunks, crashes and expiries: each row once, and all sums exact', async () => {
    const step = fc.record({
      who: fc.nat(3),
      what: fc.constantFrom('claim', 'split', 'chunk', 'chunk', 'chunk', 'crash', 'expire', 'give back', 'renew'),
      rowsMin: fc.constantFrom(1, 5, 20),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 230 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.array(step, { maxLength: 60 }),
        async (count, groups, byKey, steps) => {
          const keys = groups.flatMap((rows, no) => Array<string>(rows).fill(`m${no}`));
          const run = await given(
            byKey
              ? { rows: rowsOf(keys.length, (at) => ({ key: keys[at] ?? '' })), sliceBy: 'merchant', shardTotal: 3 }
              : { rows: rowsOf(count), shardTotal: 3 },
          );
          const hands = [0, 1, 2, null].map((shardIndex, no) => hand(run, `h${no}`, shardIndex));
          for (const { who, what, rowsMin } of steps) {
            const one = hands[who] as Hand;
            if (what === 'claim' && one.held === null) await one.claim();
            else if (what === 'split' && one.held === null) await one.split(rowsMin);
            else if (what === 'chunk') await one.chunk();
            else if (what === 'crash') one.held = null;
            else if (what === 'expire') await expireAll(store, run.runId);
            else if (what === 'give back') await one.giveBack();
            else if (what === 'renew' && one.held !== null) await renewLease(store, one.held.lease, LEASE_MS);
          }
          // Those who still hold something come too late with it, whatever they do.
          await finish(run, ...hands);
        },
      ),
      { numRuns: store.dialect === 'sqlite' ? 60 : 6 },
    );
  });

  test('several at the same time: each row once, and no two have a slice', async () => {
    const run = await given({ rows: rowsOf(400), shardTotal: 4 });
    const hands = [0, 1, 2, 3, null, null].map((shardIndex, no) => hand(run, `h${no}`, shardIndex));
    await Promise.all(
      hands.map(async (one) => {
        for (let idle = 0; idle < 40; ) {
          if ((await one.claim()) || (await one.split(5))) idle = 0;
          else idle += 1;
          while (one.held !== null) await one.chunk();
        }
      }),
    );
    await finish(run);
    expect((await slicesOf(run.runId)).length).toBeGreaterThan(8);
  });

  test('a split moves the rows above the cut, their keys and their sums; the holder learns of it in its next chunk', async () => {
    const run = await given({ rows: rowsOf(50) });
    const [owner, thief] = [hand(run, 'owner'), hand(run, 'thief', null)];
    expect(await owner.claim()).toBe(true);
    await owner.chunk();
    expect(owner.held).toMatchObject({ cursorSeq: 10, hi: 50 });
    expect(await thief.split(5)).toBe(true);
    expect(thief.held).toMatchObject({ cursorSeq: 35, hi: 50, lease: { sliceNo: 1, epoch: 1, volunteer: true } });
    const [parent, child] = await slicesOf(run.runId);
    expect(parent).toMatchObject({ hi: 35, item_count: 35, epoch: 1, owner: 'owner', cursor_seq: 10 });
    expect(child).toMatchObject({ lo: 36, hi: 50, item_count: 15, parent_slice_no: 0, wave: 1, home_shard: 0 });
    await expectWholeRun(store, run);
    await owner.chunk();
    expect(owner.held).toMatchObject({ cursorSeq: 20, hi: 35 });
    await finish(run, owner, thief);
  });

  test('a shard that splits sees the child through: it is its home', async () => {
    const run = await given({ rows: rowsOf(200), shardTotal: 4 });
    const [owner, thief] = [hand(run, 'owner', 0), hand(run, 'thief', 3)];
    await owner.claim();
    expect(await thief.split(5)).toBe(true);
    expect((await slicesOf(run.runId)).at(-1)).toMatchObject({ home_shard: 3, parent_slice_no: 0 });
    await finish(run, owner, thief);
  });

  test('what is in hand is never split off, and what is sent never', async () => {
    const run = await given({ rows: rowsOf(50) });
    const [owner, thief] = [hand(run, 'owner'), hand(run, 'thief', null)];
    await owner.claim();
    const setEnds = (set: string) =>
      store.transaction('set', (tx) => tx.run(`update slice set ${set} where run_id = ?`, [run.runId]));
    await setEnds('read_to_seq = 50');
    expect(await thief.split(1)).toBe(false);
    await setEnds('read_to_seq = 10, sent_to_seq = 50');
    expect(await thief.split(1)).toBe(false);
    await setEnds('read_to_seq = 10, sent_to_seq = 0');
    expect(await thief.split(40)).toBe(true);
    expect(thief.held).toMatchObject({ cursorSeq: 10 });
    await finish(run, owner, thief);
  });

  test('a row above the cut that is not PENDING any more forbids the split, and nothing of it stays', async () => {
    const run = await given({ rows: rowsOf(50) });
    const [owner, thief] = [hand(run, 'owner'), hand(run, 'thief', null)];
    await owner.claim();
    const set = (state: string) =>
      store.transaction('set', (tx) =>
        tx.run('update item set state = ? where run_id = ? and seq = 45', [state, run.runId]),
      );
    await set('PROCESSING');
    await expect(thief.split(5)).rejects.toMatchObject({ code: 'INVARIANT_BROKEN' });
    await set('PENDING');
    expect(await slicesOf(run.runId)).toHaveLength(1);
    await finish(run, owner);
  });

  test('a decision that is old by the time of the lock is not carried out', async () => {
    const run = await given({ rows: rowsOf(50) });
    const [owner, heir] = [hand(run, 'owner'), hand(run, 'heir')];
    await owner.claim();
    await expireAll(store, run.runId);
    await heir.claim();
    const thief = { ...hand(run, 'thief', null).who, rowsMin: 1 };
    expect(await splitSlice(store, thief, { sliceNo: 0, epoch: 1 })).toEqual({ kind: 'no_cut' });
    expect(await splitSlice(store, thief, { sliceNo: 0, epoch: 2 })).toMatchObject({ kind: 'leased' });
    await finish(run, owner, heir);
  });

  test('a hot key is one slice, however many rows it has, and is not split', async () => {
    const rows = rowsOf(300, (at) => ({ key: at < 20 ? 'a' : at < 220 ? 'hot' : `m${at}` }));
    const run = await given({ rows, sliceBy: 'merchant' });
    const slices = await slicesOf(run.runId);
    expect(slices.filter(({ hot }) => hot === 1)).toMatchObject([{ lo: 21, hi: 220, item_count: 200 }]);
    // The longest work goes first to who has no shard.
    const [owner, thief] = [hand(run, 'owner', null), hand(run, 'thief', null)];
    await owner.claim();
    expect(owner.held?.hi).toBe(220);
    expect(await thief.split(1)).toBe(false);
    await finish(run, owner, thief);
  });

  test('by key a slice is cut between keys and nowhere else', async () => {
    const run = await given({ rows: rowsOf(45, (at) => ({ key: `m${Math.floor(at / 20)}` })), sliceBy: 'merchant' });
    const [owner, thief, third] = [hand(run, 'owner'), hand(run, 'thief', null), hand(run, 'third', null)];
    await owner.claim();
    expect(await thief.split(5)).toBe(true);
    expect(thief.held).toMatchObject({ cursorSeq: 20, hi: 45 });
    expect(await third.split(5)).toBe(true);
    expect(third.held).toMatchObject({ cursorSeq: 40, hi: 45 });
    expect(await hand(run, 'fourth', null).split(5)).toBe(false);
    await finish(run, owner, thief, third);
  });

  test('a selection that gives a key in two places is refused, with what to do', async () => {
    const rows = rowsOf(60, (at) => ({ key: `m${at % 2}` }));
    await expect(given({ rows, sliceBy: 'merchant' })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('order by key'),
    });
  });

  test('a run that is not open gives nothing to anybody: no slice, no split, no chunk of a volunteer', async () => {
    const run = await given({ rows: rowsOf(120) });
    const [owner, helper] = [hand(run, 'owner'), hand(run, 'helper', null)];
    await owner.claim();
    await helper.claim();
    await openRun(store, run.runId, 0);
    expect(await hand(run, 'late').claim()).toBe(false);
    expect(await hand(run, 'late', null).split(1)).toBe(false);
    const before = await writtenOf(run.runId);
    await helper.chunk();
    expect(await writtenOf(run.runId)).toEqual(before);
    // The attempt's own chunk that had begun still counts.
    await owner.chunk();
    expect(await writtenOf(run.runId)).toHaveLength(CHUNK);
    await openRun(store, run.runId);
    await finish(run, owner);
  });

  test('who was fenced off writes nothing, whatever it still holds in hand (I7)', async () => {
    const run = await given({ rows: rowsOf(30) });
    const [stale, heir] = [hand(run, 'stale'), hand(run, 'heir')];
    await stale.claim();
    const kept = stale.held;
    await expireAll(store, run.runId);
    await heir.claim();
    await stale.chunk();
    expect(await writtenOf(run.runId)).toEqual([]);
    await heir.chunk();
    stale.held = kept;
    await stale.chunk();
    expect(await writtenOf(run.runId)).toHaveLength(CHUNK);
    await finish(run, heir);
  });
});
