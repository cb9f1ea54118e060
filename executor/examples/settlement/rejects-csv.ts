import type { SqlStore } from '../../../shared/sql/sql.ts';
import { quoteCsvField } from '../../batch/readers/csv-fields.ts';
import { readRejectSizes, readRejects } from './storage/plan-file-queries.ts';

const ROWS_PER_PAGE = 500;
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The rejected lines of a file as CSV, in the order of the file: the header `line,code,raw`, then one line each. `raw`
 * is the line's own bytes, quoted where CSV needs it, also when they are no UTF-8; of a line beyond 1 MiB it is the
 * first 1 MiB.
 * @example
 * for await (const line of rejectsCsv(store, fileId)) await file.write(line);
 */
export async function* rejectsCsv(store: SqlStore, fileId: number): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from('line,code,raw\n');
  let afterLine = 0;
  while (true) {
    const rows = await store.read('read-rejects', async (tx) => {
      const sizes = await readRejectSizes(tx, fileId, afterLine, ROWS_PER_PAGE);
      const toLine = lastLineWithin(sizes);
      return toLine === null ? [] : readRejects(tx, fileId, afterLine, toLine);
    });
    for (const { lineNo, code, raw } of rows) {
      yield Buffer.concat([Buffer.from(`${lineNo},${code},`), quoteCsvField(raw), Buffer.from('\n')]);
      afterLine = lineNo;
    }
    if (rows.length === 0) return;
  }
}

/** The last line that still fits a page; the first always does. */
function lastLineWithin(sizes: readonly { lineNo: number; bytes: number }[]): number | null {
  let toLine: number | null = null;
  let total = 0;
  for (const { lineNo, bytes } of sizes) {
    total += bytes;
    if (toLine !== null && total > PAGE_BYTES_MAX) break;
    toLine = lineNo;
  }
  return toLine;
}
