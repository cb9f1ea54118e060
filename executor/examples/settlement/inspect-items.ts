import { Type } from 'typebox';
import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import { PAGE_DEFAULT, PAGE_PARAMS, pageOf, paramsReader } from '../../inspect/read-params.ts';
import { evidenceEvents } from './inspect-evidence.ts';
import { itemEvents } from './night-status.ts';
import { parseRequestNo } from './request-no.ts';

/** One call and the item that it is for, as people look at it. */
interface ItemRow {
  readonly runId: number;
  readonly sliceNo: number;
  readonly seq: number;
  readonly contractNo: string;
  readonly period: number;
  readonly leg: string;
  readonly requestNo: string | null;
  readonly currency: string;
  readonly amountMinor: string;
  readonly state: string;
  readonly reason: string | null;
  readonly attempt: number;
  readonly businessDate: string;
  readonly openedAt: number | null;
  readonly nextCheckAt: number | null;
  readonly subject: number;
  readonly openId: number | null;
  readonly openReason: string | null;
  /** Of the premium of the same contract and period, where the item was asked for as one that is open. */
  readonly premium?: string | null;
}

const COLUMNS = `i.run_id as runId, i.slice_no as sliceNo, i.seq, p.contract_no as contractNo, p.period, p.leg,
    c.request_no as requestNo, i.currency, cast(i.amount_minor as char) as amountMinor, i.state, i.reason, i.attempt,
    r.business_date as businessDate, o.opened_at as openedAt, o.next_check_at as nextCheckAt, i.subject, o.id as openId,
    o.reason as openReason`;

// Each by a key: the call by its own, the item by its place, the plan by its id.
const BY_CALL = `from call_out c join item i on i.run_id = c.run_id and i.slice_no = c.slice_no and i.seq = c.seq
    join slice_run r on r.run_id = i.run_id join plan p on p.id = i.subject
    left join open_item o on o.run_id = i.run_id and o.slice_no = i.slice_no and o.seq = i.seq`;
// The newest call of an item, if it has one yet.
const CALL_OF_ITEM = `left join call_out c on c.downstream_id = r.downstream_id and c.subject = i.subject
    and c.presentation = i.presentation and c.attempt = i.attempt`;

const search = paramsReader(Type.Object({ ...PAGE_PARAMS, q: Type.String({ minLength: 1, maxLength: 100 }) }));
const unresolved = paramsReader(Type.Object({ ...PAGE_PARAMS, state: Type.Optional(Type.String({ maxLength: 32 })) }));
const one = paramsReader(Type.Object({ requestNo: Type.String({ minLength: 1, maxLength: 64 }) }));

/** Finds the calls of a contract, or of one request number. */
export async function searchItems(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { q, limit = PAGE_DEFAULT, after } = search(given);
  const [afterSubject = 0, afterPresentation = 0, afterAttempt = 0] = (after ?? '0:0:0').split(':').map(Number);
  const parts = parseRequestNo(q.trim());
  const contractNo = parts?.contractNo ?? q.trim();
  return store.read('search-items', async (db) => {
    const plans = await db.all<{ id: number }>(
      `select id from plan where contract_no = ?${parts === null ? '' : ' and period = ? and leg = ?'} order by id limit 1000`,
      parts === null ? [contractNo] : [contractNo, parts.period, parts.leg],
    );
    if (plans.length === 0) return { items: [], next: null };
    const ids = plans.map(({ id }) => id);
    const rows = await db.all<ItemRow & { presentation: number; callAttempt: number }>(
      `select ${COLUMNS}, c.presentation, c.attempt as callAttempt ${BY_CALL}
        where c.downstream_id in (select id from downstream) and c.subject in (${ids.map(() => '?').join(', ')})
          and (c.subject > ? or (c.subject = ? and (c.presentation > ? or (c.presentation = ? and c.attempt > ?))))
        order by c.subject, c.presentation, c.attempt limit ${limit + 1}`,
      [...ids, afterSubject, afterSubject, afterPresentation, afterPresentation, afterAttempt],
    );
    return pageOf(rows, limit, {
      item: itemOf,
      cursor: ({ subject, presentation, callAttempt }) => `${subject}:${presentation}:${callAttempt}`,
    });
  });
}

/** What has no definite answer yet, the oldest first; with state MANUAL, what only people can judge. */
export async function unresolvedItems(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { limit = PAGE_DEFAULT, after = '0', state } = unresolved(given);
  if (state === 'MANUAL') return manualItems(store, limit, after);
  return store.read('unresolved-items', async (db) => {
    const rows = await db.all<ItemRow>(
      `select ${COLUMNS}, g.state as premium from open_item o join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
         join slice_run r on r.run_id = i.run_id join plan p on p.id = i.subject ${CALL_OF_ITEM}
         left join plan g on g.contract_no = p.contract_no and g.period = p.period and g.leg = 'PREMIUM'
        where o.id > ?${state === undefined ? '' : ' and i.state = ?'} order by o.id limit ${limit + 1}`,
      [Number(after.split(':')[0]), ...(state === undefined ? [] : [state])],
    );
    return pageOf(rows, limit, { item: itemOf, cursor: ({ openId }) => String(openId ?? 0) });
  });
}

/** So many runs are looked through for items in the hands of people: those of the last nights. */
const RUNS_LOOKED_AT = 20;

async function manualItems(store: SqlStore, limit: number, after: string) {
  const [run = 0, slice = 0, seq = 0] = after.split(':').map(Number);
  return store.read('manual-items', async (db) => {
    const runs = await db.all<{ id: number }>(
      `select run_id as id from slice_run order by run_id desc limit ${RUNS_LOOKED_AT}`,
    );
    if (runs.length === 0) return { items: [], next: null };
    const rows = await db.all<ItemRow>(
      `select ${COLUMNS} from item i join slice_run r on r.run_id = i.run_id join plan p on p.id = i.subject ${CALL_OF_ITEM}
         left join open_item o on o.run_id = i.run_id and o.slice_no = i.slice_no and o.seq = i.seq
        where i.run_id in (${runs.map(() => '?').join(', ')}) and i.state = 'MANUAL'
          and (i.run_id > ? or (i.run_id = ? and (i.slice_no > ? or (i.slice_no = ? and i.seq > ?))))
        order by i.run_id, i.slice_no, i.seq limit ${limit + 1}`,
      [...runs.map(({ id }) => id), run, run, slice, slice, seq],
    );
    return pageOf(rows, limit, { item: itemOf, cursor: (row) => `${row.runId}:${row.sliceNo}:${row.seq}` });
  });
}

/** An item with everything that was done and answered for it, the oldest first. */
export async function itemHistory(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { requestNo } = one(given);
  return store.read('item-history', async (db) => {
    const row = await byRequestNo(db, requestNo);
    const told = await itemEvents(db, row.runId, requestNo);
    const evidence = await evidenceEvents(db, { ...row, requestNo });
    const events = [
      ...told.map(({ atMs, what, says }) => ({ atMs, kind: 'call', text: what, says, by: null, body: null })),
      ...evidence,
    ].sort((a, b) => a.atMs - b.atMs);
    return { item: itemOf(row), events: events.slice(-500) };
  });
}

/** Has the next sweep, which comes every second while a night is on, ask the downstream what became of it. */
export async function askNow(store: SqlStore, given: Readonly<Record<string, unknown>>) {
  const { requestNo } = one(given);
  return store.transaction('ask-now', async (tx) => {
    const row = await byRequestNo(tx, requestNo);
    if (row.openId === null) return { asked: false, text: `${requestNo} is ${row.state}: nothing of it is open` };
    const moved = await tx.run(`update open_item set next_check_at = ? where id = ? and next_check_at > ?`, [
      tx.nowMs,
      row.openId,
      tx.nowMs,
    ]);
    const text = moved === 1 ? null : 'it is due already, and asked as soon as its turn comes';
    return { asked: true, text };
  });
}

async function byRequestNo(db: SqlReader, requestNo: string): Promise<ItemRow> {
  const parts = parseRequestNo(requestNo);
  const row =
    parts === null
      ? null
      : await db.get<ItemRow>(
          `select ${COLUMNS} ${BY_CALL} where c.downstream_id in (select id from downstream)
             and c.subject in (select id from plan where contract_no = ? and period = ? and leg = ?)
             and c.presentation = ? and c.attempt = ? and c.request_no = ?`,
          [parts.contractNo, parts.period, parts.leg, parts.presentation, parts.attempt, requestNo],
        );
  if (row === null) throw new DaybreakError('ITEM_NOT_FOUND', `no item has the request number ${requestNo}`);
  return row;
}

const itemOf = (row: ItemRow) => ({
  runId: row.runId,
  sliceNo: row.sliceNo,
  seq: row.seq,
  key: `${row.contractNo} ${row.leg} ${row.period}`,
  requestNo: row.requestNo,
  leg: row.leg,
  currency: row.currency,
  amountMinor: String(row.amountMinor),
  state: row.state,
  reason: row.reason ?? waitsFor(row),
  attempt: row.attempt,
  businessDate: row.businessDate,
  openedAtMs: row.openedAt,
  nextCheckAtMs: row.nextCheckAt,
});

/** Why it is open, if its state does not say so; of what its gate keeps, whether its premium is with people by now. */
function waitsFor({ state, openReason, premium }: ItemRow): string | null {
  if (openReason === state) return null;
  return openReason === 'PREMIUM_OPEN' && premium === 'held' ? 'PREMIUM_HELD' : openReason;
}
