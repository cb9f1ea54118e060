import type { SqlReader, SqlStore, SqlValue } from '../../../../shared/sql/sql.ts';
import { quoteCsvText } from '../../../batch/readers/csv-fields.ts';
import type { Night } from '../night-start.ts';
import { REPORT_LEGS, type ReportLeg } from './night-report.ts';
import { frozenRun, NEVER_STARTED } from './report-legs.ts';

/** One CSV record, RFC 4180, ended by LF; null is an empty field. */
export function csvRecord(fields: readonly (SqlValue | undefined)[]): string {
  return `${fields.map((field) => quoteCsvText(field == null ? '' : String(field))).join(',')}\n`;
}

export const UNRESOLVED_HEADER = 'contract_no,period,leg,currency,amount_minor,state,reason,request_no\n';
export const DIFFERENCES_HEADER =
  'kind,request_no,gateway_ref,contract_no,period,leg,currency,ours_minor,gateway_minor\n';

/** In the order of the header's columns. */
export type UnresolvedRow = readonly (SqlValue | undefined)[];

/** Every plan that is not final, page by page: tonight's items, plans of a leg that never began, what was carried over. */
export async function* unresolvedRows(store: SqlStore, night: Night): AsyncGenerator<readonly UnresolvedRow[]> {
  for (const leg of REPORT_LEGS) {
    const runId = await store.read('frozen-run', (db) => frozenRun(db, night.chainRunId, leg));
    if (runId === null) yield* neverStartedRows(store, night, leg);
    else yield* unresolvedOfRun(store, runId);
  }
  const carried = await store.read('unresolved-carried-over', (db) =>
    unresolvedItems(
      db,
      'night_carried_over k join item i on i.run_id = k.run_id and i.slice_no = k.slice_no and i.seq = k.seq',
      'k.night_id = ?',
      [night.id],
    ),
  );
  if (carried.length > 0) yield carried;
}

const SLICES_PER_PAGE = 16;

async function* unresolvedOfRun(store: SqlStore, runId: number): AsyncGenerator<readonly UnresolvedRow[]> {
  const last = await store.read('last-slice', (db) =>
    db.get<{ n: number | null }>('select max(slice_no) as n from item where run_id = ?', [runId]),
  );
  for (let from = 0; from <= (last?.n ?? -1); from += SLICES_PER_PAGE) {
    const rows = await store.read('unresolved-items', (db) =>
      unresolvedItems(db, 'item i', 'i.run_id = ? and i.slice_no >= ? and i.slice_no < ?', [
        runId,
        from,
        from + SLICES_PER_PAGE,
      ]),
    );
    if (rows.length > 0) yield rows;
  }
}

/** The reason is the open row's where there is one, else what the item itself says, else what its state means. */
async function unresolvedItems(
  db: SqlReader,
  from: string,
  where: string,
  params: readonly SqlValue[],
): Promise<UnresolvedRow[]> {
  const rows = await db.arrays(
    `select p.contract_no, p.period, p.leg, i.currency, i.amount_minor, i.state, c.request_no, o.reason, o.detail, i.reason
       from ${from}
       join slice_run r on r.run_id = i.run_id
       left join open_item o on o.run_id = i.run_id and o.slice_no = i.slice_no and o.seq = i.seq
       left join plan p on p.id = i.subject
       left join call_out c on c.downstream_id = r.downstream_id and c.subject = i.subject
                           and c.presentation = i.presentation and c.attempt = i.attempt
      where ${where} and i.state in ('PENDING', 'PROCESSING', 'RETRY_WAIT', 'MANUAL')
      order by i.run_id, i.slice_no, i.seq`,
    params,
  );
  return rows.map((row) => {
    const [openReason, detail, itemReason] = [row[7], row[8], row[9]];
    const open = openReason == null ? null : detail == null ? openReason : `${openReason} ${detail}`;
    const bare = row[5] === 'PENDING' ? 'NOT_SENT_BY_CUT_OFF' : 'UNCLEAR';
    return [...row.slice(0, 6), open ?? itemReason ?? bare, row[6]];
  });
}

const PLANS_PER_PAGE = 5_000;

async function* neverStartedRows(
  store: SqlStore,
  night: Night,
  leg: ReportLeg,
): AsyncGenerator<readonly UnresolvedRow[]> {
  let afterPlan = 0;
  for (;;) {
    const rows = await store.read('unresolved-plans', (db) =>
      db.arrays(
        `select p.id, p.contract_no, p.period, p.leg, p.currency, p.amount_minor ${NEVER_STARTED}
            and o.plan_id > ? order by o.plan_id limit ${PLANS_PER_PAGE}`,
        [leg, night.businessDate, night.id, afterPlan],
      ),
    );
    if (rows.length > 0) yield rows.map(([, ...plan]) => [...plan, 'PENDING', 'LEG_NOT_STARTED', null]);
    if (rows.length < PLANS_PER_PAGE) return;
    afterPlan = Number(rows.at(-1)?.[0]);
  }
}

export async function* differenceRows(store: SqlStore, nightId: number): AsyncGenerator<readonly SqlValue[][]> {
  let afterId = 0;
  for (;;) {
    const rows = await store.read('difference-rows', (db) =>
      db.arrays(
        `select id, kind, request_no, gateway_ref, contract_no, period, leg, currency, ours_minor, gateway_minor
           from difference where night_id = ? and id > ? order by id limit 5000`,
        [nightId, afterId],
      ),
    );
    if (rows.length === 0) return;
    yield rows.map(([, ...fields]) => fields);
    afterId = Number(rows.at(-1)?.[0]);
  }
}
