import { DaybreakError } from '../../shared/errors.ts';
import { type LineWanted, lineMatcher } from '../../shared/log-level.ts';
import type { LogPage } from '../../shared/protocol/wire.ts';
import type { LogOrder } from '../dispatch/executor-client.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type AttemptRow, attemptById } from '../storage/sql/attempt-queries.ts';
import { runById } from '../storage/sql/run-queries.ts';

/** Which lines, from either end; lines count from 1. One of the three; default `{ fromLine: 1 }`. */
export type LogRange =
  | { readonly fromLine: number; readonly linesMax?: number }
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
  const { attempt, logDateTime } = await findAttempt(ctx, logId);
  const foreign = attempt.incarnation === null;
  const page = await askFor(ctx, attempt, { logId, logDateTime, ...orderOf(range, foreign) });
  return viewOf(attempt, page, foreign || 'fromLine' in range ? range : null);
}

export interface FoundInLog {
  readonly found: readonly { readonly no: number; readonly text: string }[];
  /** Where to look on, or null when it has come to the end of what is there now. */
  readonly nextFromLine: number | null;
}

/**
 * A piece of a search through the log of one attempt, from a line on: the executor looks through it for about a second,
 * where it lies. Throws as `readAttemptLog` does.
 */
export async function searchAttemptLog(
  ctx: SchedulerContext,
  logId: number,
  { fromLine, linesMax, ...wanted }: LineWanted & { readonly fromLine: number; readonly linesMax: number },
): Promise<FoundInLog> {
  checkRange({ fromLine, linesMax });
  const { attempt, logDateTime } = await findAttempt(ctx, logId);
  const order = { fromLineNum: fromLine, linesMax, search: wanted };
  const page = await askFor(ctx, attempt, { logId, logDateTime, ...order });
  if (page.search !== undefined) {
    const { found, isThrough } = page.search;
    return { found: found.slice(0, linesMax), nextFromLine: isThrough ? null : Math.max(fromLine, page.toLineNum + 1) };
  }
  // One of before there was this question, or of xxl-job: it has answered with the lines, and they are looked through here.
  const { lines, toLine } = viewOf(attempt, page, { fromLine });
  const fits = lineMatcher(wanted);
  const found = lines.flatMap((text, at) => (fits(text) ? [{ no: fromLine + at, text }] : []));
  const last = found[linesMax - 1];
  if (last !== undefined) return { found: found.slice(0, linesMax), nextFromLine: last.no + 1 };
  return { found, nextFromLine: lines.length === 0 ? null : toLine + 1 };
}

async function findAttempt(ctx: SchedulerContext, logId: number) {
  return ctx.store.read('find-attempt', async (db) => {
    const attempt = await attemptById(db, logId);
    const run = attempt === null ? null : await runById(db, attempt.runId);
    if (attempt === null || run === null) throw new DaybreakError('NOT_FOUND', `there is no attempt with log ${logId}`);
    return { attempt, logDateTime: run.createdAt };
  });
}

/** Whether the attempt had ended is known before its log is read: what ended since then has its last lines next time. */
async function askFor(ctx: SchedulerContext, { address }: AttemptRow, order: LogOrder): Promise<LogPage> {
  const page = await ctx.client.log(address, order);
  if (page !== null) return page;
  const why = `${address} cannot be asked for log ${order.logId}: it lies there`;
  throw new DaybreakError('EXECUTOR_UNREACHABLE', why);
}

/** Executors of xxl-job know only "from this line on": of those the whole log is asked for, and cut here. */
function orderOf(range: LogRange, foreign: boolean) {
  if ('fromLine' in range) {
    const { fromLine, linesMax } = range;
    return { fromLineNum: fromLine, ...(linesMax === undefined || foreign ? {} : { linesMax }) };
  }
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
  const isOurs = attempt.incarnation !== null;
  if (cutTo === null || 'fromLine' in cutTo) {
    // An executor of before there was `linesMax` gives a whole page.
    const lines = all.slice(0, cutTo?.linesMax ?? all.length);
    // What has ended elsewhere is told to the end, and `isEnd` is not said there.
    const isEnd = ended && (page.isEnd === true || !isOurs) && lines.length === all.length;
    return { fromLine: first, toLine: first + lines.length - 1, lines, isEnd, missing };
  }
  const upTo = 'beforeLine' in cutTo ? Math.min(all.length, cutTo.beforeLine - first) : all.length;
  const from = Math.max(0, upTo - cutTo.lastLines);
  const lines = all.slice(from, upTo);
  const fromLine = first + from;
  return { fromLine, toLine: fromLine + lines.length - 1, lines, isEnd: ended && upTo === all.length, missing };
}

function checkRange(range: LogRange): void {
  for (const [field, value] of Object.entries(range)) {
    const max = field === 'lastLines' || field === 'linesMax' ? LINES_MAX : Number.MAX_SAFE_INTEGER;
    if (Number.isInteger(value) && value >= 1 && value <= max) continue;
    throw new DaybreakError('BAD_INPUT', `${field} is ${value}: give a whole number from 1 to ${max}`);
  }
}
