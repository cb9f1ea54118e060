import type { LogPage, LogRequest } from '../../shared/protocol/wire.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type KnownAttempt, lookUpAttempt } from './attempt-queries.ts';
import { type LogRange, PAGE_LINES_MAX } from './read-run-log.ts';
import { endInWords, logLine } from './run-log-text.ts';
import type { RunLogs } from './run-logs.ts';
import { searchLines } from './search-run-log.ts';
import type { Slots } from './slots.ts';

export interface LogParts {
  readonly store: SqlStore;
  readonly slots: Slots;
  readonly runLogs: RunLogs;
}

/** What /log answers with: lines of one attempt's log, or where in it something was found. */
export async function answerLog({ store, slots, runLogs }: LogParts, request: LogRequest): Promise<LogPage> {
  const { logId, logDateTim, logDateTime, fromLineNum } = request;
  const known = await lookUpAttempt(store, logId);
  const dayHintMs = known?.logDateTime ?? logDateTime ?? logDateTim ?? 0;
  const silent = known?.silent ?? null;
  if (request.search !== undefined) return searchIt(runLogs, dayHintMs, silent, { ...request, search: request.search });
  const page = await runLogs.read(logId, dayHintMs, rangeOf(request));
  if (page === null && silent !== null) return pageOfSilent(silent, rangeOf(request));
  if (page === null) {
    // One that has begun and said nothing yet is told from one that waits: no lines so far, and more may come.
    const begun = slots.running().some((one) => one.logId === logId && one.state !== 'queued');
    if (begun) return { fromLineNum, toLineNum: 0, logContent: '', isEnd: false };
    return { fromLineNum, toLineNum: 0, logContent: 'readLog fail, logFile not exists', isEnd: true };
  }
  const isEnd = page.complete && (known?.ended ?? true);
  return { fromLineNum: page.fromLine, toLineNum: page.toLine, logContent: page.content, isEnd };
}

type SilentEnd = NonNullable<KnownAttempt['silent']>;

/** The one line of a log that nothing was written into. */
const lineOf = (silent: SilentEnd): string => logLine(silent.atMs, 'INFO ', endInWords(silent));

function pageOfSilent(silent: SilentEnd, range: LogRange): LogPage {
  const isIn = range.kind === 'last' || (range.kind === 'from' ? range.line <= 1 : range.line > 1);
  if (isIn) return { fromLineNum: 1, toLineNum: 1, logContent: `${lineOf(silent)}\n`, isEnd: true };
  const fromLineNum = range.kind === 'from' ? range.line : 1;
  return { fromLineNum, toLineNum: fromLineNum - 1, logContent: '', isEnd: true };
}

async function searchIt(
  runLogs: RunLogs,
  dayHintMs: number,
  silent: SilentEnd | null,
  { logId, fromLineNum, linesMax = PAGE_LINES_MAX, search }: LogRequest & Required<Pick<LogRequest, 'search'>>,
): Promise<LogPage> {
  const order = { ...search, fromLine: fromLineNum, linesMax: Math.min(linesMax, PAGE_LINES_MAX) };
  const inFile = await runLogs.search(logId, dayHintMs, order);
  const looked = inFile ?? (silent === null ? null : searchLines([lineOf(silent)], order));
  const { found, toLine, complete } = looked ?? { found: [], toLine: 0, complete: true };
  return { fromLineNum, toLineNum: toLine, search: { found: [...found], isThrough: complete } };
}

/** Peers ask from a line on; our own schedulers also for so many of them, for the end and, from there, upwards. */
function rangeOf({ fromLineNum, lastLines, beforeLineNum, linesMax }: LogRequest): LogRange {
  if (beforeLineNum !== undefined) return { kind: 'before', line: beforeLineNum, count: lastLines ?? PAGE_LINES_MAX };
  if (lastLines !== undefined) return { kind: 'last', count: lastLines };
  return { kind: 'from', line: fromLineNum, ...(linesMax === undefined ? {} : { count: linesMax }) };
}
