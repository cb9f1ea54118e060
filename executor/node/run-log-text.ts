const LINE_CHARS_MAX = 16_384;

export type LineLevel = 'INFO ' | 'WARN ' | 'ERROR';

/** A line of a run log, without its break. */
export const logLine = (atMs: number, level: LineLevel, message: string): string =>
  `${new Date(atMs).toISOString()} ${level} ${neutralise(message)}`;

/** What the last line of a run log says. */
export const endInWords = ({ code, message }: { readonly code: number; readonly message: string }): string =>
  `ended with code ${code}${message === '' ? '' : `: ${message}`}`;

/**
 * One line stays one line and a terminal obeys nothing in it: control characters (CR, LF, the ESC of an ANSI
 * sequence), line separators and direction overrides are written out as escapes.
 */
export function neutralise(message: string): string {
  const cut = message.length > LINE_CHARS_MAX ? `${message.slice(0, LINE_CHARS_MAX)} [line cut]` : message;
  return cut.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, escapeOf);
}

function escapeOf(character: string): string {
  if (character === '\t') return character;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`;
}

/** An error's stack and its causes; each line becomes a line of the log. */
export function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && depth < 5; depth++) {
    const text = at instanceof Error ? (at.stack ?? `${at.name}: ${at.message}`) : String(at);
    lines.push(...`${depth === 0 ? '' : 'caused by: '}${text}`.split('\n').slice(0, 100));
    at = at instanceof Error ? at.cause : undefined;
  }
  return lines;
}
