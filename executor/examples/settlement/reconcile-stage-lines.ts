import { hash } from 'node:crypto';
import type { SqlStore, SqlValue } from '../../../shared/sql/sql.ts';
import type { SettlementLine } from '../../downstream/define-downstream.ts';
import { parseRequestNo } from './request-no.ts';

const COLUMNS = [
  'night_id',
  'request_no',
  'gateway_ref',
  'account_no',
  'currency',
  'amount_text',
  'settled_at_text',
  'fetch_no',
  'file_date',
  'amount_minor',
  'contract_no',
  'period',
  'leg',
  'presentation',
  'attempt',
] as const;

/** Stages lines of one file. A line that an earlier file brought, in all its values, is there already and stays. */
export async function stageLines(
  store: SqlStore,
  file: { nightId: number; date: string; fetchNo: number },
  lines: readonly SettlementLine[],
): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map((line) => rowOf(file, line));
  await store.transaction('stage-settlement-lines', (tx) =>
    tx.insertRows({ table: 'settlement_line', columns: COLUMNS, onConflict: 'ignore' }, rows),
  );
}

function rowOf(file: { nightId: number; date: string; fetchNo: number }, line: SettlementLine): SqlValue[] {
  const parts = parseRequestNo(line.requestNo);
  return [
    file.nightId,
    fitted(line.requestNo, 128),
    fitted(line.gatewayRef, 128),
    fitted(line.accountNo, 64),
    fitted(line.currency, 8),
    fitted(line.amount, 32),
    fitted(line.settledAt, 32),
    file.fetchNo,
    file.date,
    plainAmount(line.amount),
    parts?.contractNo ?? null,
    parts?.period ?? null,
    parts?.leg ?? null,
    parts?.presentation ?? null,
    parts?.attempt ?? null,
  ];
}

/** Minor units of a plain integer (no sign, point, blank or leading zero), else null: then the line matches nothing. */
export function plainAmount(text: string): number | null {
  return /^(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : null;
}

/** A text longer than its column can be none of ours; cut, with its hash so that two such texts stay two. */
function fitted(text: string, charsMax: number): string {
  // A NUL character ends a text in some tools, and what they show must not look like another line.
  const shown = text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text;
  if (shown.length <= charsMax && shown === text) return shown;
  const mark = `~${hash('sha256', text).slice(0, Math.min(16, Math.floor(charsMax / 2)))}`;
  return shown.slice(0, charsMax - mark.length).toWellFormed() + mark;
}

/** Takes out what a file brought that proved bad at its end; lines that a good file brought before are not its own. */
export async function dropFetchedLines(store: SqlStore, nightId: number, fetchNo: number): Promise<void> {
  await store.transaction('drop-bad-settlement-file', (tx) =>
    tx.run('delete from settlement_line where night_id = ? and fetch_no = ?', [nightId, fetchNo]),
  );
}

/** A reconciliation starts with no lines: those of one that was cut off may be half a file. */
export async function clearStagedLines(store: SqlStore, nightId: number): Promise<void> {
  for (;;) {
    const dropped = await store.transaction('clear-settlement-lines', async (tx) => {
      const end = await tx.get<{ request_no: string }>(
        'select request_no from settlement_line where night_id = ? order by request_no limit 1 offset 20000',
        [nightId],
      );
      const upTo = end === null ? '' : ' and request_no <= ?';
      return tx.run(
        `delete from settlement_line where night_id = ?${upTo}`,
        end === null ? [nightId] : [nightId, end.request_no],
      );
    });
    if (dropped === 0) return;
  }
}
