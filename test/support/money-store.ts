import type { CallState, ItemState } from '../../executor/downstream/item-states.ts';
import type { Night } from '../../executor/examples/settlement/night-start.ts';
import { formatRequestNo, type Leg } from '../../executor/examples/settlement/request-no.ts';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore, SqlTx, SqlValue } from '../../shared/sql/sql.ts';
import type { NewStorePlace } from './each-store.ts';

export interface OpenedStore {
  readonly store: SqlStore;
  /** Closes it and takes its database away. */
  dispose(): Promise<void>;
}

/** An empty store with the executor's and the settlement's tables, at a place of its own. */
export async function openMoneyStore(newPlace: NewStorePlace): Promise<OpenedStore> {
  const place = await newPlace();
  const store = await openMoneyStoreAt(place.url);
  return {
    store,
    dispose: async () => {
      await store.close();
      await place.drop();
    },
  };
}

export async function openMoneyStoreAt(url: string): Promise<SqlStore> {
  const store = await openSqlStore(
    { url, connections: 2, reserved: 1 },
    { runtime: systemRuntime(), logger: silentLogger },
  );
  await migrate(store, [...executorMigrations, settlement], { logger: silentLogger, component: 'executor' });
  return store;
}

// Two hours before now: which files are fetched depends on the store's own clock.
export const STARTED_AT = Date.now() - 7_200_000;
export const BUSINESS_DATE = new Date(STARTED_AT).toISOString().slice(0, 10);

/** A plan's part in one night, as it would stand when the night is over. Defaults: a premium of 100 CNY, SUCCESS. */
export interface ItemGiven {
  readonly contractNo?: string;
  readonly period?: number;
  readonly leg?: Leg;
  readonly amountMinor?: number;
  readonly currency?: string;
  readonly state?: ItemState;
  readonly reason?: string | null;
  readonly presentation?: number;
  readonly attempt?: number;
  /** What the call holds when it is not what the state says; null: no call row. */
  readonly callState?: CallState | null;
  readonly callCode?: string;
  /** False: nothing in the ledger, though it succeeded. */
  readonly booked?: boolean;
  readonly planState?: string;
  /** The reason of its row in the open table; absent: no row. */
  readonly open?: string;
}

export interface PlacedItem {
  readonly planId: number;
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly requestNo: string;
  readonly gatewayRef: string;
  readonly accountNo: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly contractNo: string;
}

export interface NightGiven {
  readonly store: SqlStore;
  readonly night: Night;
  readonly downstreamId: number;
  readonly runs: Readonly<Record<Leg, number>>;
}

const CALL_OF: Readonly<Record<ItemState, CallState | null>> = {
  PENDING: null,
  BLOCKED: null,
  PROCESSING: 'UNKNOWN',
  RETRY_WAIT: 'VOIDED',
  MANUAL: 'UNKNOWN',
  SUCCESS: 'SUCCEEDED',
  FAILED: 'REFUSED',
};
const PLAN_OF: Readonly<Record<string, string>> = { SUCCESS: 'paid', MANUAL: 'held' };

/** A night with a run per leg, frozen and empty; `placeItems` fills it. */
export async function givenNight(
  store: SqlStore,
  given: { chainRunId?: number; businessDate?: string; startedAtMs?: number; finishedAtMs?: number } = {},
): Promise<NightGiven> {
  const chainRunId = given.chainRunId ?? 1;
  const startedAtMs = given.startedAtMs ?? STARTED_AT;
  const businessDate = given.businessDate ?? BUSINESS_DATE;
  const runs = { PREMIUM: chainRunId * 10 + 1, PRINCIPAL: chainRunId * 10 + 2 };
  return store.transaction('given-night', async (tx) => {
    await tx.insertRows({ table: 'downstream', columns: ['name', 'origin'], onConflict: 'ignore' }, [
      ['gateway', 'simulator'],
    ]);
    const downstream = await tx.get<{ id: number }>(`select id from downstream where name = 'gateway'`);
    const downstreamId = downstream?.id ?? 0;
    const fileId = await tx.insertReturningId(
      `insert into plan_file (sha256, state, path, size_bytes, data_lines, accepted, created_at, activated_at)
       values (?, 'active', 'plans.csv', 1, 0, 0, ?, ?)`,
      [`sha-${chainRunId}`, startedAtMs, startedAtMs],
    );
    const id = await tx.insertReturningId(
      `insert into night (business_date, seq, chain_run_id, plan_sha256, file_id, gateway_origin, cut_off_at, time_zone,
         started_at, finished_at) values (?, ?, ?, ?, ?, 'simulator', ?, 'UTC', ?, ?)`,
      [
        businessDate,
        chainRunId,
        chainRunId,
        `sha-${chainRunId}`,
        fileId,
        startedAtMs + 7_200_000,
        startedAtMs,
        given.finishedAtMs ?? null,
      ],
    );
    for (const [leg, runId] of Object.entries(runs)) {
      await tx.run(
        `insert into slice_run (run_id, chain_run_id, job, group_name, downstream_id, business_date, cut_off_at,
           shard_total, high_water, state, created_at, frozen_at) values (?, ?, ?, ?, ?, ?, ?, 1, 0, 'frozen', ?, ?)`,
        [
          runId,
          chainRunId,
          `${leg.toLowerCase()}-debit`,
          leg,
          downstreamId,
          businessDate,
          startedAtMs + 7_200_000,
        ].concat([startedAtMs + 1_000, startedAtMs + 1_000]),
      );
    }
    const night: Night = {
      id,
      businessDate,
      seq: chainRunId,
      chainRunId,
      planSha256: `sha-${chainRunId}`,
      fileId,
      gatewayOrigin: 'simulator',
      cutOffAtMs: startedAtMs + 7_200_000,
      timeZone: 'UTC',
      startedAtMs,
      finishedAtMs: given.finishedAtMs ?? null,
      exitCode: null,
    };
    return { store, night, downstreamId, runs };
  });
}

/** Adds items with their plans, calls, ledger entries, slice and manifest, as one slice per leg and call of this. */
export async function placeItems(at: NightGiven, given: readonly ItemGiven[]): Promise<PlacedItem[]> {
  const placed: PlacedItem[] = [];
  const { store } = at;
  await store.transaction('place-items', async (tx) => {
    for (const leg of ['PREMIUM', 'PRINCIPAL'] as const) {
      const ofLeg = given.filter((one) => (one.leg ?? 'PREMIUM') === leg);
      if (ofLeg.length === 0) continue;
      const runId = at.runs[leg];
      const next = await tx.get<{ slice_no: number; seq: number }>(
        `select coalesce(max(slice_no), -1) + 1 as slice_no, coalesce(max(hi), 0) + 1 as seq from slice where run_id = ?`,
        [runId],
      );
      const sliceNo = next?.slice_no ?? 0;
      let seq = next?.seq ?? 1;
      const lo = seq;
      const rows = {
        item: [] as SqlValue[][],
        call: [] as SqlValue[][],
        ledger: [] as SqlValue[][],
        open: [] as SqlValue[][],
      };
      for (const one of ofLeg) {
        const item = await placeOne(tx, at, one, { leg, runId, sliceNo, seq: seq++ }, rows);
        placed.push(item);
      }
      await tx.run(
        `insert into slice (run_id, slice_no, home_shard, lo, hi, item_count, state, cursor_seq, sent_to_seq)
         values (?, ?, 0, ?, ?, ?, 'done', ?, ?)`,
        [runId, sliceNo, lo, seq - 1, ofLeg.length, seq - 1, seq - 1],
      );
      await tx.insertRows({ table: 'item', columns: ITEM }, rows.item);
      await tx.insertRows({ table: 'call_out', columns: CALL }, rows.call);
      await tx.insertRows({ table: 'ledger', columns: LEDGER }, rows.ledger);
      await tx.insertRows({ table: 'open_item', columns: OPEN }, rows.open);
      await tx.run(
        `insert into slice_expected (run_id, slice_no, group_name, currency, item_count, amount_minor)
         select run_id, slice_no, ?, currency, count(*), sum(amount_minor) from item
          where run_id = ? and slice_no = ? group by run_id, slice_no, currency`,
        [leg, runId, sliceNo],
      );
    }
  });
  // In the order in which they were given, not leg by leg.
  const byLeg = {
    PREMIUM: placed.filter((p) => p.runId === at.runs.PREMIUM),
    PRINCIPAL: placed.filter((p) => p.runId === at.runs.PRINCIPAL),
  };
  return given.map((one) => byLeg[one.leg ?? 'PREMIUM'].shift() as PlacedItem);
}

const ITEM = [
  'run_id',
  'slice_no',
  'seq',
  'subject',
  'amount_minor',
  'currency',
  'state',
  'presentation',
  'attempt',
  'reason',
];
const CALL = [
  'downstream_id',
  'subject',
  'presentation',
  'attempt',
  'run_id',
  'slice_no',
  'seq',
  'request_no',
  'body_hash',
  'account_no',
  'amount_minor',
  'currency',
  'expire_at',
  'key_dead_at',
  'stored_at',
  'send_deadline_at',
  'sends',
  'state',
  'code',
  'gateway_ref',
  'settled_by',
  'settled_at',
];
const LEDGER = [
  'downstream_id',
  'subject',
  'presentation',
  'attempt',
  'entry_type',
  'run_id',
  'group_name',
  'currency',
  'amount_minor',
  'gateway_ref',
  'booked_at',
];
const OPEN = ['downstream_id', 'run_id', 'slice_no', 'seq', 'reason', 'opened_at', 'next_check_at'];

let contracts = 0;

async function placeOne(
  tx: SqlTx,
  at: NightGiven,
  one: ItemGiven,
  place: { leg: Leg; runId: number; sliceNo: number; seq: number },
  rows: { item: SqlValue[][]; call: SqlValue[][]; ledger: SqlValue[][]; open: SqlValue[][] },
): Promise<PlacedItem> {
  const { leg, runId, sliceNo, seq } = place;
  const contractNo = one.contractNo ?? `C${String(++contracts).padStart(9, '0')}`;
  const period = one.period ?? 1;
  const amountMinor = one.amountMinor ?? 10_000;
  const currency = one.currency ?? 'CNY';
  const state = one.state ?? 'SUCCESS';
  const callState = one.callState === undefined ? CALL_OF[state] : one.callState;
  const attempt = one.attempt ?? (state === 'PENDING' || state === 'BLOCKED' ? 0 : 1);
  const presentation = one.presentation ?? 1;
  const accountNo = `62${contractNo}`;
  const planState = one.planState ?? PLAN_OF[state] ?? 'open';
  const known = await tx.get<{ id: number }>('select id from plan where contract_no = ? and period = ? and leg = ?', [
    contractNo,
    period,
    leg,
  ]);
  const planId =
    known?.id ??
    (await tx.insertReturningId(
      `insert into plan (contract_no, period, leg, customer_no, merchant_no, account_no, currency, amount_minor, due_date,
         file_id, line_no, state, presentation) values (?, ?, ?, 'U1', 'M1', ?, ?, ?, ?, ?, 2, ?, ?)`,
      [
        contractNo,
        period,
        leg,
        accountNo,
        currency,
        amountMinor,
        at.night.businessDate,
        at.night.fileId,
        planState,
        presentation,
      ],
    ));
  if (known !== null)
    await tx.run('update plan set state = ?, presentation = ? where id = ?', [planState, presentation, planId]);
  const requestNo = formatRequestNo({
    environment: 'test',
    contractNo,
    period,
    leg,
    presentation,
    attempt: Math.max(1, attempt),
  });
  const gatewayRef = `G-${requestNo}`;
  const succeeded = callState === 'SUCCEEDED';
  rows.item.push([
    runId,
    sliceNo,
    seq,
    planId,
    amountMinor,
    currency,
    state,
    presentation,
    attempt,
    one.reason ?? null,
  ]);
  const now = at.night.startedAtMs + 2_000;
  if (callState !== null) {
    const settled = callState === 'SUCCEEDED' || callState === 'REFUSED' || callState === 'VOIDED';
    rows.call.push([
      at.downstreamId,
      planId,
      presentation,
      attempt,
      runId,
      sliceNo,
      seq,
      requestNo,
      'hash',
      accountNo,
      amountMinor,
      currency,
      now + 1,
      now + 2,
      now,
      now + 15_000,
      1,
      callState,
      one.callCode ?? null,
      succeeded ? gatewayRef : null,
      settled ? 'reply' : null,
      settled ? now + 500 : null,
    ]);
  }
  if (one.booked ?? succeeded) {
    rows.ledger.push([
      at.downstreamId,
      planId,
      presentation,
      attempt,
      'DEBIT',
      runId,
      leg,
      currency,
      amountMinor,
      gatewayRef,
      now + 500,
    ]);
  }
  if (one.open !== undefined) rows.open.push([at.downstreamId, runId, sliceNo, seq, one.open, now, now]);
  return { planId, runId, sliceNo, seq, requestNo, gatewayRef, accountNo, amountMinor, currency, contractNo };
}

/** Runs one statement, for planting a fault. */
export function plant(store: SqlStore, text: string, params: readonly SqlValue[] = []): Promise<number> {
  return store.transaction('plant', (tx) => tx.run(text, params));
}
