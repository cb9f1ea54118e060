import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { Said } from './night-status.ts';

/** The call that is looked at. */
export interface EvidenceSubject {
  readonly runId: number;
  readonly requestNo: string;
  readonly subject: number;
}

const SHOWN_MAX = 100;
/** Of one run, from its call on: a night of a million calls leaves some ten thousand answers. */
const LOOKED_AT_MAX = 20_000;
const BODY_CHARS_MAX = 4_000;

interface EvidenceRow {
  readonly id: number;
  readonly kind: string;
  readonly outcome: string;
  readonly asked: number;
  readonly body: string;
  readonly atMs: number;
}

/**
 * What was answered about a call, the oldest first: what its verdict stands on, and, as long as there is none, every
 * answer in which it is named. Of an answer that tells of many calls only its own entry is shown.
 */
export async function evidenceEvents(db: SqlReader, { runId, requestNo, subject }: EvidenceSubject) {
  const calls = await db.all<{ accountNo: string; evidenceId: number | null; storedAt: number; requestNo: string }>(
    `select account_no as accountNo, evidence_id as evidenceId, stored_at as storedAt, request_no as requestNo
       from call_out where downstream_id in (select id from downstream) and subject = ?`,
    [subject],
  );
  const storedAt = calls.find((call) => call.requestNo === requestNo)?.storedAt ?? 0;
  const from = await firstSince(db, storedAt);
  const judged = calls.flatMap(({ evidenceId }) => (evidenceId === null ? [] : [evidenceId]));
  const rows = await db.all<EvidenceRow>(
    `select id, kind, outcome, asked, body, at_ms as atMs from evidence
      where id >= ? and id < ? and run_id = ? and (first_request_no = ? or instr(body, ?) > 0)
      order by id desc limit ${SHOWN_MAX}`,
    [from, from + LOOKED_AT_MAX, runId, requestNo, `"${requestNo}"`],
  );
  const known = new Set(rows.map(({ id }) => id));
  const others = judged.filter((id) => !known.has(id));
  if (others.length > 0) {
    const places = others.map(() => '?').join(', ');
    rows.push(
      ...(await db.all<EvidenceRow>(
        `select id, kind, outcome, asked, body, at_ms as atMs from evidence where id in (${places})`,
        others,
      )),
    );
  }
  const accounts = calls.map(({ accountNo }) => accountNo);
  return rows
    .sort((a, b) => a.id - b.id)
    .map(({ kind, outcome, body, asked, atMs }) => ({
      atMs,
      kind: 'evidence',
      text: `${kind}: ${outcome}${asked > 1 ? `, with ${asked - 1} others` : ''}`,
      says: { code: 'evidence', values: { of: kind, outcome, others: asked - 1 } } satisfies Said,
      by: null,
      body: withoutAccounts(entryOf(body, requestNo), accounts).slice(0, BODY_CHARS_MAX),
    }));
}

/** The first evidence that is not older: ids follow time, so halving finds it where no index has the time. */
async function firstSince(db: SqlReader, atMs: number): Promise<number> {
  const ends = await db.get<{ low: number | null; high: number | null }>(
    'select min(id) as low, max(id) as high from evidence',
  );
  let low = ends?.low ?? 0;
  let high = (ends?.high ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // Ids may have gaps, so the next row counts.
    const row = await db.get<{ id: number; atMs: number }>(
      'select id, at_ms as atMs from evidence where id >= ? order by id limit 1',
      [middle],
    );
    if (row === null || row.atMs >= atMs) high = middle;
    else low = row.id + 1;
  }
  return low;
}

/** The entries of an answer that name the call; the whole text where it is not read as such. */
function entryOf(body: string, requestNo: string): string {
  try {
    const { results } = JSON.parse(body) as { results?: readonly { requestNo?: unknown }[] };
    const own = (results ?? []).filter((entry) => entry.requestNo === requestNo);
    return own.length === 0 ? body : own.map((entry) => JSON.stringify(entry)).join('\n');
  } catch {
    return body;
  }
}

/** An answer may tell of many items; of account numbers no more than the last four characters are shown. */
function withoutAccounts(body: string, accounts: readonly string[]): string {
  return accounts
    .reduce((text, accountNo) => text.replaceAll(accountNo, `****${accountNo.slice(-4)}`), body)
    .replace(/("account_?(?:no|number)"\s*:\s*")([^"]*?)([^"]{0,4}")/gi, '$1****$3');
}
