import { DaybreakError } from '../../../../shared/errors.ts';
import { type AttemptLog, readAttemptLog } from '../../../run/attempt-log.ts';
import type { SchedulerContext } from '../../../scheduler-context.ts';
import type { LOG_LEVELS, LogPage } from '../contract/run-routes.ts';

type Level = (typeof LOG_LEVELS)[number];
export type LogLine = LogPage['lines'][number];

const LINE_CHARS_MAX = 20_000;
/** So many lines one search looks through. */
const LOOKED_AT_MAX = 50_000;

// Colours and everything else that moves a cursor; what remains of control characters; what turns text around.
const [ESC, BEL] = [String.fromCharCode(27), String.fromCharCode(7)];
const ANSI = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[@-Z_-])`, 'g');
const CONTROL = /(?!\t)\p{Cc}/gu;
const DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line as it may be shown: what is in it is text, and stays on its line and in its direction. */
export function inertLine(text: string): string {
  return text.replace(ANSI, '').replace(CONTROL, '\u{fffd}').replace(DIRECTION, '\u{fffd}').slice(0, LINE_CHARS_MAX);
}

// `2026-11-20T02:30:00.000Z ERROR ...`, `[warn] ...`, `level=info`: the first word of a level near the beginning.
const LEVEL = /\b(trace|debug|info|notice|warn|warning|error|err|fatal|critical)\b/i;
const LEVELS: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  fatal: 'error',
  critical: 'error',
};

/** The level that a line names near its beginning, or null. */
export function levelOf(text: string): Level | null {
  const word = LEVEL.exec(text.slice(0, 100))?.[1]?.toLowerCase();
  return word === undefined ? null : (LEVELS[word] ?? null);
}

export function logLines({ lines, fromLine }: Pick<AttemptLog, 'lines' | 'fromLine'>): LogLine[] {
  return lines.map((line, at) => {
    const text = inertLine(line);
    return { no: fromLine + at, text, level: levelOf(text) };
  });
}

interface Wanted {
  readonly text?: string;
  readonly level?: Level;
  readonly fromLine?: number;
  readonly limit?: number;
}

/** Looks through a part of a log; `nextFromLine` says where to go on, null at its end. */
export async function searchLog(
  ctx: SchedulerContext,
  logId: number,
  { text, level, fromLine = 1, limit = 200 }: Wanted,
): Promise<{ lines: LogLine[]; nextFromLine: number | null }> {
  const words = text?.toLowerCase() ?? '';
  const found: LogLine[] = [];
  for (let at = fromLine; ; ) {
    const page = await readAttemptLog(ctx, logId, { fromLine: at });
    for (const line of logLines(page)) {
      const fits = (level === undefined || line.level === level) && line.text.toLowerCase().includes(words);
      if (!fits) continue;
      found.push(line);
      if (found.length >= limit) return { lines: found, nextFromLine: line.no + 1 };
    }
    at = page.toLine + 1;
    if (page.lines.length === 0) return { lines: found, nextFromLine: null };
    if (at - fromLine >= LOOKED_AT_MAX) return { lines: found, nextFromLine: at };
  }
}

/** The whole log in parts, each of them read when the part before has gone. Throws NOT_FOUND when there is none. */
export async function streamLog(ctx: SchedulerContext, logId: number): Promise<AsyncIterable<string>> {
  const first = await readAttemptLog(ctx, logId, { fromLine: 1 });
  if (first.missing)
    throw new DaybreakError('NOT_FOUND', `the executor has no log ${logId}: it has not begun, or is past its age`);
  return (async function* parts() {
    let page = first;
    while (page.lines.length > 0) {
      yield `${page.lines.map(inertLine).join('\n')}\n`;
      page = await readAttemptLog(ctx, logId, { fromLine: page.toLine + 1 });
    }
  })();
}
