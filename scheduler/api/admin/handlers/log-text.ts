import { DaybreakError } from '../../../../shared/errors.ts';
import { type LogLevel, levelOf } from '../../../../shared/log-level.ts';
import { type AttemptLog, readAttemptLog, searchAttemptLog } from '../../../run/attempt-log.ts';
import type { SchedulerContext } from '../../../scheduler-context.ts';
import type { LogPage } from '../contract/run-routes.ts';

export type LogLine = LogPage['lines'][number];

const LINE_CHARS_MAX = 20_000;
const FOUND_DEFAULT = 200;
/** So many lines of a download are read at a time: a whole page of 1 MiB held up everybody else for 50 ms. */
const SENT_AT_ONCE = 5_000;

// Colours and everything else that moves a cursor; what remains of control characters; what turns text around.
const [ESC, BEL] = [String.fromCharCode(27), String.fromCharCode(7)];
const ANSI = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[@-Z_-])`, 'g');
const CONTROL = /(?!\t)\p{Cc}/gu;
const NOT_INERT = /(?!\t)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line as it may be shown: what is in it is text, and stays on its line and in its direction. */
export function inertLine(text: string): string {
  // Most lines have none of it, and one look is a fifth of the time of three replacements.
  if (text.length <= LINE_CHARS_MAX && !NOT_INERT.test(text)) return text;
  return text.replace(ANSI, '').replace(CONTROL, '\u{fffd}').replace(DIRECTION, '\u{fffd}').slice(0, LINE_CHARS_MAX);
}

export function logLines({ lines, fromLine }: Pick<AttemptLog, 'lines' | 'fromLine'>): LogLine[] {
  return lines.map((line, at) => logLine(line, fromLine + at));
}

function logLine(line: string, no: number): LogLine {
  const text = inertLine(line);
  return { no, text, level: levelOf(text) };
}

interface Wanted {
  readonly text?: string;
  readonly level?: LogLevel;
  readonly fromLine?: number;
  readonly limit?: number;
}

/** Looks through a part of a log; `nextFromLine` says where to go on, null at its end. */
export async function searchLog(
  ctx: SchedulerContext,
  logId: number,
  { text = '', level, fromLine = 1, limit = FOUND_DEFAULT }: Wanted,
): Promise<{ lines: LogLine[]; nextFromLine: number | null }> {
  const order = { text, fromLine, linesMax: limit, ...(level === undefined ? {} : { level }) };
  const { found, nextFromLine } = await searchAttemptLog(ctx, logId, order);
  return { lines: found.map((line) => logLine(line.text, line.no)), nextFromLine };
}

/** The whole log in parts, each of them read when the part before has gone. Throws NOT_FOUND when there is none. */
export async function streamLog(ctx: SchedulerContext, logId: number): Promise<AsyncIterable<string>> {
  const pageFrom = (fromLine: number) => readAttemptLog(ctx, logId, { fromLine, linesMax: SENT_AT_ONCE });
  const first = await pageFrom(1);
  if (first.missing)
    throw new DaybreakError('NOT_FOUND', `the executor has no log ${logId}: it has not begun, or is past its age`);
  return (async function* parts() {
    let page = first;
    while (page.lines.length > 0) {
      yield `${page.lines.map(inertLine).join('\n')}\n`;
      page = await pageFrom(page.toLine + 1);
    }
  })();
}
