import { DaybreakError, LeaseLostError } from '../../../../shared/errors.ts';
import type { SqlReader, SqlTx, SqlValue } from '../../../../shared/sql/sql.ts';
import { type AcceptableLine, planKey, type StoredPlan } from '../plan-collisions.ts';
import type { RejectCode, RejectedPremium } from '../plan-line.ts';

export interface PlanFileRow {
  readonly id: number;
  readonly sha256: string;
  readonly state: 'staged' | 'active' | 'refused';
  readonly data_lines: number;
  readonly accepted: number;
  readonly already_stored: number;
  readonly byte_offset: number;
  readonly line_no: number;
  readonly prefix_crc: number;
  readonly night_id: number | null;
  readonly first_plan_id: number;
  readonly last_plan_id: number;
  readonly activated_to: number;
}

const FILE_COLUMNS = `id, sha256, state, data_lines, accepted, already_stored, byte_offset, line_no, prefix_crc,
  night_id, first_plan_id, last_plan_id, activated_to`;

export async function findPlanFile(tx: SqlReader, sha256: string): Promise<PlanFileRow | null> {
  return tx.get<PlanFileRow>(`select ${FILE_COLUMNS} from plan_file where sha256 = ?`, [sha256]);
}

export async function readPlanFile(tx: SqlReader, fileId: number): Promise<PlanFileRow> {
  return expectRow(fileId, await tx.get<PlanFileRow>(`select ${FILE_COLUMNS} from plan_file where id = ?`, [fileId]));
}

/** Reads the row and keeps it: whoever moves this file waits here. */
export async function lockPlanFile(tx: SqlTx, fileId: number): Promise<PlanFileRow> {
  const text = `select ${FILE_COLUMNS} from plan_file where id = ?${tx.forUpdate}`;
  return expectRow(fileId, await tx.get<PlanFileRow>(text, [fileId]));
}

function expectRow(fileId: number, row: PlanFileRow | null): PlanFileRow {
  if (row !== null) return row;
  throw new LeaseLostError(`plan file ${fileId} is gone: another import has taken its place`, { details: { fileId } });
}

/** Files that never became active, but for one: what an import that was given up has left behind. */
export async function findLeftoverFiles(tx: SqlReader, exceptSha256: string): Promise<readonly PlanFileRow[]> {
  const text = `select ${FILE_COLUMNS} from plan_file where state <> 'active' and sha256 <> ? order by id`;
  return tx.all<PlanFileRow>(text, [exceptSha256]);
}

export async function insertPlanFile(
  tx: SqlTx,
  file: { sha256: string; path: string; sizeBytes: number; nightId: number },
): Promise<void> {
  const columns = 'sha256, state, path, size_bytes, night_id, created_at';
  const values: SqlValue[] = [file.sha256, 'staged', file.path, file.sizeBytes, file.nightId, tx.nowMs];
  await tx.insertReturningId(`insert into plan_file (${columns}) values (?, ?, ?, ?, ?, ?)`, values);
}

/** Takes the file up for a night: again, when its rejects were too many for an earlier one. */
export async function stagePlanFile(tx: SqlTx, fileId: number, nightId: number): Promise<void> {
  const text = `update plan_file set state = 'staged', night_id = ? where id = ? and state in ('staged', 'refused')`;
  await expectOne(fileId, tx.run(text, [nightId, fileId]));
}

export async function refusePlanFile(tx: SqlTx, fileId: number): Promise<void> {
  const text = `update plan_file set state = 'refused' where id = ? and state in ('staged', 'refused')`;
  await expectOne(fileId, tx.run(text, [fileId]));
}

export interface FileProgress {
  readonly byteOffset: number;
  readonly lineNo: number;
  readonly crc: number;
  readonly dataLines: number;
  readonly accepted: number;
  readonly alreadyStored: number;
  readonly firstPlanId: number;
  readonly lastPlanId: number;
}

export async function savePlanFileProgress(tx: SqlTx, fileId: number, at: FileProgress): Promise<void> {
  const text = `update plan_file set byte_offset = ?, line_no = ?, prefix_crc = ?, data_lines = ?, accepted = ?,
    already_stored = ?, first_plan_id = ?, last_plan_id = ? where id = ? and state = 'staged'`;
  const values = [at.byteOffset, at.lineNo, at.crc, at.dataLines, at.accepted, at.alreadyStored, at.firstPlanId];
  await expectOne(fileId, tx.run(text, [...values, at.lastPlanId, fileId]));
}

async function expectOne(fileId: number, matched: Promise<number>): Promise<void> {
  if ((await matched) === 1) return;
  throw new LeaseLostError(`plan file ${fileId} is not staged any more: another import has moved it`, {
    details: { fileId },
  });
}

/** The newest id given so far. By the primary key, so it costs one look. */
export async function maxPlanId(tx: SqlTx): Promise<number> {
  return Number((await tx.arrays('select coalesce(max(id), 0) from plan'))[0]?.[0]);
}

/** The ids of the plans inserted after `id`, as a range, or null when there are none. */
export async function planIdsAfter(tx: SqlTx, id: number): Promise<{ first: number; last: number } | null> {
  const [row] = await tx.arrays('select min(id), max(id) from plan where id > ?', [id]);
  return row?.[0] == null ? null : { first: Number(row[0]), last: Number(row[1]) };
}

const PLAN_COLUMNS = [
  'contract_no',
  'period',
  'leg',
  'customer_no',
  'merchant_no',
  'account_no',
  'currency',
  'amount_minor',
  'due_date',
  'file_id',
  'line_no',
];

/** Inserts the plans whose key is free and returns how many those were. */
export async function insertNewPlans(tx: SqlTx, fileId: number, lines: readonly AcceptableLine[]): Promise<number> {
  const rows = lines.map(({ plan, lineNo }) => [
    plan.contractNo,
    plan.period,
    plan.leg,
    plan.customerNo,
    plan.merchantNo,
    plan.accountNo,
    plan.currency,
    plan.amountMinor,
    plan.dueDate,
    fileId,
    lineNo,
  ]);
  return tx.insertRows({ table: 'plan', columns: PLAN_COLUMNS, onConflict: 'ignore' }, rows);
}

/** Below SQLite's limit of 1,000 for the depth of an expression. */
const KEYS_PER_QUERY = 200;

/** The stored plans under the keys of these lines, each found by the unique key (contract_no, period, leg). */
export async function findPlansByKey(
  tx: SqlTx,
  lines: readonly AcceptableLine[],
): Promise<ReadonlyMap<string, StoredPlan>> {
  const found = new Map<string, StoredPlan>();
  for (let from = 0; from < lines.length; from += KEYS_PER_QUERY) {
    const part = lines.slice(from, from + KEYS_PER_QUERY);
    const keys = part.map(() => '(contract_no = ? and period = ? and leg = ?)').join(' or ');
    const text = `select contract_no, period, leg, id, file_id, line_no, customer_no, merchant_no, account_no, currency,
      amount_minor, due_date from plan where ${keys}`;
    const params = part.flatMap(({ plan }) => [plan.contractNo, plan.period, plan.leg]);
    for (const row of await tx.arrays(text, params)) {
      const [contractNo, period, leg, id, fileId, lineNo, customerNo, merchantNo, accountNo, currency, amount, due] =
        row;
      found.set(planKey({ contractNo: String(contractNo), period: Number(period), leg: String(leg) }), {
        id: Number(id),
        fileId: Number(fileId),
        lineNo: Number(lineNo),
        customerNo: String(customerNo),
        merchantNo: String(merchantNo),
        accountNo: String(accountNo),
        currency: String(currency),
        amountMinor: Number(amount),
        dueDate: String(due),
      });
    }
  }
  return found;
}

/** Which of these plans this file has shown already, and in which line. */
export async function findSightings(
  tx: SqlTx,
  fileId: number,
  planIds: readonly number[],
): Promise<Map<number, number>> {
  const sighted = new Map<number, number>();
  for (let from = 0; from < planIds.length; from += KEYS_PER_QUERY) {
    const part = planIds.slice(from, from + KEYS_PER_QUERY);
    const text = `select plan_id, line_no from plan_sighting where file_id = ? and plan_id in (${part.map(() => '?').join(', ')})`;
    for (const [planId, lineNo] of await tx.arrays(text, [fileId, ...part]))
      sighted.set(Number(planId), Number(lineNo));
  }
  return sighted;
}

/** Rows of files that are not active are nobody's; meeting one that is not ours means the clearing before failed. */
export async function assertActive(tx: SqlTx, fileIds: Iterable<number>): Promise<void> {
  for (const fileId of fileIds) {
    const row = await tx.get<{ state: string }>('select state from plan_file where id = ?', [fileId]);
    if (row?.state === 'active') continue;
    throw new DaybreakError(
      'INVARIANT_BROKEN',
      `a plan belongs to file ${fileId}, which is ${row?.state ?? 'missing'}`,
      {
        details: { fileId },
      },
    );
  }
}

export async function insertSightings(
  tx: SqlTx,
  fileId: number,
  sightings: readonly { planId: number; lineNo: number }[],
): Promise<void> {
  const rows = sightings.map(({ planId, lineNo }) => [fileId, planId, lineNo]);
  await tx.insertRows({ table: 'plan_sighting', columns: ['file_id', 'plan_id', 'line_no'] }, rows);
}

export interface RejectedLine {
  readonly lineNo: number;
  readonly code: RejectCode;
  readonly raw: Buffer;
  readonly premium: RejectedPremium | null;
}

export async function insertRejects(tx: SqlTx, fileId: number, rejects: readonly RejectedLine[]): Promise<void> {
  const columns = ['file_id', 'line_no', 'code', 'raw', 'contract_no', 'period'];
  const rows = rejects.map(({ lineNo, code, raw, premium }) => [
    fileId,
    lineNo,
    code,
    raw,
    premium?.contractNo ?? null,
    premium?.period ?? null,
  ]);
  await tx.insertRows({ table: 'plan_reject', columns }, rows);
}

export async function countRejects(tx: SqlReader, fileId: number): Promise<Record<string, number>> {
  const rows = await tx.arrays('select code, count(*) from plan_reject where file_id = ? group by code order by code', [
    fileId,
  ]);
  return Object.fromEntries(rows.map(([code, count]) => [String(code), Number(count)]));
}

/** Opens the plans of one id range to the nights. By the primary key of `plan`; inserted set-based, in leg order. */
export async function openPlans(tx: SqlTx, fileId: number, afterId: number, toId: number): Promise<void> {
  for (const leg of ['PREMIUM', 'PRINCIPAL']) {
    const text = `insert into plan_open (leg, plan_id, due_date) select leg, id, due_date from plan
      where id > ? and id <= ? and leg = ? and file_id = ? and state = 'open' order by id`;
    await tx.run(text, [afterId, toId, leg, fileId]);
  }
}

export async function saveActivation(tx: SqlTx, fileId: number, from: number, to: number): Promise<void> {
  const text = `update plan_file set activated_to = ? where id = ? and state = 'staged' and activated_to = ?`;
  await expectOne(fileId, tx.run(text, [to, fileId, from]));
}

export async function activatePlanFile(tx: SqlTx, fileId: number): Promise<void> {
  const text = `update plan_file set state = 'active', activated_at = ? where id = ? and state = 'staged'`;
  await expectOne(fileId, tx.run(text, [tx.nowMs, fileId]));
}

/** Takes the plans of one id range away again, and what a broken-off activation had opened of them. */
export async function deletePlans(tx: SqlTx, fileId: number, afterId: number, toId: number): Promise<void> {
  const range = [afterId, toId, fileId];
  for (const leg of ['PREMIUM', 'PRINCIPAL']) {
    const text = `delete from plan_open where leg = ? and plan_id > ? and plan_id <= ?
      and plan_id in (select id from plan where id > ? and id <= ? and file_id = ?)`;
    await tx.run(text, [leg, afterId, toId, ...range]);
  }
  await tx.run('delete from plan where id > ? and id <= ? and file_id = ?', range);
}

/** Deletes up to about `limit` rows, from the beginning of the primary key; returns whether any were there. */
export async function deleteSomeRows(
  tx: SqlTx,
  table: 'plan_sighting' | 'plan_reject',
  fileId: number,
  limit: number,
): Promise<boolean> {
  const key = table === 'plan_sighting' ? 'plan_id' : 'line_no';
  const firstKeys = `select ${key} from ${table} where file_id = ? order by ${key} limit ${limit}`;
  const last = (await tx.arrays(firstKeys, [fileId])).at(-1)?.[0];
  if (last === undefined) return false;
  await tx.run(`delete from ${table} where file_id = ? and ${key} <= ?`, [fileId, last]);
  return true;
}

/**
 * The first thing that is done to clear a file: it loses its hash. Should the clearing be cut off and the same text
 * come again, it is a new file and does not go on from a checkpoint whose rows are gone.
 */
export async function disownPlanFile(tx: SqlTx, fileId: number): Promise<void> {
  const text = `update plan_file set sha256 = ? where id = ? and state in ('staged', 'refused')`;
  await expectOne(fileId, tx.run(text, [`clearing ${fileId}`, fileId]));
}

export async function deletePlanFile(tx: SqlTx, fileId: number): Promise<void> {
  await tx.run(`delete from plan_file where id = ? and state <> 'active'`, [fileId]);
}

export interface RejectRow {
  readonly lineNo: number;
  readonly code: string;
  readonly raw: Buffer;
}

/** How long the next rejects are, so that the caller can fetch as many as it wants to hold. */
export async function readRejectSizes(
  tx: SqlReader,
  fileId: number,
  afterLine: number,
  limit: number,
): Promise<readonly { lineNo: number; bytes: number }[]> {
  const text = `select line_no, length(raw) from plan_reject where file_id = ? and line_no > ? order by line_no limit ${limit}`;
  const rows = await tx.arrays(text, [fileId, afterLine]);
  return rows.map(([lineNo, bytes]) => ({ lineNo: Number(lineNo), bytes: Number(bytes) }));
}

export async function readRejects(
  tx: SqlReader,
  fileId: number,
  afterLine: number,
  toLine: number,
): Promise<readonly RejectRow[]> {
  const text =
    'select line_no, code, raw from plan_reject where file_id = ? and line_no > ? and line_no <= ? order by line_no';
  const rows = await tx.arrays(text, [fileId, afterLine, toLine]);
  return rows.map(([lineNo, code, raw]) => ({
    lineNo: Number(lineNo),
    code: String(code),
    raw: Buffer.from(raw as Uint8Array),
  }));
}
