import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { BATCH_DEBITS, BENCH_DATE, CHUNK_ITEMS, type OpenDebit, WORKERS } from './debit-run.ts';
import {
  CALL_COLUMNS,
  callRow,
  debitOf,
  FLOOR_LEGS,
  type FloorItem,
  type FloorLeg,
  type FloorSlice,
  historyRow,
  LEDGER_COLUMNS,
  ledgerRow,
  OWNER,
  SENT_MARGIN_MS,
  SLICE_ITEMS,
  sendChunk,
} from './floor-chunk.ts';
import { type FloorAnswer, type FloorDebit, floorGateway } from './floor-gateway.ts';

/**
 * The hand-written loop on the embedded store: what the same writes cost with the same durability when nothing stands
 * between the loop and node:sqlite. It recovers from nothing, and it knows one gateway and one outcome.
 */
export const openSqliteFloor: OpenDebit = async ({ storeUrl, gatewayUrl, gatewayKey }) => {
  const db = new DatabaseSync(storeUrl.slice('sqlite:'.length));
  db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
  db.exec('pragma wal_autocheckpoint = 4000; pragma cache_size = -65536; pragma temp_store = memory');
  db.prepare(`insert into downstream (id, name, origin) values (1, 'gateway', 'floor') on conflict do nothing`).run();
  const gateway = floorGateway(gatewayUrl, gatewayKey);
  const sql = prepare(db);
  return {
    async debit() {
      for (const leg of FLOOR_LEGS) {
        const slices = freeze(db, leg);
        const work = async (): Promise<void> => {
          for (let slice = slices.shift(); slice; slice = slices.shift()) {
            await workSlice({ db, sql, leg, slice, send: gateway.send });
          }
        };
        await Promise.all(Array.from({ length: WORKERS }, work));
      }
    },
    async close() {
      gateway.close();
      db.close();
    },
  };
};

const ROWS_AT_ONCE = 100;

function prepare(db: DatabaseSync) {
  const insertMany = (table: string, columns: readonly string[], rows: number): StatementSync => {
    const row = `(${columns.map(() => '?').join(',')})`;
    return db.prepare(`insert into ${table} (${columns.join(',')}) values ${Array(rows).fill(row).join(',')}`);
  };
  const items = db.prepare(
    `select i.seq, i.subject, i.amount_minor, i.currency, i.presentation, p.contract_no, p.period, p.account_no
       from item i join plan p on p.id = i.subject
      where i.run_id = ? and i.slice_no = ? and i.seq > ? order by i.seq limit ${CHUNK_ITEMS}`,
  );
  items.setReturnArrays(true);
  return {
    items,
    unpaidPremiums: db.prepare(
      `select count(*) as n from item i join plan p on p.id = i.subject
         left join plan g on g.contract_no = p.contract_no and g.period = p.period and g.leg = 'PREMIUM'
        where i.run_id = ? and i.slice_no = ? and i.seq >= ? and i.seq <= ? and g.state is not 'paid'`,
    ),
    sent: db.prepare(
      'update slice set sent_to_seq = ?, lease_until = ? where run_id = ? and slice_no = ? and epoch = ?',
    ),
    calls: insertMany('call_out', CALL_COLUMNS, ROWS_AT_ONCE),
    call: insertMany('call_out', CALL_COLUMNS, 1),
    process: db.prepare(
      `update item set state = 'PROCESSING', attempt = 1
        where run_id = ? and slice_no = ? and seq >= ? and seq <= ? and state = 'PENDING'`,
    ),
    succeed: db.prepare(
      `update item set state = 'SUCCESS'
        where run_id = ? and slice_no = ? and seq >= ? and seq <= ? and state = 'PROCESSING'`,
    ),
    endCall: db.prepare(
      `update call_out set state = 'SUCCEEDED', code = 'OK', gateway_ref = ?, settled_by = 'reply', settled_at = ?,
         evidence_id = ? where downstream_id = 1 and subject = ? and presentation = ? and attempt = 1 and state = 'SENT'`,
    ),
    evidence: db.prepare(
      `insert into evidence (downstream_id, run_id, kind, asked, first_request_no, http_status, outcome, body, at_ms)
         values (1, ?, 'send', ?, ?, 200, 'answered', ?, ?)`,
    ),
    ledgers: insertMany('ledger', LEDGER_COLUMNS, ROWS_AT_ONCE),
    ledger: insertMany('ledger', LEDGER_COLUMNS, 1),
    paid: db.prepare(`update plan set state = 'paid', presentation = ? where id = ?`),
    history: db.prepare(
      `insert into history (run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor,
         exceptions, prev_hash, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    settled: db.prepare(
      `update slice set cursor_seq = ?, settled_count = settled_count + ?, history_no = ?, history_hash = ?,
         state = case when cast(? as integer) >= hi then 'done' else state end
       where run_id = ? and slice_no = ? and epoch = ?`,
    ),
  };
}
type Statements = ReturnType<typeof prepare>;

/** The selection as rows, in one statement; then the slices over it. */
function freeze(db: DatabaseSync, { leg, runId }: FloorLeg): FloorSlice[] {
  db.exec('begin immediate');
  db.prepare(
    `insert into item (run_id, slice_no, seq, subject, amount_minor, currency, presentation)
     select ?, (n - 1) / ${SLICE_ITEMS}, n, id, amount_minor, currency, presentation + 1 from (
       select p.id, p.amount_minor, p.currency, p.presentation, row_number() over (order by o.plan_id) as n
         from plan_open o join plan p on p.id = o.plan_id
        where o.leg = ? and o.due_date <= ? and p.state = 'open') order by n`,
  ).run(runId, leg, BENCH_DATE);
  db.prepare(
    `insert into slice (run_id, slice_no, home_shard, lo, hi, cursor_seq, item_count, epoch, owner, state)
     select run_id, slice_no, 0, min(seq), max(seq), min(seq) - 1, count(*), 1, ?, 'leased' from item
      where run_id = ? group by run_id, slice_no`,
  ).run(OWNER, runId);
  db.exec('commit');
  const rows = db.prepare('select slice_no, lo, hi from slice where run_id = ? order by slice_no').all(runId);
  return rows.map(({ slice_no, lo, hi }) => ({
    runId,
    sliceNo: Number(slice_no),
    lo: Number(lo),
    hi: Number(hi),
    epoch: 1,
    historyNo: 0,
    historyHash: '',
  }));
}

interface Work {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly leg: FloorLeg;
  readonly slice: FloorSlice;
  readonly send: (debits: readonly FloorDebit[]) => Promise<FloorAnswer>;
}

async function workSlice(work: Work): Promise<void> {
  const { sql, slice } = work;
  for (let cursor = slice.lo - 1; cursor < slice.hi; ) {
    const rows = sql.items.all(slice.runId, slice.sliceNo, cursor) as unknown as SQLInputValue[][];
    const items = rows.map(itemOf);
    const debits = storeCalls(work, items);
    const answers = await sendChunk(work.send, debits);
    settle(work, items, answers);
    cursor = items.at(-1)?.seq ?? slice.hi;
  }
}

function itemOf(row: readonly unknown[]): FloorItem {
  const [seq, subject, amountMinor, currency, presentation, contractNo, period, accountNo] = row;
  return { seq, subject, amountMinor, currency, presentation, contractNo, period, accountNo } as FloorItem;
}

function storeCalls({ db, sql, leg, slice }: Work, items: readonly FloorItem[]): readonly FloorDebit[] {
  const nowMs = Date.now();
  const { fromSeq, toSeq } = rangeOf(items);
  db.exec('begin immediate');
  expectRows(sql.sent.run(toSeq, nowMs + SENT_MARGIN_MS, slice.runId, slice.sliceNo, slice.epoch).changes, 1);
  if (leg.leg === 'PRINCIPAL') {
    expectRows(Number(sql.unpaidPremiums.get(slice.runId, slice.sliceNo, fromSeq, toSeq)?.n), 0);
  }
  const debits = items.map((item) => debitOf(item, leg, nowMs));
  insertAll(
    sql.calls,
    sql.call,
    items.map((item, at) => callRow(slice, item, debits[at] as FloorDebit, nowMs)),
  );
  expectRows(sql.process.run(slice.runId, slice.sliceNo, fromSeq, toSeq).changes, items.length);
  sql.history.run(...historyRow(slice, { fromSeq, toSeq, from: 'PENDING', to: 'PROCESSING' }, nowMs));
  db.exec('commit');
  return debits;
}

function settle({ db, sql, leg, slice }: Work, items: readonly FloorItem[], answers: readonly FloorAnswer[]): void {
  const nowMs = Date.now();
  const { fromSeq, toSeq } = rangeOf(items);
  const ledger: SQLInputValue[][] = [];
  db.exec('begin immediate');
  answers.forEach(({ raw, gatewayRefs }, batch) => {
    const first = batch * BATCH_DEBITS;
    const evidence = sql.evidence.run(slice.runId, gatewayRefs.length, `${items[first]?.contractNo}`, raw, nowMs);
    gatewayRefs.forEach((ref, at) => {
      const item = items[first + at] as FloorItem;
      expectRows(sql.endCall.run(ref, nowMs, evidence.lastInsertRowid, item.subject, item.presentation).changes, 1);
      sql.paid.run(item.presentation, item.subject);
      ledger.push(ledgerRow(leg, item, ref, nowMs));
    });
  });
  expectRows(sql.succeed.run(slice.runId, slice.sliceNo, fromSeq, toSeq).changes, items.length);
  insertAll(sql.ledgers, sql.ledger, ledger);
  sql.history.run(...historyRow(slice, { fromSeq, toSeq, from: 'PROCESSING', to: 'SUCCESS' }, nowMs));
  const { runId, sliceNo, epoch, historyNo, historyHash } = slice;
  expectRows(sql.settled.run(toSeq, items.length, historyNo, historyHash, toSeq, runId, sliceNo, epoch).changes, 1);
  db.exec('commit');
}

function insertAll(many: StatementSync, one: StatementSync, rows: readonly SQLInputValue[][]): void {
  let at = 0;
  for (; at + ROWS_AT_ONCE <= rows.length; at += ROWS_AT_ONCE) many.run(...rows.slice(at, at + ROWS_AT_ONCE).flat());
  for (; at < rows.length; at++) one.run(...(rows[at] ?? []));
}

const rangeOf = (items: readonly FloorItem[]): { fromSeq: number; toSeq: number } => ({
  fromSeq: items[0]?.seq ?? 0,
  toSeq: items.at(-1)?.seq ?? 0,
});

function expectRows(changed: number | bigint, wanted: number): void {
  if (Number(changed) !== wanted) throw new Error(`the floor changed ${changed} rows, and expected ${wanted}`);
}
