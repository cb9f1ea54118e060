import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Report } from './night-command.ts';

/**
 * What has to be true of a store of nights, of the gateway's books and of a report, whatever was done to the processes.
 * It reads two SQLite files with Node's own driver and shares no code with the system: everything is counted anew.
 * Each finding is one sentence; none means that all is well.
 */
export interface NightFiles {
  readonly store: string;
  readonly books: string;
}

export interface BookedMoney {
  readonly requestNo: string;
  /** environment.contract.period.leg: whose debit it is, whatever attempt. */
  readonly plan: string;
  readonly accountNo: string;
  readonly amount: number;
  readonly currency: string;
  readonly acceptedAtMs: number;
  readonly settledAtMs: number;
}

type Row = Record<string, string | number | null>;

/** The rows of a query on a copy of the file: opening the file itself would recover its log, and that is for the night. */
export function withCopy<T>(file: string, read: (all: (text: string) => Row[]) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-audit-'));
  try {
    for (const ending of ['', '-wal']) {
      if (existsSync(`${file}${ending}`)) cpSync(`${file}${ending}`, join(dir, `copy.db${ending}`));
    }
    const db = new DatabaseSync(join(dir, 'copy.db'));
    try {
      return read((text) => db.prepare(text).all() as Row[]);
    } finally {
      db.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Money that moved, by the gateway's books. */
export function bookedMoney(books: string): BookedMoney[] {
  return withCopy(books, (all) =>
    all(`select request_no, account_no, amount, currency, accepted_at, settled_at from debit where status = 'SUCCESS'`),
  ).map((row) => ({
    requestNo: String(row.request_no),
    plan: String(row.request_no).split('.').slice(0, 4).join('.'),
    accountNo: String(row.account_no),
    amount: Number(row.amount),
    currency: String(row.currency),
    acceptedAtMs: Number(row.accepted_at),
    settledAtMs: Number(row.settled_at),
  }));
}

/** I3: per plan at most one debit, ever, whatever keys were used. */
export function auditBooks(books: string): string[] {
  const perPlan = new Map<string, string[]>();
  for (const { plan, requestNo } of bookedMoney(books)) perPlan.set(plan, [...(perPlan.get(plan) ?? []), requestNo]);
  return [...perPlan].filter(([, keys]) => keys.length > 1).map(([plan, keys]) => `${plan} was debited as ${keys}`);
}

/** I4: no principal arrived at the gateway before its premium's success, if the store holds a premium that is due. */
export function auditOrder({ store, books }: NightFiles): string[] {
  const money = bookedMoney(books);
  const premiums = new Map(money.filter(({ plan }) => plan.endsWith('.P')).map((one) => [one.plan, one]));
  const due = new Set(
    withCopy(store, (all) =>
      all(`select contract_no, period, leg from plan where leg = 'PREMIUM'
        and due_date <= (select max(business_date) from night)`),
    ).map(planOf),
  );
  return money.flatMap((principal) => {
    const premiumPlan = `${principal.plan.slice(0, -1)}P`;
    if (!principal.plan.endsWith('.R') || !due.has(premiumPlan)) return [];
    const premium = premiums.get(premiumPlan);
    if (premium === undefined) return [`${principal.requestNo} moved money, and its premium did not`];
    if (premium.settledAtMs <= principal.acceptedAtMs) return [];
    return [`${principal.requestNo} arrived before the success of ${premium.requestNo}`];
  });
}

interface Facts {
  readonly items: readonly Row[];
  readonly slices: readonly Row[];
  readonly runs: readonly Row[];
  readonly history: readonly Row[];
  readonly open: readonly Row[];
  readonly expected: readonly Row[];
  readonly ledger: readonly Row[];
  readonly plans: readonly Row[];
}

function readFacts(store: string): Facts {
  return withCopy(store, (all) => ({
    items: all(`select i.*, p.contract_no, p.period, p.leg, p.account_no, r.chain_run_id, r.group_name
      from item i join plan p on p.id = i.subject join slice_run r on r.run_id = i.run_id
      order by i.run_id, i.slice_no, i.seq`),
    slices: all('select * from slice order by run_id, slice_no'),
    runs: all('select * from slice_run order by run_id'),
    history: all('select * from history order by run_id, slice_no, no'),
    open: all('select * from open_item'),
    expected: all('select * from slice_expected'),
    ledger: all('select * from ledger'),
    plans: all('select * from plan'),
  }));
}

const FINAL = ['SUCCESS', 'FAILED', 'BLOCKED'];
const sliceOf = (row: Row): string => `${row.run_id}/${row.slice_no}`;
const planOf = (row: Row): string => `daybreak.${row.contract_no}.${row.period}.${row.leg === 'PREMIUM' ? 'P' : 'R'}`;

/** Everything that a store of ended nights has to show. `ended`: the last night ended with 0, so nothing is open. */
export function auditStore({ store, books }: NightFiles, { ended }: { ended: boolean }): string[] {
  const facts = readFacts(store);
  return [
    ...auditChains(facts),
    ...auditSlices(facts),
    ...(ended ? auditEnd(facts) : []),
    ...auditMoney(facts, bookedMoney(books)),
  ];
}

/** I23: numbered without a gap, and each hash covers its row and the hash before it. */
function auditChains({ slices, history }: Facts): string[] {
  const found: string[] = [];
  const rowsOf = Map.groupBy(history, sliceOf);
  for (const slice of slices) {
    let [previous, no, epoch] = ['', 0, 0];
    for (const row of rowsOf.get(sliceOf(slice)) ?? []) {
      no += 1;
      const fields = ['run_id', 'slice_no', 'no', 'from_seq', 'to_seq', 'from_state', 'to_state', 'epoch', 'at_ms'];
      const text = [...fields, 'actor', 'exceptions'].map((name) => row[name]).join('|');
      const hash = createHash('sha256').update(`${previous}|${text}`).digest('hex');
      if (row.no !== no || row.prev_hash !== previous || row.hash !== hash) {
        found.push(`slice ${sliceOf(slice)}: the history breaks at row ${row.no}`);
        break;
      }
      if (Number(row.epoch) < epoch) found.push(`slice ${sliceOf(slice)}: row ${no} carries an older epoch`);
      [previous, epoch] = [hash, Number(row.epoch)];
    }
    if (slice.history_hash !== previous || slice.history_no !== no) {
      found.push(`slice ${sliceOf(slice)}: its row does not stand at the end of its history`);
    }
  }
  return found;
}

/**
 * I9: the slices of a run hold each of its items once, one after the other, also those that were split off: these have
 * later numbers and lie in the middle. What is expected of each is what lies in it. No plan is twice in a run.
 */
function auditSlices({ runs, slices, items, open, expected }: Facts): string[] {
  const found: string[] = [];
  const itemsOf = Map.groupBy(items, sliceOf);
  const openOf = Map.groupBy(open, sliceOf);
  const expectedOf = Map.groupBy(expected, sliceOf);
  for (const run of runs.filter((one) => one.state === 'frozen')) {
    let seq = 1;
    const ofRun = slices.filter((one) => one.run_id === run.run_id);
    if (run.slice_count !== ofRun.length) {
      found.push(`run ${run.run_id}: ${run.slice_count} slices are counted, ${ofRun.length} found`);
    }
    for (const slice of ofRun.sort((a, b) => Number(a.lo) - Number(b.lo))) {
      const mine = itemsOf.get(sliceOf(slice)) ?? [];
      const isWhole = mine.every((item, at) => item.seq === seq + at) && mine.length === slice.item_count;
      if (!isWhole || slice.lo !== seq || slice.hi !== seq + mine.length - 1) {
        found.push(`slice ${sliceOf(slice)}: its items are not ${slice.lo} to ${slice.hi}, each once`);
      }
      const sums = sumsOf(expectedOf.get(sliceOf(slice)) ?? []);
      if (sums !== sumsOf(mine.map((item) => ({ ...item, item_count: 1 })))) {
        found.push(`slice ${sliceOf(slice)}: expected are ${sums}`);
      }
      const settled = mine.filter(({ state }) => FINAL.includes(String(state)) || state === 'MANUAL').length;
      if (slice.settled_count !== settled) found.push(`slice ${sliceOf(slice)}: settled_count is not ${settled}`);
      const opened = openOf.get(sliceOf(slice))?.length ?? 0;
      if (slice.open_count !== opened) found.push(`slice ${sliceOf(slice)}: open_count is not ${opened}`);
      seq += mine.length;
    }
    if (seq - 1 !== run.item_count) found.push(`run ${run.run_id}: ${run.item_count} items frozen, ${seq - 1} found`);
    const subjects = items.filter((item) => item.run_id === run.run_id).map(({ subject }) => subject);
    if (new Set(subjects).size !== subjects.length) found.push(`run ${run.run_id}: a plan is there twice`);
  }
  return found;
}

/** Counts and amounts per currency, as text to compare. */
function sumsOf(rows: readonly Row[]): string {
  const sums = new Map<string, [count: number, amount: bigint]>();
  for (const row of rows) {
    const [count, amount] = sums.get(String(row.currency)) ?? [0, 0n];
    sums.set(String(row.currency), [count + Number(row.item_count), amount + BigInt(row.amount_minor ?? 0)]);
  }
  return JSON.stringify([...sums].map(([currency, [count, amount]]) => [currency, count, String(amount)]).sort());
}

/** I5 at the end of a night: every item is final, nothing is open, every slice has been told. */
function auditEnd({ runs, slices, items, open }: Facts): string[] {
  const latest = Math.max(...runs.map((run) => Number(run.chain_run_id)));
  const tonight = new Set(runs.filter((run) => run.chain_run_id === latest).map((run) => run.run_id));
  const notFinal = items.filter((item) => tonight.has(item.run_id) && !FINAL.includes(String(item.state)));
  const untold = slices.filter((one) => tonight.has(one.run_id) && (one.state !== 'done' || one.told !== 1));
  return [
    ...runs.filter((run) => run.state !== 'frozen').map((run) => `run ${run.run_id} was never frozen whole`),
    ...notFinal.map((item) => `item ${planOf(item)} is ${item.state}`),
    ...open.map((row) => `the open table still holds ${sliceOf(row)}/${row.seq} (${row.reason})`),
    ...untold.map((slice) => `slice ${sliceOf(slice)} is ${slice.state} and was ${slice.told ? '' : 'not '}told`),
  ];
}

/** I6 and I12: each SUCCESS is one debit in the gateway's books with equal values and one in the ledger; and back. */
function auditMoney({ items, ledger, plans }: Facts, money: readonly BookedMoney[]): string[] {
  const found: string[] = [];
  const inBooks = Map.groupBy(money, ({ plan }) => plan);
  const inLedger = Map.groupBy(ledger, ({ subject }) => subject);
  const paid = new Set<string>();
  for (const item of items) {
    if (item.state !== 'SUCCESS') continue;
    const plan = planOf(item);
    if (paid.has(plan)) found.push(`${plan} is SUCCESS in two nights`);
    paid.add(plan);
    const [debit] = inBooks.get(plan) ?? [];
    const isEqual =
      debit?.amount === item.amount_minor && debit?.currency === item.currency && debit?.accountNo === item.account_no;
    if (!isEqual) found.push(`${plan} is SUCCESS, and in the books is ${JSON.stringify(debit)}`);
    const entries = inLedger.get(item.subject ?? 0) ?? [];
    if (entries.length !== 1 || entries[0]?.amount_minor !== item.amount_minor) {
      found.push(`${plan} has ${entries.length} ledger entries`);
    }
  }
  for (const { plan, requestNo } of money) {
    if (!paid.has(plan)) found.push(`the gateway debited ${requestNo}, and no item is SUCCESS for it`);
  }
  if (ledger.length !== paid.size) found.push(`${ledger.length} ledger entries for ${paid.size} SUCCESS items`);
  for (const plan of plans) {
    if ((plan.state === 'paid') !== paid.has(planOf(plan))) found.push(`plan ${planOf(plan)} is ${plan.state}`);
  }
  return found;
}

/** The plans of a plan file that have no item in any frozen run: lost. Quotes do not occur in the files of our tests. */
export function lostPlans({ store }: NightFiles, planLines: readonly string[]): string[] {
  const items = new Set(readFacts(store).items.map(planOf));
  return planLines
    .slice(1)
    .filter((line) => line !== '' && !line.startsWith('TRAILER'))
    .map((line) => line.split(','))
    .map(([contract, period, leg]) => `daybreak.${contract}.${period}.${leg === 'PREMIUM' ? 'P' : 'R'}`)
    .filter((plan) => !items.has(plan));
}

/** The report of a first night says what the gateway's books say, per leg and currency. */
export function auditReport(report: Report, books: string): string[] {
  const sums = new Map<string, { count: number; amountMinor: number }>();
  for (const { plan, currency, amount } of bookedMoney(books)) {
    const key = `${plan.endsWith('.P') ? 'PREMIUM' : 'PRINCIPAL'} ${currency}`;
    const sum = sums.get(key) ?? { count: 0, amountMinor: 0 };
    sums.set(key, { count: sum.count + 1, amountMinor: sum.amountMinor + amount });
  }
  const found: string[] = [];
  for (const [leg, currencies] of Object.entries(report.legs)) {
    for (const [currency, groups] of Object.entries(currencies)) {
      const said = groups.SUCCESS ?? { count: 0, amountMinor: 0 };
      const true_ = sums.get(`${leg} ${currency}`) ?? { count: 0, amountMinor: 0 };
      sums.delete(`${leg} ${currency}`);
      if (said.count !== true_.count || said.amountMinor !== true_.amountMinor) {
        found.push(`${leg} ${currency}: reported ${JSON.stringify(said)}, in the books ${JSON.stringify(true_)}`);
      }
      const parts = ['SUCCESS', 'FAILED', 'BLOCKED', 'UNRESOLVED'].map((group) => groups[group]);
      for (const what of ['count', 'amountMinor'] as const) {
        const sum = parts.reduce((total, part) => total + (part?.[what] ?? 0), 0);
        if (sum !== groups.due?.[what])
          found.push(`${leg} ${currency}: ${what} due ${groups.due?.[what]}, in all ${sum}`);
      }
    }
  }
  return [...found, ...[...sums.keys()].map((key) => `${key} is in the books and not in the report`)];
}
