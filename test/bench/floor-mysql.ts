import { createPool, type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
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

/** The hand-written loop on MariaDB or MySQL: mysql2 alone, one connection for each worker, text of many rows. */
export const openMysqlFloor: OpenDebit = async ({ storeUrl, gatewayUrl, gatewayKey }) => {
  const pool = createPool({ uri: storeUrl, connectionLimit: WORKERS, charset: 'utf8mb4_bin', timezone: 'Z' });
  const gateway = floorGateway(gatewayUrl, gatewayKey);
  const connections = await Promise.all(Array.from({ length: WORKERS }, () => newConnection(pool)));
  const first = connections[0] as PoolConnection;
  const [[server]] = await first.query<RowDataPacket[]>('select version() as version');
  const isMariaDb = /mariadb/i.test(String(server?.version));
  await first.query(`insert ignore into downstream (id, name, origin) values (1, 'gateway', 'floor')`);
  return {
    async debit() {
      for (const leg of FLOOR_LEGS) {
        const slices = await freeze(first, leg);
        const work = async (connection: PoolConnection): Promise<void> => {
          for (let slice = slices.shift(); slice; slice = slices.shift()) {
            await workSlice({ connection, isMariaDb, leg, slice, send: gateway.send });
          }
        };
        await Promise.all(connections.map(work));
      }
    },
    async close() {
      gateway.close();
      for (const connection of connections) connection.release();
      await pool.end();
    },
  };
};

async function newConnection(pool: Pool): Promise<PoolConnection> {
  const connection = await pool.getConnection();
  await connection.query('set session transaction isolation level read committed');
  return connection;
}

async function freeze(connection: PoolConnection, { leg, runId }: FloorLeg): Promise<FloorSlice[]> {
  await connection.query('begin');
  await connection.query(
    `insert into item (run_id, slice_no, seq, subject, amount_minor, currency, presentation)
     select ?, (n - 1) div ${SLICE_ITEMS}, n, id, amount_minor, currency, presentation + 1 from (
       select p.id, p.amount_minor, p.currency, p.presentation, row_number() over (order by o.plan_id) as n
         from plan_open o join plan p on p.id = o.plan_id
        where o.leg = ? and o.due_date <= ? and p.state = 'open') due order by n`,
    [runId, leg, BENCH_DATE],
  );
  await connection.query(
    `insert into slice (run_id, slice_no, home_shard, lo, hi, cursor_seq, item_count, epoch, owner, state)
     select run_id, slice_no, 0, min(seq), max(seq), min(seq) - 1, count(*), 1, ?, 'leased' from item
      where run_id = ? group by run_id, slice_no`,
    [OWNER, runId],
  );
  await connection.query('commit');
  const [rows] = await connection.query<RowDataPacket[]>(
    'select slice_no, lo, hi from slice where run_id = ? order by slice_no',
    [runId],
  );
  return rows.map(({ slice_no: sliceNo, lo, hi }) => ({
    ...{ runId, sliceNo, lo, hi },
    epoch: 1,
    historyNo: 0,
    historyHash: '',
  }));
}

interface Work {
  readonly connection: PoolConnection;
  readonly isMariaDb: boolean;
  readonly leg: FloorLeg;
  readonly slice: FloorSlice;
  readonly send: (debits: readonly FloorDebit[]) => Promise<FloorAnswer>;
}

async function workSlice(work: Work): Promise<void> {
  const { slice } = work;
  for (let cursor = slice.lo - 1; cursor < slice.hi; ) {
    const items = await readItems(work, cursor);
    const debits = await storeCalls(work, items);
    const answers = await sendChunk(work.send, debits);
    await settle(work, items, answers);
    cursor = items.at(-1)?.seq ?? slice.hi;
  }
}

async function readItems({ connection, slice }: Work, cursor: number): Promise<readonly FloorItem[]> {
  const sql = `select i.seq, i.subject, i.amount_minor, i.currency, i.presentation, p.contract_no, p.period, p.account_no
     from item i join plan p on p.id = i.subject
    where i.run_id = ? and i.slice_no = ? and i.seq > ? order by i.seq limit ${CHUNK_ITEMS}`;
  const values = [slice.runId, slice.sliceNo, cursor];
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, values, rowsAsArray: true });
  return rows.map(([seq, subject, amountMinor, currency, presentation, contractNo, period, accountNo]) => {
    return { seq, subject, amountMinor, currency, presentation, contractNo, period, accountNo } as unknown as FloorItem;
  });
}

async function storeCalls({ connection, leg, slice }: Work, items: readonly FloorItem[]): Promise<FloorDebit[]> {
  const nowMs = Date.now();
  const { runId, sliceNo, epoch } = slice;
  const [fromSeq, toSeq] = [items[0]?.seq ?? 0, items.at(-1)?.seq ?? 0];
  const range = [runId, sliceNo, fromSeq, toSeq];
  await connection.query('begin');
  await change(
    connection,
    'update slice set sent_to_seq = ?, lease_until = ? where run_id = ? and slice_no = ? and epoch = ?',
    [toSeq, nowMs + SENT_MARGIN_MS, runId, sliceNo, epoch],
    1,
  );
  if (leg.leg === 'PRINCIPAL') await expectPaidPremiums(connection, range);
  const debits = items.map((item) => debitOf(item, leg, nowMs));
  const rows = items.map((item, at) => callRow(slice, item, debits[at] as FloorDebit, nowMs));
  await change(connection, `insert into call_out (${CALL_COLUMNS.join(',')}) values ?`, [rows], items.length);
  await change(
    connection,
    `update item set state = 'PROCESSING', attempt = 1
      where run_id = ? and slice_no = ? and seq >= ? and seq <= ? and state = 'PENDING'`,
    range,
    items.length,
  );
  await writeHistory(connection, historyRow(slice, { fromSeq, toSeq, from: 'PENDING', to: 'PROCESSING' }, nowMs));
  await connection.query('commit');
  return debits;
}

async function expectPaidPremiums(connection: PoolConnection, range: readonly number[]): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `select g.state from item i join plan p on p.id = i.subject
       left join plan g on g.contract_no = p.contract_no and g.period = p.period and g.leg = 'PREMIUM'
      where i.run_id = ? and i.slice_no = ? and i.seq >= ? and i.seq <= ? for update`,
    [...range],
  );
  if (rows.some(({ state }) => state !== 'paid')) throw new Error('the floor expected every premium to be paid');
}

async function settle(
  { connection, isMariaDb, leg, slice }: Work,
  items: readonly FloorItem[],
  answers: readonly FloorAnswer[],
): Promise<void> {
  const nowMs = Date.now();
  const { runId, sliceNo, epoch } = slice;
  const [fromSeq, toSeq] = [items[0]?.seq ?? 0, items.at(-1)?.seq ?? 0];
  const range = [runId, sliceNo, fromSeq, toSeq];
  const refs = answers.flatMap(({ gatewayRefs }) => gatewayRefs);
  await connection.query('begin');
  const evidenceIds: number[] = [];
  for (const { raw, gatewayRefs } of answers) {
    const [{ insertId }] = await connection.query<ResultSetHeader>(
      `insert into evidence (downstream_id, run_id, kind, asked, first_request_no, http_status, outcome, body, at_ms)
         values (1, ?, 'send', ?, ?, 200, 'answered', ?, ?)`,
      [runId, gatewayRefs.length, items[evidenceIds.length * BATCH_DEBITS]?.contractNo, raw, nowMs],
    );
    evidenceIds.push(insertId);
  }
  await change(
    connection,
    `update item set state = 'SUCCESS'
      where run_id = ? and slice_no = ? and seq >= ? and seq <= ? and state = 'PROCESSING'`,
    range,
    items.length,
  );
  const ended = items.map((item, at) => [
    item.subject,
    item.presentation,
    refs[at] ?? '',
    evidenceIds[Math.floor(at / BATCH_DEBITS)] ?? 0,
  ]);
  // Each server reads a list of rows in words of its own.
  const given = isMariaDb
    ? `(with e(subject, presentation, ref, evidence) as (values ${ended.map(() => '?').join(',')}) select * from e) e`
    : `(values ${ended.map(() => 'row?').join(',')}) as e(subject, presentation, ref, evidence)`;
  await change(
    connection,
    `update ${given}
     straight_join call_out c on c.downstream_id = 1 and c.subject = e.subject and c.presentation = e.presentation
       and c.attempt = 1
     set c.state = 'SUCCEEDED', c.code = 'OK', c.gateway_ref = e.ref, c.settled_by = 'reply', c.settled_at = ?,
       c.evidence_id = e.evidence where c.state = 'SENT'`,
    [...ended.map((row) => [row]), nowMs],
    items.length,
  );
  const ledger = items.map((item, at) => ledgerRow(leg, item, refs[at] ?? '', nowMs));
  await change(connection, `insert into ledger (${LEDGER_COLUMNS.join(',')}) values ?`, [ledger], items.length);
  await change(
    connection,
    `update item i straight_join plan p on p.id = i.subject set p.state = 'paid', p.presentation = i.presentation
      where i.run_id = ? and i.slice_no = ? and i.seq >= ? and i.seq <= ?`,
    range,
    items.length,
  );
  await writeHistory(connection, historyRow(slice, { fromSeq, toSeq, from: 'PROCESSING', to: 'SUCCESS' }, nowMs));
  await change(
    connection,
    `update slice set cursor_seq = ?, settled_count = settled_count + ?, history_no = ?, history_hash = ?,
       state = case when ? >= hi then 'done' else state end where run_id = ? and slice_no = ? and epoch = ?`,
    [toSeq, items.length, slice.historyNo, slice.historyHash, toSeq, runId, sliceNo, epoch],
    1,
  );
  await connection.query('commit');
}

const writeHistory = (connection: PoolConnection, row: readonly (string | number)[]): Promise<void> =>
  change(
    connection,
    `insert into history (run_id, slice_no, no, from_seq, to_seq, from_state, to_state, epoch, at_ms, actor, exceptions,
       prev_hash, hash) values (?)`,
    [row],
    1,
  );

async function change(connection: PoolConnection, sql: string, values: unknown[], wanted: number): Promise<void> {
  const [{ affectedRows }] = await connection.query<ResultSetHeader>(sql, values);
  if (affectedRows !== wanted)
    throw new Error(`the floor changed ${affectedRows} rows, and expected ${wanted}: ${sql.slice(0, 60)}`);
}
