import { type CronPart, FIELD_LIMITS } from './cron-part.ts';
import { cut, type Piece } from './cron-source.ts';
import { parseDayOfMonth, parseDayOfWeek } from './parse-day.ts';
import { counted, type FieldContext, parseValue, refuse } from './parse-value.ts';

/** The parts between the commas of one field. */
export function parseField(context: FieldContext, word: Piece): CronPart[] {
  const pieces = cut(word, ',');
  return pieces.map((piece) => {
    if (piece.text === '') throw refuse(context, piece, 'a comma stands alone; write a value on both sides of it');
    return parsePart(context, piece, pieces.length > 1);
  });
}

function parsePart(context: FieldContext, piece: Piece, inList: boolean): CronPart {
  if (piece.text.includes('?')) throw refuse(context, piece, misplacedQuestionMark(context));
  const special =
    context.field === 'day-of-month'
      ? parseDayOfMonth(context, piece)
      : context.field === 'day-of-week'
        ? parseDayOfWeek(context, piece, inList)
        : null;
  return special ?? parsePlainPart(context, piece);
}

function parsePlainPart(context: FieldContext, piece: Piece): CronPart {
  const [base, stepPiece, surplus] = cut(piece, '/') as [Piece, Piece?, Piece?];
  if (surplus !== undefined) throw refuse(context, surplus, 'a second "/"; a part has one step only');
  if (base.text === '') throw refuse(context, piece, `a step needs a start; write "*${piece.text}"`);
  const step = stepPiece === undefined ? null : parseStep(context, stepPiece);
  if (base.text === '*') return everyPart(context, step);
  const [fromPiece, toPiece, more] = cut(base, '-') as [Piece, Piece?, Piece?];
  if (more !== undefined) throw refuse(context, more, 'a second "-"; a range has one start and one end');
  const from = parseValue(context, fromPiece);
  if (toPiece !== undefined) return rangePart(context, base, from, parseValue(context, toPiece), step ?? 1);
  if (step === null) return { kind: 'value', value: counted(context, from) };
  if (context.dialect === 'unix') {
    const max = FIELD_LIMITS[context.field].max;
    throw refuse(context, piece, `in unix a step follows a star or a range; write "${from}-${max}/${step}"`);
  }
  return { kind: 'after', from: counted(context, from), step };
}

function everyPart({ field }: FieldContext, step: number | null): CronPart {
  return step === null || step === 1 ? { kind: 'every' } : { kind: 'after', from: FIELD_LIMITS[field].min, step };
}

function rangePart(context: FieldContext, base: Piece, first: number, last: number, step: number): CronPart {
  const { field, dialect } = context;
  const { min, max } = FIELD_LIMITS[field];
  const isWeekday = field === 'day-of-week';
  // The week of unix begins and ends with Sunday: SAT-SUN ends with the second of them. Digits are taken at their word.
  const to = dialect === 'unix' && isWeekday && last === 0 && first > 0 && base.text.endsWith('-SUN') ? 7 : last;
  if (first > to && (dialect === 'unix' || field === 'year')) {
    throw refuse(context, base, `the range ends before it starts; ${unwrapped(context, first, to)}`);
  }
  const size = max - min + 1;
  const twoSundays = isWeekday && to - first === size;
  const isWhole = twoSundays || (to - first + size) % size === size - 1;
  if (isWhole && step === 1) return { kind: 'every' };
  // A range over the whole field is a star, so with a step it is a star with a step.
  if (isWhole && first === min && !isWeekday) return { kind: 'after', from: first, step };
  return { kind: 'range', from: counted(context, first), to: counted(context, twoSundays ? to - 1 : to), step };
}

function unwrapped({ field, dialect }: FieldContext, first: number, last: number): string {
  if (field === 'year') return 'write the earlier year first';
  if (field === 'day-of-week' && last === 0) return `write "${first}-7", 7 is Sunday too`;
  const { min, max } = FIELD_LIMITS[field];
  return `write "${first}-${max},${min}-${last}"${dialect === 'unix' ? ", or choose dialect 'quartz'" : ''}`;
}

function parseStep(context: FieldContext, piece: Piece): number {
  const { field } = context;
  const { min, max } = FIELD_LIMITS[field];
  const stepMax = field === 'day-of-week' ? 7 : field === 'year' ? max - min : max;
  if (!/^\d{1,4}$/.test(piece.text)) throw refuse(context, piece, `"${piece.text}" is no step; write a whole number`);
  const step = Number(piece.text);
  if (step >= 1 && step <= stepMax) return step;
  const next = field === 'second' ? 'minute' : field === 'minute' ? 'hour' : null;
  const wayOut =
    step === 0 || next === null ? 'write a number of that range' : `for a longer rhythm use the field ${next}`;
  throw refuse(context, piece, `the step ${step} is not between 1 and ${stepMax}; ${wayOut}`);
}

function misplacedQuestionMark({ field, dialect }: FieldContext): string {
  if (dialect === 'unix') return '"?" has no meaning in unix; write "*"';
  if (field !== 'day-of-month' && field !== 'day-of-week') return '"?" belongs to the day fields only; write "*"';
  return `"?" stands alone in its field; write "?" and nothing else, or values without it`;
}
