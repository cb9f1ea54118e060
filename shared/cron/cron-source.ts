import { DaybreakError } from '../errors.ts';
import type { CronFieldName } from './cron-part.ts';

/** A piece of the text and where it stands, so that every refusal can point at it. */
export interface Piece {
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

export type Place = CronFieldName | 'expression';

/** Longer than any list of all minutes and hours that somebody writes out. */
const TEXT_MAX = 500;
const SHOWN_MAX = 200;

/** What people type who have another keyboard on, or paste from a document. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '，': ',',
  '、': ',',
  '＊': '*',
  '∗': '*',
  '？': '?',
  '／': '/',
  '－': '-',
  '–': '-',
  '—': '-',
  '＃': '#',
  '\u3000': ' ',
  '\u00a0': ' ',
};

/** The text in upper case, every character one that a cron expression can hold, and a way to refuse a piece of it. */
export class CronSource {
  readonly given: string;

  constructor(text: string) {
    this.given = text;
    if (text.length > TEXT_MAX) {
      throw this.refusal(
        'expression',
        TEXT_MAX + 1,
        `longer than ${TEXT_MAX} characters; make several schedules of it`,
      );
    }
    const at = text.search(/[^A-Za-z0-9*?,\-/#@ \t]/);
    if (at === -1) return;
    const found = String.fromCodePoint(text.codePointAt(at) as number);
    const meant = LOOKALIKES[found];
    const wayOut = meant === undefined ? 'remove it' : `write "${meant}" instead`;
    throw this.refusal('expression', at + 1, `the character ${JSON.stringify(found)} has no meaning; ${wayOut}`);
  }

  /** What stands between blanks. */
  words(): Piece[] {
    return [...this.given.matchAll(/[^ \t]+/g)].map(({ 0: word, index }) => ({
      text: word.toUpperCase(),
      column: index + 1,
    }));
  }

  /** The error for a piece at a column: `day-of-week, column 13: "0" is ...`. */
  refusal(field: Place, column: number, problem: string): DaybreakError {
    const where = field === 'expression' ? `cron expression, column ${column}` : `${field}, column ${column}`;
    return new DaybreakError('CRON_INVALID', `${where}: ${problem}`, {
      details: { field, column, text: this.given.slice(0, SHOWN_MAX) },
    });
  }
}

/** Cuts a piece at a character; the pieces keep their columns. */
export function cut(piece: Piece, at: string): Piece[] {
  let column = piece.column;
  return piece.text.split(at).map((text) => {
    const each = { text, column };
    column += text.length + at.length;
    return each;
  });
}
