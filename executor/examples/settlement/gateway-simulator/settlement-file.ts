import { quoteCsvText } from '../../../batch/readers/csv-fields.ts';
import type { GatewayBooks } from './books.ts';
import type { FileRow } from './books-types.ts';
import { statedAmount } from './debit-fate.ts';
import type { Dials } from './dials.ts';
import { hits } from './draw.ts';

export interface FileContext {
  readonly books: GatewayBooks;
  readonly dials: Dials;
  readonly seed: number;
  readonly nowMs: number;
  /** The how-manieth fetch of this date this is, and of any date: 1 for the first. */
  readonly fetchOfDate: number;
  readonly fetchOfAny: number;
}

/** How many lines are read and written at once: the file is never in memory as a whole. */
const PAGE_LINES = 2_000;

/** Pieces of the file, or null when there is none (404). The piece `'cut'` ends the connection instead. */
export function settlementFile(date: string, context: FileContext): Generator<string> | null {
  const range = context.books.fileRange(date);
  const settledUntilMs = context.nowMs - context.dials.fileLateMs;
  if (range === null && context.dials.fileStrangeLines === 0) return null;
  if (range !== null && context.books.filePage(range, date, settledUntilMs, 1).length === 0) return null;
  return piecesOf(date, range, settledUntilMs, context);
}

function* piecesOf(
  date: string,
  range: { afterId: number; lastId: number } | null,
  settledUntilMs: number,
  context: FileContext,
): Generator<string> {
  const { books, dials } = context;
  let lines = 0;
  let text = 'gateway_ref,request_no,account_no,currency,amount,settled_at\n';
  for (let at = 0; at < dials.fileStrangeLines; at++, lines++) {
    text += `GWS${at},STRANGE.${date}.${at},6210000000000000,CNY,100,${context.nowMs}\n`;
  }
  let afterId = range?.afterId ?? 0;
  while (range !== null) {
    const rows = books.filePage({ afterId, lastId: range.lastId }, date, settledUntilMs, PAGE_LINES);
    for (const row of rows) {
      const written = linesOf(row, context);
      lines += written.length;
      for (const line of written) text += line;
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    afterId = last.id;
    yield text;
    text = '';
    if (context.fetchOfAny <= dials.fileCutTimes) {
      yield CUT;
      return;
    }
  }
  const wrong = context.fetchOfAny <= dials.fileCutTimes + dials.fileWrongTrailerTimes;
  yield `${text}TRAILER,${wrong ? lines + 1 : lines}\n`;
}

export const CUT = 'cut';

function linesOf(row: FileRow, { dials, seed, fetchOfDate }: FileContext): string[] {
  const missingNow = dials.fileMissingLineFetches === 0 || fetchOfDate <= dials.fileMissingLineFetches;
  if (missingNow && hits(dials.fileMissingLineRate, seed, 'file-missing', row.request_no)) return [];
  const stated = statedAmount(dials, seed, row.request_no, row.amount);
  const amount = hits(dials.fileWrongAmountRate, seed, 'file-amount', row.request_no) ? stated + 1 : stated;
  const line = `GW${row.id},${quoteCsvText(row.request_no)},${quoteCsvText(row.account_no)},${row.currency},${amount},${row.settled_at}\n`;
  return hits(dials.fileDuplicateLineRate, seed, 'file-duplicate', row.request_no) ? [line, line] : [line];
}
