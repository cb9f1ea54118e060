import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import type { Night } from '../night-start.ts';
import { rejectsCsv } from '../rejects-csv.ts';
import type { NightReport } from './night-report.ts';
import { csvRecord, DIFFERENCES_HEADER, differenceRows, UNRESOLVED_HEADER, unresolvedRows } from './report-csv.ts';
import { reportHtml } from './report-html.ts';
import { reportJson } from './report-json.ts';
import { readProgress } from './report-progress.ts';

export interface WriteReportOptions {
  readonly store: SqlStore;
  readonly night: Night;
  readonly report: NightReport;
  /** The plan file in the store whose rejects are written, or null when none of it was stored. Default: the night's. */
  readonly fileId?: number | null;
}

/** How many rows of a table the page shows; all of them are in the CSV file beside it. */
const ROWS_IN_HTML = 200;

/**
 * Writes the report folder: each file to a temporary name and then renamed, `report.json` last, so that whoever sees
 * it finds the others whole. Streams: a million rows take no more memory than a thousand.
 */
export async function writeReport(dir: string, options: WriteReportOptions): Promise<void> {
  const { store, night, report } = options;
  const fileId = options.fileId === undefined ? night.fileId : options.fileId;
  // A night that was refused has sent nothing: what was due of it is no list of unresolved debits.
  const isRefused = report.exitCode === 2;
  const shown: string[][] = [];
  await mkdir(dir, { recursive: true });
  await writeFileWhole(join(dir, 'rejects.csv'), fileId === null ? ['line,code,raw\n'] : rejectsCsv(store, fileId));
  await writeFileWhole(
    join(dir, 'unresolved.csv'),
    csvOf(UNRESOLVED_HEADER, isRefused ? nothing() : unresolvedRows(store, night), shown),
  );
  await writeFileWhole(
    join(dir, 'differences.csv'),
    csvOf(DIFFERENCES_HEADER, isRefused ? nothing() : differencesOf(options)),
  );
  const progress = await readProgress(store, night, report.finishedAt);
  await writeFileWhole(join(dir, 'report.html'), [reportHtml(report, { progress, unresolved: shown })]);
  await writeFileWhole(join(dir, 'report.json'), [reportFileText(report)]);
}

/** The text of `report.json`. */
export function reportFileText(report: NightReport): string {
  return `${reportJson(report, { indent: 2 })}\n`;
}

type Rows = AsyncIterable<readonly (readonly (string | number | bigint | null | Uint8Array | undefined)[])[]>;

async function* nothing(): Rows {
  yield [];
}

/** What the store lists, and that nothing is proven when the reconciliation did not come to its end. */
async function* differencesOf({ store, night, report }: WriteReportOptions): Rows {
  if (report.conservation.differences[0]?.kind === 'NOT_RECONCILED') yield [['NOT_RECONCILED', ...Array(8).fill(null)]];
  yield* differenceRows(store, night.id);
}

/** The rows as CSV text, page by page; the first ones are put into `first`, for the page. */
async function* csvOf(header: string, pages: Rows, first: string[][] = []): AsyncGenerator<string> {
  yield header;
  for await (const rows of pages) {
    for (const row of rows.slice(0, ROWS_IN_HTML - first.length)) {
      first.push(row.map((field) => (field == null ? '' : String(field))));
    }
    yield rows.map((row) => csvRecord(row)).join('');
  }
}

async function writeFileWhole(
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w');
  try {
    // Small pieces are gathered: a write per line would be a system call per line.
    let held: Buffer[] = [];
    let bytes = 0;
    for await (const piece of pieces) {
      const chunk = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : Buffer.from(piece);
      held.push(chunk);
      bytes += chunk.length;
      if (bytes < WRITE_BYTES) continue;
      await file.appendFile(Buffer.concat(held));
      [held, bytes] = [[], 0];
    }
    await file.appendFile(Buffer.concat(held));
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
}
const WRITE_BYTES = 256 * 1024;
