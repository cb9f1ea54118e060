import type { SqlReader, SqlValue } from '../../../../shared/sql/sql.ts';
import type { Night } from '../night-start.ts';
import {
  type CarriedOver,
  type CurrencyReport,
  GROUPS,
  groupOf,
  type LegReport,
  REPORT_LEGS,
  type ReportLeg,
  type Total,
} from './night-report.ts';

const NOTHING: Total = { count: 0, amountMinor: 0n };
const plus = (a: Total, b: Total): Total => ({ count: a.count + b.count, amountMinor: a.amountMinor + b.amountMinor });
const totalOf = (count: SqlValue | undefined, amount: SqlValue | undefined): Total => ({
  count: Number(count),
  amountMinor: BigInt(String(amount ?? 0)),
});

type Draft = Map<string, Record<string, Total>>;

function add(draft: Draft, currency: string, group: string, total: Total): void {
  const groups = draft.get(currency) ?? {};
  groups[group] = plus(groups[group] ?? NOTHING, total);
  draft.set(currency, groups);
}

function legOf(draft: Draft): LegReport {
  const currencies = [...draft].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    currencies.map(([currency, groups]) => [
      currency,
      Object.fromEntries(GROUPS.map((group) => [group, groups[group] ?? NOTHING])) as unknown as CurrencyReport,
    ]),
  );
}

export const noLegs = (): Record<ReportLeg, LegReport> => ({ PREMIUM: {}, PRINCIPAL: {} });

/** The night's frozen run of a leg, or null: not begun, or cut off while its selection was being frozen. */
export async function frozenRun(db: SqlReader, chainRunId: number | null, leg: ReportLeg): Promise<number | null> {
  if (chainRunId === null) return null;
  const row = await db.get<{ run_id: number }>(
    `select run_id from slice_run where chain_run_id = ? and group_name = ? and state = 'frozen' order by run_id limit 1`,
    [chainRunId, leg],
  );
  return row?.run_id ?? null;
}

/**
 * What became of every due plan, per leg and currency. `due` is the manifest, the groups are the items: that both add
 * up to the same is conservation's to say. Plans of a leg whose run was never frozen are due and unresolved all the same.
 */
export async function readLegs(db: SqlReader, night: Night): Promise<Record<ReportLeg, LegReport>> {
  const legs = noLegs();
  for (const leg of REPORT_LEGS) {
    const runId = await frozenRun(db, night.chainRunId, leg);
    legs[leg] = legOf(runId === null ? await neverStarted(db, night, leg) : await workedLeg(db, runId));
  }
  return legs;
}

async function workedLeg(db: SqlReader, runId: number): Promise<Draft> {
  const draft: Draft = new Map();
  const due = await db.arrays(
    `select currency, sum(item_count), cast(sum(amount_minor) as char) from slice_expected where run_id = ? group by currency`,
    [runId],
  );
  for (const [currency, count, amount] of due) add(draft, String(currency), 'due', totalOf(count, amount));
  const items = await db.arrays(
    `select currency, state, count(*), cast(sum(amount_minor) as char) from item where run_id = ? group by currency, state`,
    [runId],
  );
  for (const [currency, state, count, amount] of items) {
    add(draft, String(currency), groupOf(String(state)), totalOf(count, amount));
  }
  return draft;
}

/**
 * The due plans of a leg that has no frozen run: nothing of it was sent. What an earlier night still has in flight is
 * counted as carried over, not as due.
 */
export const NEVER_STARTED = `
  from plan_open o join plan p on p.id = o.plan_id
 where o.leg = ? and o.due_date <= ? and p.state = 'open'
   and p.id not in (select i.subject from night_carried_over k
                      join item i on i.run_id = k.run_id and i.slice_no = k.slice_no and i.seq = k.seq
                     where k.night_id = ? and i.state = 'PROCESSING')`;

async function neverStarted(db: SqlReader, night: Night, leg: ReportLeg): Promise<Draft> {
  const draft: Draft = new Map();
  const rows = await db.arrays(
    `select p.currency, count(*), cast(sum(p.amount_minor) as char) ${NEVER_STARTED} group by p.currency`,
    [leg, night.businessDate, night.id],
  );
  for (const [currency, count, amount] of rows) {
    add(draft, String(currency), 'due', totalOf(count, amount));
    add(draft, String(currency), 'UNRESOLVED', totalOf(count, amount));
  }
  return draft;
}

export async function readCarriedOver(db: SqlReader, nightId: number): Promise<CarriedOver> {
  const rows = await db.arrays(
    `select i.currency, i.state, count(*), cast(sum(i.amount_minor) as char)
       from night_carried_over k
       join item i on i.run_id = k.run_id and i.slice_no = k.slice_no and i.seq = k.seq
      where k.night_id = ? group by i.currency, i.state order by i.currency`,
    [nightId],
  );
  const byCurrency: Record<string, { carried: Total; stillOpen: Total }> = {};
  let [count, stillOpen] = [0, 0];
  for (const [currency, state, n, amount] of rows) {
    const total = totalOf(n, amount);
    const isOpen = groupOf(String(state)) === 'UNRESOLVED';
    const sums = byCurrency[String(currency)] ?? { carried: NOTHING, stillOpen: NOTHING };
    byCurrency[String(currency)] = {
      carried: plus(sums.carried, total),
      stillOpen: isOpen ? plus(sums.stillOpen, total) : sums.stillOpen,
    };
    count += total.count;
    if (isOpen) stillOpen += total.count;
  }
  return { count, settled: count - stillOpen, stillOpen, byCurrency };
}
