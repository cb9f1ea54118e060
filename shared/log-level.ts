export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

// `2026-11-20T02:30:00.000Z ERROR ...`, `[warn] ...`, `level=info`: the first word of a level near the beginning.
const WORD = /\b(trace|debug|info|notice|warn|warning|error|err|fatal|critical)\b/i;
const NEAR_CHARS = 100;
const LEVEL_OF_WORD: Readonly<Record<string, LogLevel>> = {
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

/** The level that a line of a log names near its beginning, or null. */
export function levelOf(line: string): LogLevel | null {
  const word = WORD.exec(line.slice(0, NEAR_CHARS))?.[1]?.toLowerCase();
  return word === undefined ? null : (LEVEL_OF_WORD[word] ?? null);
}

/** What one line of a log is looked for by. */
export interface LineWanted {
  /** Anywhere in the line, without regard to case; '' is in every line. */
  readonly text: string;
  /** The line names this level or a graver one; without it, whatever it names. */
  readonly level?: LogLevel | undefined;
}

/** Whether a line is one of those that are looked for. The text is lowered once, for all the lines. */
export function lineMatcher({ text, level }: LineWanted): (line: string) => boolean {
  const words = text.toLowerCase();
  const least = level === undefined ? 0 : LOG_LEVELS.indexOf(level);
  return (line) => {
    if (words !== '' && !line.toLowerCase().includes(words)) return false;
    if (level === undefined) return true;
    const named = levelOf(line);
    return named !== null && LOG_LEVELS.indexOf(named) >= least;
  };
}
