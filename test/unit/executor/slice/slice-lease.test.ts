import { afterEach, describe, expect, test } from 'vitest';
import { NOTHING_LEARNED } from '../../../../executor/slice/choose-slice.ts';
import { type Claim, claimSlice } from '../../../../executor/slice/claim-slice.ts';
import {
  endLease,
  expireLeasesOf,
  holds,
  LEASE_MS,
  releaseSlice,
  renewLease,
  type SliceLease,
} from '../../../../executor/slice/slice-lease.ts';
import { lockSlice, saveSlice } from '../../../../executor/slice/slice-row.ts';
import { MoneyWorld } from '../../../support/money-world.ts';

let world: MoneyWorld;
afterEach(() => world.close());

async function givenSlices(count: number): Promise<void> {
  world = await MoneyWorld.open({ connect: false });
  await world.plant(
    `insert into slice_run (run_id, chain_run_id, job, group_name, downstream_id, business_date, shard_total, high_water,
       state, created_at, open_until) values (7, 1, 'premium-debit', 'PREMIUM', 1, '2026-11-20', 1, 0, 'frozen', 0, ?)`,
    [Number.MAX_SAFE_INTEGER],
  );
  for (let no = 0; no < count; no += 1) {
    await world.plant(
      'insert into slice (run_id, slice_no, home_shard, lo, hi, cursor_seq, sent_to_seq, item_count) values (7, ?, 0, ?, ?, ?, ?, 10)',
      [no, no * 10 + 1, no * 10 + 10, no * 10, no * 10],
    );
  }
}
const claim = (owner: string, shardIndex = 0): Promise<Claim> =>
  claimSlice(world.store, { runId: 7, shardIndex, owner, learned: NOTHING_LEARNED });
const leaseOf = (claimed: Claim): SliceLease => {
  if (claimed.kind !== 'leased') throw new Error(`not leased: ${claimed.kind}`);
  return claimed.lease;
};

describe('a slice lease (I10)', () => {
  test('each slice goes to one holder; when all are held the soonest end is told', async () => {
    await givenSlices(2);
    expect(leaseOf(await claim('a')).sliceNo).toBe(0);
    await world.runtime.advance(1_000);
    expect(leaseOf(await claim('b')).sliceNo).toBe(1);
    const nowMs = world.runtime.clock.wallMs();
    expect(await claim('c')).toMatchObject({ kind: 'nothing', ownLeft: 2, untilMs: nowMs - 1_000 + LEASE_MS, nowMs });
    expect(await claim('c', 1)).toMatchObject({ kind: 'nothing', ownLeft: 0 });
  });

  test('runs out by the store clock, and the heir has the next epoch', async () => {
    await givenSlices(1);
    const first = leaseOf(await claim('a'));
    await world.runtime.advance(LEASE_MS);
    expect((await claim('b')).kind).toBe('nothing');
    await world.runtime.advance(1);
    const heir = leaseOf(await claim('b'));
    expect(heir.epoch).toBe(first.epoch + 1);
    expect(await renewLease(world.store, first)).toBe(false);
    await releaseSlice(world.store, first);
    expect((await claim('c')).kind).toBe('nothing');
    const row = await world.store.transaction('look', (tx) => lockSlice(tx, 7, 0));
    expect(holds(row, first)).toBe(false);
    expect(holds(row, heir)).toBe(true);
  });

  test('the same owner with another epoch does not hold it', async () => {
    await givenSlices(1);
    const first = leaseOf(await claim('a'));
    await world.runtime.advance(LEASE_MS + 1);
    const second = leaseOf(await claim('a'));
    const row = await world.store.transaction('look', (tx) => lockSlice(tx, 7, 0));
    expect(holds(row, first)).toBe(false);
    expect(holds(row, second)).toBe(true);
  });

  test('is renewed while it is held', async () => {
    await givenSlices(1);
    const lease = leaseOf(await claim('a'));
    await world.runtime.advance(9_000);
    expect(await renewLease(world.store, lease)).toBe(true);
    await world.runtime.advance(9_000);
    expect((await claim('b')).kind).toBe('nothing');
  });

  test('given back unfinished, the slice goes on at its cursor', async () => {
    await givenSlices(1);
    const lease = leaseOf(await claim('a'));
    await world.plant('update slice set cursor_seq = 4, sent_to_seq = 4');
    await releaseSlice(world.store, lease);
    expect(leaseOf(await claim('b'))).toMatchObject({ cursorSeq: 4, sentToSeq: 4, epoch: 2 });
  });

  test('at its end the slice is done and is claimed no more', async () => {
    await givenSlices(1);
    leaseOf(await claim('a'));
    await world.store.transaction('end', async (tx) => {
      const slice = await lockSlice(tx, 7, 0);
      if (!slice) throw new Error('no slice');
      slice.cursorSeq = slice.hi;
      await endLease(tx, slice);
      expect(await saveSlice(tx, slice, slice.epoch)).toBe(true);
    });
    expect(await claim('b')).toMatchObject({ kind: 'nothing', slices: [], untilMs: null });
    const [lease] = await world.rows<{ ended_at: number; item_rows: number }>('select * from slice_lease');
    expect(lease).toMatchObject({ ended_at: world.runtime.clock.wallMs(), item_rows: 10 });
  });

  test('a row that is written with an epoch of before changes nothing', async () => {
    await givenSlices(1);
    leaseOf(await claim('a'));
    await world.store.transaction('stale', async (tx) => {
      const slice = await lockSlice(tx, 7, 0);
      if (!slice) throw new Error('no slice');
      slice.cursorSeq = 9;
      expect(await saveSlice(tx, slice, slice.epoch - 1)).toBe(false);
    });
    expect(await world.rows('select cursor_seq from slice')).toEqual([{ cursor_seq: 0 }]);
  });

  test('a start that owns the store alone ends the leases of its chain run at once', async () => {
    await givenSlices(1);
    leaseOf(await claim('dead'));
    expect(await expireLeasesOf(world.store, 2)).toBe(0);
    expect((await claim('b')).kind).toBe('nothing');
    expect(await expireLeasesOf(world.store, 1)).toBe(1);
    expect(leaseOf(await claim('b')).epoch).toBe(2);
  });
});
