/** Of a log of any length the page holds a window of lines without a gap; it grows at its ends and is cut at the far one. */
export interface LogLine {
  readonly no: number;
  readonly text: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error' | null;
}
export interface LogWindow {
  readonly lines: readonly LogLine[];
  /** No line comes before the first. */
  readonly isStart: boolean;
  /** The attempt has ended and no line comes after the last. */
  readonly isEnd: boolean;
}
export interface LogPiece {
  readonly lines: readonly LogLine[];
  readonly isEnd: boolean;
}

export const EMPTY_WINDOW: LogWindow = { lines: [], isStart: false, isEnd: false };
/** What a browser can hold and scroll without effort; 20,000 lines of 200 characters are 8 MB. */
const WINDOW_LINES_MAX = 20_000;

/** A new window: the last lines of the log, or those around a line that was searched for. */
export const openWindow = ({ lines, isEnd }: LogPiece): LogWindow => ({
  lines,
  isStart: lines.length === 0 || lines[0]?.no === 1,
  isEnd,
});

/** Lines that came after the window's. What it holds already is passed over; a gap opens the window anew. */
export function appendLines(window: LogWindow, piece: LogPiece, max = WINDOW_LINES_MAX): LogWindow {
  const last = window.lines.at(-1)?.no ?? 0;
  const fresh = piece.lines.filter(({ no }) => no > last);
  if (fresh.length === 0) return window.isEnd === piece.isEnd ? window : { ...window, isEnd: piece.isEnd };
  if (window.lines.length > 0 && fresh[0]?.no !== last + 1) return openWindow(piece);
  const lines = [...window.lines, ...fresh];
  const kept = lines.slice(Math.max(0, lines.length - max));
  return { lines: kept, isStart: kept[0]?.no === 1, isEnd: piece.isEnd };
}

/** Lines from before the window's first. Those at the far end go when there are too many; they are read again later. */
export function prependLines(window: LogWindow, piece: LogPiece, max = WINDOW_LINES_MAX): LogWindow {
  const first = window.lines[0]?.no ?? 1;
  const fresh = piece.lines.filter(({ no }) => no < first);
  if (fresh.length === 0) return { ...window, isStart: true };
  const lines = [...fresh, ...window.lines].slice(0, max);
  const isCut = lines.length < fresh.length + window.lines.length;
  return { lines, isStart: lines[0]?.no === 1, isEnd: isCut ? false : window.isEnd };
}

const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const;
/** Lines at or above a level; a line without one belongs to the line before it (the rest of a stack). */
export function linesOfLevel(lines: readonly LogLine[], least: keyof typeof RANK): readonly LogLine[] {
  if (least === 'debug') return lines;
  let shown = true;
  return lines.filter(({ level }) => {
    if (level !== null) shown = RANK[level] >= RANK[least];
    return shown;
  });
}

export interface TextPiece {
  /** Where it begins. */
  readonly at: number;
  readonly text: string;
  readonly isHit: boolean;
}

/** The pieces of a text between and at what was searched for, without regard to case. */
export function splitAtHits(text: string, search: string): TextPiece[] {
  if (search === '') return [{ at: 0, text, isHit: false }];
  const [low, needle] = [text.toLowerCase(), search.toLowerCase()];
  // Some letters change their length with their case; then nothing is marked rather than the wrong place.
  if (low.length !== text.length) return [{ at: 0, text, isHit: false }];
  const pieces: TextPiece[] = [];
  let from = 0;
  for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, from)) {
    if (at > from) pieces.push({ at: from, text: text.slice(from, at), isHit: false });
    pieces.push({ at, text: text.slice(at, at + needle.length), isHit: true });
    from = at + needle.length;
  }
  if (from < text.length) pieces.push({ at: from, text: text.slice(from), isHit: false });
  return pieces;
}
