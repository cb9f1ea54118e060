import { DaybreakError } from '../../shared/errors.ts';
import type { LogPage } from '../../shared/protocol/wire.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type AttemptRow, attemptById } from '../storage/sql/attempt-queries.ts';
import { runById } from '../storage/sql/run-queries.ts';

/** Which lines, from either end; lines count from 1. One of the three; default `{ fromLine: 1 }`. */
export type LogRange =
  | { readonly fromLine: number }
  | { readonly lastLines: number }
  /** The lines before this one, so many at most. */
  | { readonly beforeLine: number; readonly lastLines: number };

export interface AttemptLog {
  /** The number of the first line of `lines`. */
  readonly fromLine: number;
  /** Of the last one; `fromLine - 1` when there is none. The next page begins at `toLine + 1`. */
  readonly toLine: number;
  readonly lines: readonly string[];
  /** The attempt has ended, and no line comes after these. False: ask again from `toLine + 1`, now or in a moment. */
  readonly isEnd: boolean;
  /** Its executor has no log of it: it has not begun, or the log is past its age. */
  readonly missing: boolean;
}

const LINES_MAX = 10_000;
/** How executors of every generation begin the answer when there is no file. */
const NO_LOG = 'readLog fail';

/**
 * A page of the run log of one attempt, read from its executor. Throws NOT_FOUND, BAD_INPUT, and EXECUTOR_UNREACHABLE when
 * the executor cannot be asked: the log lies there and nowhere else.
 */
export async function readAttemptLog(
  ctx: SchedulerContext,
  logId: number,
  range: LogRange = { fromLine: 1 },
): Promise<AttemptLog> {
  checkRange(range);
  const { attempt, logDateTime } = await ctx.store.read('find-attempt', async (db) => {
    const attempt = await attemptById(db, logId);
    const run = attempt === null ? null : await runById(db, attempt.runId);
    if (attempt === null || run === null) throw new DaybreakError('NOT_FOUND', `there is no attempt with log ${logId}`);
    return { attempt, logDateTime: run.createdAt };
  });
  // Whether it had ended is read before its log: what ended since then has its last lines on the next page.
  const foreign = attempt.incarnation === null;
  const page = await ctx.client.log(attempt.address, { logId, logDateTime, ...orderOf(range, foreign) });
  if (page === null) {
    throw new DaybreakError(
      'EXECUTOR_UNREACHABLE',
      `${attempt.address} cannot be asked for log ${logId}: it lies there`,
    );
  }
  return viewOf(attempt, page, foreign ? range : null);
}

/** Executors of xxl-job know only "from this line on": of those the whole log is asked for, and cut here. */
function orderOf(range: LogRange, foreign: boolean) {
  if ('fromLine' in range) return { fromLineNum: range.fromLine };
  if (foreign) return { fromLineNum: 1 };
  const before = 'beforeLine' in range ? { beforeLineNum: range.beforeLine } : {};
  return { fromLineNum: 1, lastLines: range.lastLines, ...before };
}

function viewOf(attempt: AttemptRow, page: LogPage, cutTo: LogRange | null): AttemptLog {
  const ended = attempt.endedAt !== null;
  const content = page.logContent ?? '';
  const missing = page.toLineNum === 0 && content.startsWith(NO_LOG);
  const all = missing || content === '' ? [] : content.replace(/\n$/, '').split('\n');
  const first = page.fromLineNum;
  if (cutTo === null) {
    return {
      fromLine: first,
      toLine: first + all.length - 1,
      lines: all,
      isEnd: ended && page.isEnd === true,
      missing,
    };
  }
  // What has ended elsewhere is told to the end, and `isEnd` is not said there.
  const upTo = 'beforeLine' in cutTo ? Math.min(all.length, cutTo.beforeLine - first) : all.length;
  const from = 'lastLines' in cutTo ? Math.max(0, upTo - cutTo.lastLines) : 0;
  const lines = all.slice(from, upTo);
  const fromLine = first + from;
  return { fromLine, toLine: fromLine + lines.length - 1, lines, isEnd: ended && upTo === all.length, missing };
}

function checkRange(range: LogRange): void {
  for (const [field, value] of Object.entries(range)) {
    const max = field === 'lastLines' ? LINES_MAX : Number.MAX_SAFE_INTEGER;
    if (Number.isInteger(value) && value >= 1 && value <= max) continue;
    throw new DaybreakError('BAD_INPUT', `${field} is ${value}: give a whole number from 1 to ${max}`);
  }
}
