import { afterEach, expect, test } from 'vitest';
import { NOTHING_LEARNED } from '../../../../executor/slice/choose-slice.ts';
import { claimSlice } from '../../../../executor/slice/claim-slice.ts';
import { HeldSlice } from '../../../../executor/slice/held-slice.ts';
import { SliceBeat } from '../../../../executor/slice/slice-beat.ts';
import { LEASE_MS } from '../../../../executor/slice/slice-lease.ts';
import { NO_THROTTLE } from '../../../../executor/slice/throttle.ts';
import { MoneyWorld } from '../../../support/money-world.ts';

let world: MoneyWorld;
let beat: SliceBeat;
afterEach(async () => {
  await beat.stop();
  await world.close();
});

/** A slice that is held and a beat that renews it, at a store and a clock of its own. */
async function givenHeld(): Promise<HeldSlice> {
  world = await MoneyWorld.open({ connect: false });
  const { store, runtime } = world;
  await world.plant(
    `insert into slice_run (run_id, chain_run_id, job, group_name, downstream_id, business_date, shard_total, high_water,
       state, created_at, open_until) values (7, 1, 'premium-debit', 'PREMIUM', 1, '2026-11-20', 1, 0, 'frozen', 0, ?)`,
    [Number.MAX_SAFE_INTEGER],
  );
  await world.plant(
    'insert into slice (run_id, slice_no, home_shard, lo, hi, cursor_seq, sent_to_seq, item_count) values (7, 0, 0, 1, 10, 0, 0, 10)',
  );
  const claim = await claimSlice(store, { runId: 7, shardIndex: 0, owner: 'a', learned: NOTHING_LEARNED });
  if (claim.kind !== 'leased') throw new Error(`not leased: ${claim.kind}`);
  const held = new HeldSlice(claim.lease, runtime.clock, { sinceMs: runtime.clock.monotonicMs(), leaseMs: LEASE_MS });
  const quiet = (): void => undefined;
  beat = new SliceBeat({
    ...{ store, runtime, runId: 7, shardIndex: 0, leaseMs: LEASE_MS, stallMs: 60_000, throttle: NO_THROTTLE },
    signal: new AbortController().signal,
    log: { info: quiet, warn: quiet, error: quiet },
  });
  await beat.start();
  beat.hold(held);
  return held;
}

/** How much of the lease is left by the store's clock. */
async function leftMs(): Promise<number> {
  const [row] = await world.rows<{ lease_until: number }>('select lease_until from slice where slice_no = 0');
  return Number(row?.lease_until) - world.runtime.clock.wallMs();
}

test('a slice that is worked for long is renewed before half of its lease is over', async () => {
  await givenHeld();
  for (let turn = 0; turn < 4; turn += 1) {
    await world.runtime.advance(LEASE_MS / 2);
    expect(await leftMs()).toBeGreaterThan(LEASE_MS / 2);
  }
});

test('a lease that a chunk has put ahead just now is left alone, and renewed with the next beat', async () => {
  const held = await givenHeld();
  // The first beat comes after a third of a lease; shortly before it a chunk has noted its own renewal.
  await world.runtime.advance(LEASE_MS / 3 - 100);
  held.noteHeld(world.runtime.clock.monotonicMs(), LEASE_MS);
  await world.runtime.advance(200);
  expect(await leftMs()).toBeLessThan((LEASE_MS * 3) / 4);
  await world.runtime.advance(LEASE_MS / 3);
  expect(await leftMs()).toBeGreaterThan((LEASE_MS * 3) / 4);
});
