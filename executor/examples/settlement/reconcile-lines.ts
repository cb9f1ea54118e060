import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore, SqlValue } from '../../../shared/sql/sql.ts';
import type { SettlementLine } from '../../downstream/define-downstream.ts';
import type { Difference } from './reconcile-differences.ts';
import { judgeLine, type LineCase } from './reconcile-line-rules.ts';
import { parseRequestNo, planReference } from './request-no.ts';

/** Which lines are meant: all that the night fetched, against the calls at one downstream. */
export interface LineScope {
  readonly nightId: number;
  readonly downstreamId: number;
  /** The environment of our request numbers, or null when we have stored no call at all. */
  readonly environment: string | null;
}

/** A staged line that is not plainly right, with all that its judgement stands on. */
export interface OddLine {
  readonly requestNo: string;
  readonly text: SettlementLine;
  readonly planId: number | null;
  readonly case: LineCase;
}

const PAGE_LINES = 5_000;

/**
 * Walks the night's lines in the order of their key and yields, page by page, those that are not plainly right; the
 * database joins line, plan, call and ledger by their keys, so a line that is right never leaves it.
 */
export async function* oddLines(
  store: SqlStore,
  runtime: Pick<Runtime, 'yieldTurn'>,
  scope: LineScope,
): AsyncGenerator<readonly OddLine[]> {
  let after: LineKey | null = null;
  for (;;) {
    await runtime.yieldTurn();
    const page: LinePage = { after, upTo: null };
    const upTo: LineKey | null = await store.read('page-settlement-lines', (db) => endOfPage(db, scope, page));
    const odd = await store.read('match-settlement-lines', (db) => readOdd(db, scope, { after, upTo }));
    if (odd.length > 0) yield odd;
    if (upTo === null) return;
    after = upTo;
  }
}

interface LineKey {
  readonly requestNo: string;
  readonly gatewayRef: string;
}
/** (after, upTo]; null is open. */
interface LinePage {
  readonly after: LineKey | null;
  readonly upTo: LineKey | null;
}

async function endOfPage(db: SqlReader, scope: LineScope, page: LinePage): Promise<LineKey | null> {
  const range = rangeOf(page);
  const [row] = await db.arrays(
    `select l.request_no, l.gateway_ref from settlement_line l where l.night_id = ?${range.text}
      order by l.request_no, l.gateway_ref limit 1 offset ${PAGE_LINES - 1}`,
    [scope.nightId, ...range.params],
  );
  return row ? { requestNo: String(row[0]), gatewayRef: String(row[1]) } : null;
}

/** Keyset form, the leading column first: a row constructor is a scan on MariaDB. */
function rangeOf({ after, upTo }: LinePage): { text: string; params: SqlValue[] } {
  let text = '';
  const params: SqlValue[] = [];
  if (after !== null) {
    text += ' and l.request_no >= ? and (l.request_no > ? or l.gateway_ref > ?)';
    params.push(after.requestNo, after.requestNo, after.gatewayRef);
  }
  if (upTo !== null) {
    text += ' and l.request_no <= ? and (l.request_no < ? or l.gateway_ref <= ?)';
    params.push(upTo.requestNo, upTo.requestNo, upTo.gatewayRef);
  }
  return { text, params };
}

async function readOdd(db: SqlReader, scope: LineScope, page: LinePage): Promise<OddLine[]> {
  const range = rangeOf(page);
  const d = scope.downstreamId;
  const rows = await db.arrays(
    `select l.request_no, l.gateway_ref, l.account_no, l.currency, l.amount_text, l.settled_at_text, l.amount_minor,
            p.id, p.state, c.state, c.account_no, c.currency, c.amount_minor,
            g.gateway_ref, g.currency, g.amount_minor,
            (select count(*) from ledger o where o.downstream_id = ? and o.subject = p.id)
       from settlement_line l
       left join plan p on p.contract_no = l.contract_no and p.period = l.period and p.leg = l.leg
       left join call_out c on c.downstream_id = ? and c.subject = p.id and c.presentation = l.presentation
                           and c.attempt = l.attempt and c.request_no = l.request_no
       left join ledger g on g.downstream_id = ? and g.subject = c.subject and g.presentation = c.presentation
                         and g.attempt = c.attempt and g.entry_type = 'DEBIT'
      where l.night_id = ?${range.text}
        and (coalesce(c.state = 'SUCCEEDED' and p.state = 'paid' and l.account_no = c.account_no
               and l.currency = c.currency and l.amount_minor = c.amount_minor and g.gateway_ref = l.gateway_ref
               and g.currency = c.currency and g.amount_minor = c.amount_minor, 0) = 0
             or (select count(*) from ledger o where o.downstream_id = ? and o.subject = p.id) <> 1)`,
    [d, d, d, scope.nightId, ...range.params, d],
  );
  const lines: OddLine[] = [];
  for (const row of rows) lines.push(await oddLineOf(db, scope, row));
  return lines;
}

async function oddLineOf(db: SqlReader, scope: LineScope, row: SqlValue[]): Promise<OddLine> {
  const [requestNo, gatewayRef, accountNo, currency, amount, settledAt] = row.map(String) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const parts = parseRequestNo(requestNo);
  return {
    requestNo,
    text: { requestNo, gatewayRef, accountNo, currency, amount, settledAt },
    planId: row[7] == null ? null : Number(row[7]),
    case: {
      line: { gatewayRef, accountNo, currency, amountMinor: row[6] == null ? null : Number(row[6]) },
      plan: row[7] == null ? null : { state: String(row[8]) },
      call:
        row[9] == null
          ? null
          : {
              state: String(row[9]),
              accountNo: String(row[10]),
              currency: String(row[11]),
              amountMinor: Number(row[12]),
            },
      entry:
        row[13] == null
          ? null
          : { gatewayRef: String(row[13]), currency: String(row[14]), amountMinor: Number(row[15]) },
      planEntries: Number(row[16]),
      planDebits: row[7] == null ? 0 : await countDebitsOfPlan(db, scope, requestNo),
      isOurEnvironment: parts !== null && parts.environment === scope.environment,
    },
  };
}

/** Request numbers of one plan are neighbours: `<environment>.<plan reference>.` is a range of the key. */
async function countDebitsOfPlan(db: SqlReader, scope: LineScope, requestNo: string): Promise<number> {
  const parts = parseRequestNo(requestNo);
  if (parts === null) return 0;
  const stem = `${parts.environment}.${planReference(parts)}`;
  // '/' is the character after '.'.
  const rows = await db.arrays(
    `select distinct request_no, gateway_ref from settlement_line
      where night_id = ? and request_no >= ? and request_no < ? limit 3`,
    [scope.nightId, `${stem}.`, `${stem}/`],
  );
  return rows.length;
}

/** The line agrees with a call that is not settled as a success: the engine may settle by it, or note the contradiction. */
export function isEvidence({ case: { line, call } }: OddLine): boolean {
  return (
    call !== null &&
    call.state !== 'SUCCEEDED' &&
    line.accountNo === call.accountNo &&
    line.currency === call.currency &&
    line.amountMinor === call.amountMinor
  );
}

export interface JudgedLines {
  readonly differences: readonly Difference[];
  readonly planIdsToHold: readonly number[];
  /** Lines that are right but for their reference: they count as matched. */
  readonly rightLines: number;
}

export function judgeOddLines(lines: readonly OddLine[]): JudgedLines {
  const differences: Difference[] = [];
  const planIdsToHold: number[] = [];
  let rightLines = 0;
  for (const odd of lines) {
    const verdict = judgeLine(odd.case);
    if (verdict.differences.length === 0) rightLines++;
    if (verdict.isReferenceOther) differences.push(differenceOf(odd, 'REFERENCE_OTHER'));
    for (const kind of verdict.differences) differences.push(differenceOf(odd, kind));
    if (verdict.holdsPlan && odd.planId !== null) planIdsToHold.push(odd.planId);
  }
  return { differences, planIdsToHold, rightLines };
}

type LineKind = 'ONLY_GATEWAY' | 'AMOUNT_DIFFERS' | 'STATE_DIFFERS' | 'DOUBLE_DEBIT' | 'REFERENCE_OTHER';

function differenceOf(odd: OddLine, kind: LineKind): Difference {
  const parts = parseRequestNo(odd.requestNo);
  const { call, entry } = odd.case;
  const shown = odd.planId === null ? null : parts;
  return {
    kind,
    requestNo: odd.requestNo,
    gatewayRef: odd.text.gatewayRef,
    contractNo: shown?.contractNo ?? null,
    period: shown?.period ?? null,
    leg: shown?.leg ?? null,
    currency: odd.text.currency,
    oursMinor: call === null ? null : String(entry?.amountMinor ?? call.amountMinor),
    gatewayMinor: odd.text.amount,
    note: noteOf(odd, kind),
  };
}

function noteOf({ case: { line, call, entry, plan } }: OddLine, kind: LineKind): string {
  switch (kind) {
    case 'ONLY_GATEWAY':
      return plan === null ? 'no plan and no call of ours' : 'our plan, but no call of ours';
    case 'AMOUNT_DIFFERS':
      return call === null ? 'the values differ' : `the file differs from our call in ${differingFields(line, call)}`;
    case 'STATE_DIFFERS':
      return `the file shows a debit; our call is ${call?.state}, its plan ${plan?.state ?? 'unknown'}`;
    case 'DOUBLE_DEBIT':
      return 'the plan is debited by another line or ledger entry as well';
    case 'REFERENCE_OTHER':
      return `the answer that settled it said ${entry?.gatewayRef}`;
  }
}

/** Names the fields only: account numbers do not go into reports. */
function differingFields(line: LineCase['line'], call: NonNullable<LineCase['call']>): string {
  const fields: string[] = [];
  if (line.accountNo !== call.accountNo) fields.push('account');
  if (line.currency !== call.currency) fields.push(`currency (ours ${call.currency})`);
  if (line.amountMinor !== call.amountMinor) fields.push(line.amountMinor === null ? 'amount (no integer)' : 'amount');
  return fields.join(', ') || 'what the ledger holds';
}
