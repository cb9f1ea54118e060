import { type LogReader, openLogReader, type Position, seekLine, walkLines } from './run-log-index.ts';

/** Which lines of a log: from a line on, the last ones, or those before a line. Lines count from 1. */
export type LogRange =
  | { readonly kind: 'from'; readonly line: number; readonly count?: number }
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'before'; readonly line: number; readonly count: number };

export interface RunLogPage {
  readonly fromLine: number;
  /** The last line in `content`, or `fromLine - 1` when there is none. */
  readonly toLine: number;
  /** Whole lines, each with its line break. */
  readonly content: string;
  /** Whether the page reaches the last line that is there now. */
  readonly complete: boolean;
}

export const PAGE_BYTES_MAX = 1_048_576;
export const PAGE_LINES_MAX = 10_000;

/**
 * A page of at most 1 MiB; null when there is no such log. Of a page that would be larger, the part next to the line
 * that was named is given: the first lines after `from`, the last ones otherwise.
 * @param growing whether it is still written: then a last line without its line break is left for the next time
 */
export async function readRunLog(path: string, range: LogRange, growing: boolean): Promise<RunLogPage | null> {
  const reader = await openLogReader(path);
  if (reader === null) return null;
  try {
    return range.kind === 'from'
      ? await readFrom(
          reader,
          { fromLine: Math.max(1, range.line), count: range.count ?? Number.MAX_SAFE_INTEGER },
          growing,
        )
      : await readBackwards(reader, range, growing);
  } finally {
    await reader.close();
  }
}

async function readFrom(
  reader: LogReader,
  { fromLine, count }: { readonly fromLine: number; readonly count: number },
  growing: boolean,
): Promise<RunLogPage> {
  const start = await seekLine(reader, fromLine);
  if (start.line < fromLine) return { fromLine, toLine: fromLine - 1, content: '', complete: true };
  const isFull = (at: Position) => at.offset - start.offset >= PAGE_BYTES_MAX || at.line - start.line >= count;
  const end = await walkLines(reader, start, (at) => !isFull(at));
  const full = isFull(end);
  // What follows the last line break is a line of its own, cut short, unless somebody is writing it just now.
  const unfinished = !full && !growing && end.offset < reader.bytes;
  const content = await textBetween(reader, start.offset, unfinished ? reader.bytes : end.offset);
  return {
    fromLine,
    toLine: end.line - 1 + (unfinished ? 1 : 0),
    content: unfinished ? `${content}\n` : content,
    complete: !full || end.offset === reader.bytes,
  };
}

async function readBackwards(
  reader: LogReader,
  range: Exclude<LogRange, { kind: 'from' }>,
  growing: boolean,
): Promise<RunLogPage> {
  const last = await walkLines(reader, await reader.nearest(Number.MAX_SAFE_INTEGER), () => true);
  const unfinished = last.offset < reader.bytes && !growing;
  const lines = last.line - 1 + (unfinished ? 1 : 0);
  const toLine = range.kind === 'before' ? Math.min(lines, Math.max(1, range.line) - 1) : lines;
  const count = Math.min(Math.max(1, range.count), PAGE_LINES_MAX);
  const wanted = await seekLine(reader, Math.max(1, toLine - count + 1));
  const endOffset =
    toLine === lines ? (growing ? last.offset : reader.bytes) : (await seekLine(reader, toLine + 1)).offset;
  const start = await notBefore(reader, wanted, endOffset - PAGE_BYTES_MAX);
  const content = await textBetween(reader, start.offset, endOffset);
  return {
    fromLine: start.line,
    toLine,
    content: content === '' || content.endsWith('\n') ? content : `${content}\n`,
    complete: toLine === lines,
  };
}

async function notBefore(reader: LogReader, from: Position, offset: number): Promise<Position> {
  return from.offset >= offset ? from : await walkLines(reader, from, (at) => at.offset < offset);
}

async function textBetween(reader: LogReader, start: number, end: number): Promise<string> {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  const { bytesRead } = await reader.file.read(bytes, 0, bytes.length, start);
  return bytes.toString('utf8', 0, bytesRead);
}
