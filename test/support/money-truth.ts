import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { ScriptedGateway } from './money-gateway.ts';

/**
 * What must be true of a store and of the gateway's books after anything at all. Reads tables and books only and
 * shares no code with the engine: the states are derived anew from the history.
 */
export async function expectTruth(world: { store: SqlStore; gateway: ScriptedGateway }): Promise<void> {
  expectNoSecondDebit(world.gateway);
  const facts = await readFacts(world.store);
  expectChains(facts);
  expectDerivedStates(facts);
  expectCounters(facts);
  expectNobodyForgotten(facts);
  expectBooks(facts, world.gateway);
  expectToldOnce(facts);
}

/** I3: per plan at most one successful debit, ever, whatever keys were used. */
export function expectNoSecondDebit(gateway: ScriptedGateway): void {
  const perPlan = new Map<string, number>();
  for (const [requestNo, { executions }] of gateway.books) {
    const plan = requestNo.split('.').slice(0, 4).join('.');
    perPlan.set(plan, (perPlan.get(plan) ?? 0) + executions);
  }
  expect([...perPlan].filter(([, count]) => count > 1)).toEqual([]);
}

interface Item {
  run_id: number;
  slice_no: number;
  seq: number;
  subject: number;
  state: string;
  attempt: number;
  presentation: number;
  amount_minor: number;
  currency: string;
}
interface Slice {
  run_id: number;
  slice_no: number;
  lo: number;
  hi: number;
  cursor_seq: number;
  sent_to_seq: number;
  item_count: number;
  settled_count: number;
  open_count: number;
  state: string;
  told: number;
  history_no: number;
  history_hash: string;
  chain_run_id: number | null;
}
type Row = Record<string, string | number | null>;
interface Facts {
  items: Item[];
  slices: Slice[];
  history: Row[];
  open: Row[];
  calls: Row[];
  ledger: Row[];
  told: Row[];
  chainRunId: number;
}

async function readFacts(store: SqlStore): Promise<Facts> {
  return store.read('truth', async (db) => ({
    items: await db.all<Item>('select * from item order by run_id, slice_no, seq'),
    slices: await db.all<Slice>('select s.*, r.chain_run_id from slice s join slice_run r on r.run_id = s.run_id'),
    history: await db.all<Row>('select * from history order by run_id, slice_no, no'),
    open: await db.all<Row>('select * from open_item'),
    calls: await db.all<Row>('select * from call_out'),
    ledger: await db.all<Row>('select * from ledger'),
    told: await db.all<Row>(`select * from x_outbox where kind = 'slice-settled'`),
    chainRunId: Number((await db.get<Row>('select max(chain_run_id) as id from night'))?.id ?? 0),
  }));
}

type At = { readonly run_id?: unknown; readonly slice_no?: unknown; readonly seq?: unknown };
const keyOf = (row: At): string => `${row.run_id}/${row.slice_no}`;
const itemKey = (row: At): string => `${keyOf(row)}/${row.seq}`;

/** I23: numbered without a gap, and each hash covers the row and the hash before it. */
function expectChains({ slices, history }: Facts): void {
  for (const slice of slices) {
    let previous = '';
    let no = 0;
    for (const row of history.filter((one) => keyOf(one) === keyOf(slice))) {
      no += 1;
      expect(row.no).toBe(no);
      expect(row.prev_hash).toBe(previous);
      const { run_id, slice_no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions } = row;
      const fields = [run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions];
      previous = createHash('sha256')
        .update(`${previous}|${fields.join('|')}`)
        .digest('hex');
      expect(row.hash).toBe(previous);
    }
    expect(slice).toMatchObject({ history_no: no, history_hash: previous });
  }
}

const EDGES: Record<string, string[]> = {
  PENDING: ['PROCESSING', 'BLOCKED'],
  PROCESSING: ['SUCCESS', 'FAILED', 'RETRY_WAIT', 'MANUAL'],
  RETRY_WAIT: ['PROCESSING', 'MANUAL'],
  MANUAL: ['SUCCESS', 'FAILED', 'RETRY_WAIT'],
};

/** Each item's history, derived from the rows of its slice, walks along the edges and ends in its state. */
function expectDerivedStates({ items, history }: Facts): void {
  const derived = new Map(items.map((item) => [itemKey(item), 'PENDING']));
  const epochs = new Map<string, number>();
  const move = (key: string, from: string, to: string): void => {
    expect(derived.get(key), `${key} moved from`).toBe(from);
    if (from !== to) expect(EDGES[from] ?? [], `edge of ${key} from ${from}`).toContain(to);
    derived.set(key, to);
  };
  for (const row of history) {
    // I7: no change carries an epoch below the highest before it.
    expect(Number(row.epoch)).toBeGreaterThanOrEqual(epochs.get(keyOf(row)) ?? 0);
    epochs.set(keyOf(row), Number(row.epoch));
    const listed = JSON.parse(String(row.exceptions)) as [number, string, string?][];
    if (row.from_state === 'LISTED') {
      for (const [seq, change] of listed) {
        const [from = '', to = ''] = change.split('>');
        move(itemKey({ ...row, seq }), from, to);
      }
      continue;
    }
    const other = new Map(listed.map(([seq, state]) => [seq, state]));
    for (let seq = Number(row.from_seq); seq <= Number(row.to_seq); seq += 1) {
      const key = itemKey({ ...row, seq });
      // A range speaks of those of its items that are in its first state.
      if (derived.get(key) === row.from_state)
        move(key, String(row.from_state), other.get(seq) ?? String(row.to_state));
    }
  }
  expect(Object.fromEntries(derived)).toEqual(Object.fromEntries(items.map((item) => [itemKey(item), item.state])));
}

const SETTLED = ['SUCCESS', 'FAILED', 'BLOCKED', 'MANUAL'];

function expectCounters({ slices, items, open }: Facts): void {
  for (const slice of slices) {
    const mine = items.filter((item) => keyOf(item) === keyOf(slice));
    expect({
      items: slice.item_count,
      settled: slice.settled_count,
      open: slice.open_count,
      range: [slice.lo, slice.hi],
    }).toEqual({
      items: mine.length,
      settled: mine.filter((item) => SETTLED.includes(item.state)).length,
      open: open.filter((row) => keyOf(row) === keyOf(slice)).length,
      range: [mine[0]?.seq, mine.at(-1)?.seq],
    });
  }
}

/** I5: final or MANUAL, or a row in the open table, or in the hands of a slice, or left to the next night. */
function expectNobodyForgotten({ items, slices, open, chainRunId }: Facts): void {
  const opened = new Set(open.map((row) => itemKey(row)));
  const sliceOf = new Map(slices.map((slice) => [keyOf(slice), slice]));
  const wrong = items.filter((item) => {
    const slice = sliceOf.get(keyOf(item));
    const hasRow = opened.has(itemKey(item));
    if (SETTLED.includes(item.state)) return hasRow;
    if (hasRow || !slice) return !slice;
    const inHand = item.seq > slice.cursor_seq && (item.state === 'PENDING' || item.seq <= slice.sent_to_seq);
    const left = slice.chain_run_id !== chainRunId && item.state !== 'PROCESSING';
    return !inHand && !left;
  });
  expect(wrong, 'items that nobody looks after, or settled ones with an open row').toEqual([]);
}

/** I6, I12, I15: ledger, calls and items say the same, and each SUCCESS is one in the gateway's books. */
function expectBooks({ items, calls, ledger }: Facts, gateway: ScriptedGateway): void {
  for (const item of items) {
    expect(item.attempt).toBeLessThanOrEqual(5);
    const mine = calls.filter((call) => call.subject === item.subject && call.presentation === item.presentation);
    const ofItem = mine.filter((call) => itemKey(call) === itemKey(item));
    expect(ofItem.map((call) => Number(call.attempt)).sort()).toEqual(
      Array.from({ length: item.attempt }, (_, i) => i + 1),
    );
    const last = ofItem.find((call) => call.attempt === item.attempt);
    const booked = ledger.filter((entry) => entry.run_id === item.run_id && entry.subject === item.subject);
    if (item.state !== 'SUCCESS') {
      expect(booked, `ledger of ${itemKey(item)}`).toEqual([]);
      continue;
    }
    expect(last?.state).toBe('SUCCEEDED');
    expect(booked).toMatchObject([{ attempt: item.attempt, amount_minor: item.amount_minor, currency: item.currency }]);
    if (last?.settled_by === 'hand') continue;
    const truth = gateway.books.get(String(last?.request_no));
    expect(truth?.debit).toMatchObject({ amount: item.amount_minor, currency: item.currency });
    expect(booked[0]?.gateway_ref).toBe(last?.gateway_ref);
  }
}

function expectToldOnce({ slices, told, items }: Facts): void {
  for (const slice of slices) {
    // A test that plays the acknowledged outbox renames the row.
    const mine = told.filter((row) => String(row.dedup_key).replace('sent:', '') === keyOf(slice));
    expect(mine.length, `told of slice ${keyOf(slice)}`).toBe(slice.told);
    const waits = items.some((item) => keyOf(item) === keyOf(slice) && !SETTLED.includes(item.state));
    if (!waits && slice.state === 'done') expect(slice.told).toBe(1);
  }
}
