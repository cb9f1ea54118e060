import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Debit, planOf } from './gateway-books.ts';
import type { HostileGateway } from './hostile-gateway.ts';

/** One line of the plan file, as the test itself wrote it. */
export interface Plan {
  readonly contract: string;
  readonly leg: 'PREMIUM' | 'PRINCIPAL';
  readonly account: string;
  readonly currency: string;
  readonly minor: number;
}

export interface EndedNight {
  readonly dir: string;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly plans: readonly Plan[];
  readonly gateway: HostileGateway;
  readonly timeoutMs: number;
  /** Requests per second that the gateway stated. */
  readonly ratePerSecond: number;
  /** How long the gateway said that it remembers a requestNo. */
  readonly keyLifetimeMs: number;
}

/** What a scenario is known to make impossible: a gateway that breaks its own word proves nothing about us. */
export interface Allowance {
  /** It executes what it had refused, or answers what its books do not hold. */
  readonly stateMayDiffer?: boolean;
  /** It executes one requestNo more than once. */
  readonly doubleExecutions?: boolean;
}

interface Group {
  readonly count: number;
  readonly amountMinor: number;
}
interface NightReport {
  readonly exitCode: number;
  readonly cutOffAt: number;
  readonly legs: Record<string, Record<string, Record<string, Group>>>;
  readonly conservation: { holds: boolean; differences: { kind: string }[] };
  readonly file: { dataLines: number; accepted: number };
}

interface Item {
  readonly plan: string;
  readonly leg: string;
  readonly currency: string;
  readonly minor: number;
  readonly state: string;
}

/**
 * Everything that must be true of a night, whatever its gateway did, judged from the gateway's own books and log, the
 * plan file and what the night left behind. It shares no code with the system. Returns what is wrong.
 */
export function findingsOf(night: EndedNight, allowed: Allowance = {}): string[] {
  const found: string[] = [];
  const say = (finding: string): void => {
    if (found.length < 40) found.push(finding);
  };
  checkRequests(night, say);
  checkPrimeLaw(night, allowed, say);
  checkGate(night, say);
  checkDeadKeys(night, say);
  const { gateway } = night;
  const path = join(night.dir, 'daybreak-data/nights/2026-11-20/report.json');
  if (!existsSync(path)) return [...found, `no report; exit ${night.code}: ${night.stderr.slice(-2_000)}`];
  const report = JSON.parse(readFileSync(path, 'utf8')) as NightReport;
  if (night.code === 2) {
    if (gateway.log.some((asked) => asked.kind === 'send')) say('exit code 2, and debits were sent');
    return found;
  }
  const items = readItems(night.dir);
  checkStates(night, items, allowed, say);
  checkReport(night, report, items, say);
  checkCutOff(night, report, say);
  return found;
}

type Say = (finding: string) => void;

/** Rate, values of a requestNo, attempts, repeats. */
function checkRequests({ gateway, ratePerSecond }: EndedNight, say: Say): void {
  const calls = gateway.log.filter((asked) => asked.kind !== 'other');
  // A limit of less than one a second still lets one request stand in a second.
  const perSecond = Math.max(1, Math.floor(ratePerSecond));
  for (let first = 0; first + perSecond < calls.length; first++) {
    const [from, to] = [calls[first]?.atMs ?? 0, calls[first + perSecond]?.atMs ?? 0];
    // What this process itself held up arrives in a heap: that is our doing, not the night's.
    const heldMs = gateway.stalls
      .filter(({ atMs, ms }) => atMs + 100 >= from && atMs - ms <= to)
      .reduce((sum, { ms }) => sum + ms, 0);
    if (to - from + heldMs >= 985) continue;
    say(
      `${perSecond + 1} requests within ${to - from} ms (held up ${Math.round(heldMs)} ms), the limit is ${ratePerSecond}/s`,
    );
    break;
  }
  const values = new Map<string, string>();
  const arrivals = new Map<string, number[]>();
  for (const { debits, atMs } of gateway.log) {
    for (const debit of debits) {
      const text = JSON.stringify([debit.accountNo, debit.amount, debit.currency, debit.expireAt]);
      const before = values.get(debit.requestNo) ?? text;
      if (before !== text) say(`${debit.requestNo} came with ${before} and with ${text}`);
      values.set(debit.requestNo, text);
      arrivals.set(debit.requestNo, [...(arrivals.get(debit.requestNo) ?? []), atMs]);
      if (Number(debit.requestNo.split('.').at(-1)) > 5) say(`attempt ${debit.requestNo}`);
    }
  }
  const repeats = [...arrivals.values()].flatMap((times) => times.slice(1)).sort((a, b) => a - b);
  const most = Math.max(60, Math.ceil(arrivals.size / 10)) + 5;
  const crowded = repeats.findIndex((atMs, at) => (repeats[at + most] ?? Number.POSITIVE_INFINITY) - atMs < 59_000);
  // A send that was refused by 429 did not happen: what comes again for it is no repeat.
  const isLimited = gateway.limited > 0;
  if (crowded >= 0 && !isLimited) say(`more than ${most} repeats within a minute`);
}

/** Per plan at most one successful debit, ever, and in the plan's own values. */
function checkPrimeLaw({ gateway, plans }: EndedNight, allowed: Allowance, say: Say): void {
  const known = new Map(plans.map((plan) => [`${plan.contract}.1.${plan.leg === 'PREMIUM' ? 'P' : 'R'}`, plan]));
  const seen = new Map<string, string>();
  for (const one of gateway.books.executions) {
    const { plan } = planOf(one.requestNo);
    const before = seen.get(plan);
    const isSameKey = before?.startsWith(`${one.requestNo} `) ?? false;
    if (before !== undefined && !(allowed.doubleExecutions && isSameKey)) {
      say(`DOUBLE DEBIT of ${plan}: ${before}, then ${one.requestNo} ${one.ref}`);
    }
    seen.set(plan, `${one.requestNo} ${one.ref}`);
    const due = known.get(plan);
    if (
      due === undefined ||
      due.account !== one.accountNo ||
      due.minor !== one.amount ||
      due.currency !== one.currency
    ) {
      say(`${one.requestNo} was executed with ${JSON.stringify(one)}, its plan is ${JSON.stringify(due)}`);
    }
  }
}

/** No principal is on its way before its premium's success stands in the gateway's books. */
function checkGate({ gateway }: EndedNight, say: Say): void {
  const paidAt = new Map(gateway.books.executions.map((one) => [planOf(one.requestNo).plan, one.atMs]));
  for (const { debits, atMs } of gateway.log) {
    for (const { requestNo } of debits) {
      const { leg, contract } = planOf(requestNo);
      if (leg === 'PREMIUM') continue;
      const premium = paidAt.get(`${contract}.1.P`);
      if (premium === undefined || premium > atMs)
        say(`${requestNo} was sent at ${atMs}, its premium paid at ${premium}`);
    }
  }
}

/** Neither sent nor voided when the gateway may have forgotten it. */
function checkDeadKeys({ gateway, keyLifetimeMs }: EndedNight, say: Say): void {
  const firstAt = new Map<string, number>();
  for (const { kind, debits, requestNos, atMs } of gateway.log) {
    for (const { requestNo } of debits) if (!firstAt.has(requestNo)) firstAt.set(requestNo, atMs);
    for (const requestNo of [...debits.map((debit) => debit.requestNo), ...(kind === 'void' ? requestNos : [])]) {
      const ageMs = atMs - (firstAt.get(requestNo) ?? atMs);
      if (ageMs > 0 && ageMs >= keyLifetimeMs) say(`${kind} of ${requestNo} ${ageMs} ms after it was first sent`);
    }
  }
}

function readItems(dir: string): Item[] {
  const db = new DatabaseSync(join(dir, 'daybreak-data/daybreak.db'), { readOnly: true });
  try {
    const rows = db
      .prepare(
        `select p.contract_no as contract, p.leg, i.currency, i.amount_minor as minor, i.state
           from item i join plan p on p.id = i.subject`,
      )
      .all() as { contract: string; leg: string; currency: string; minor: number; state: string }[];
    return rows.map((row) => ({ ...row, plan: `${row.contract}.1.${row.leg === 'PREMIUM' ? 'P' : 'R'}` }));
  } finally {
    db.close();
  }
}

function checkStates({ gateway }: EndedNight, items: readonly Item[], allowed: Allowance, say: Say): void {
  if (allowed.stateMayDiffer) return;
  const executed = new Set(gateway.books.executions.map((one) => planOf(one.requestNo).plan));
  const states = new Map(items.map((item) => [item.plan, item.state]));
  for (const { plan, leg, state } of items) {
    if (state === 'SUCCESS' && !executed.has(plan)) say(`${plan} is SUCCESS and was never executed`);
    if ((state === 'FAILED' || state === 'BLOCKED') && executed.has(plan)) say(`${plan} is ${state} and was executed`);
    if (leg === 'PREMIUM') continue;
    const premium = states.get(plan.replace(/R$/, 'P'));
    if (state === 'BLOCKED' && premium !== 'FAILED') say(`${plan} is BLOCKED, its premium ${premium}`);
    if (premium === 'FAILED' && state !== 'BLOCKED' && state !== 'PENDING')
      say(`${plan} is ${state}, its premium FAILED`);
  }
}

const groupOf = (state: string): string => (['SUCCESS', 'FAILED', 'BLOCKED'].includes(state) ? state : 'UNRESOLVED');

function checkReport(night: EndedNight, report: NightReport, items: readonly Item[], say: Say): void {
  const { plans, code } = night;
  if (report.exitCode !== code) say(`exit code ${code}, the report says ${report.exitCode}`);
  if (report.file.dataLines !== plans.length || report.file.accepted !== plans.length)
    say(`file: ${JSON.stringify(report.file)}`);
  const states = new Map(items.map((item) => [item.plan, item.state]));
  const sums = new Map<string, Group>();
  const unresolved: string[] = [];
  for (const { contract, leg, currency, minor } of plans) {
    const group = groupOf(states.get(`${contract}.1.${leg === 'PREMIUM' ? 'P' : 'R'}`) ?? 'PENDING');
    if (group === 'UNRESOLVED') unresolved.push(`${contract},1,${leg},${currency},${minor}`);
    for (const name of ['due', group]) {
      const { count = 0, amountMinor = 0 } = sums.get(`${leg} ${currency} ${name}`) ?? {};
      sums.set(`${leg} ${currency} ${name}`, { count: count + 1, amountMinor: amountMinor + minor });
    }
  }
  for (const leg of ['PREMIUM', 'PRINCIPAL']) {
    for (const currency of new Set(plans.map((plan) => plan.currency))) {
      for (const name of ['due', 'SUCCESS', 'FAILED', 'BLOCKED', 'UNRESOLVED']) {
        const ours = sums.get(`${leg} ${currency} ${name}`) ?? { count: 0, amountMinor: 0 };
        const theirs = report.legs[leg]?.[currency]?.[name];
        if (theirs?.count !== ours.count || theirs.amountMinor !== ours.amountMinor) {
          say(`report ${leg} ${currency} ${name}: ${JSON.stringify(theirs)}, counted ${JSON.stringify(ours)}`);
        }
      }
    }
  }
  const listed = readFileSync(join(night.dir, 'daybreak-data/nights/2026-11-20/unresolved.csv'), 'utf8')
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(',').slice(0, 5).join(','));
  if (listed.sort().join() !== unresolved.sort().join())
    say(`unresolved.csv lists ${listed.length}, open are ${unresolved.length}`);
  const right = report.conservation.holds ? (unresolved.length > 0 ? 3 : 0) : 4;
  if (code !== right)
    say(`exit code ${code}, expected ${right} (${unresolved.length} unresolved, holds: ${report.conservation.holds})`);
}

function checkCutOff({ gateway, timeoutMs }: EndedNight, { cutOffAt }: NightReport, say: Say): void {
  for (const { kind, atMs } of gateway.log) {
    if (kind === 'send' && atMs > cutOffAt - timeoutMs + 250) say(`a send ${atMs - cutOffAt} ms after the cut-off`);
    if (kind === 'void' && atMs > cutOffAt + 250) say(`a void ${atMs - cutOffAt} ms after the cut-off`);
  }
}

export type { Debit };
