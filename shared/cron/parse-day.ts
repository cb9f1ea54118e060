import type { DayPart } from './cron-part.ts';
import type { Piece } from './cron-source.ts';
import { counted, type FieldContext, parseValue, refuse } from './parse-value.ts';

/** `L`, `L-n`, `LW`, `L-nW`, `nW`; null when it is an ordinary part. */
export function parseDayOfMonth(context: FieldContext, piece: Piece): DayPart | null {
  if (context.dialect !== 'quartz') return null;
  const { text } = piece;
  const last = /^L(?:-(\d{1,2}))?(W?)$/.exec(text);
  if (last !== null) {
    const before = Number(last[1] ?? 0);
    if (before > 30)
      throw refuse(context, piece, `a month has no day ${before} days before its last; write L-0 to L-30`);
    return last[2] === 'W' ? { kind: 'workday-near-last', before } : { kind: 'last-day', before };
  }
  const near = /^(\d{1,2})W$/.exec(text);
  if (near !== null) {
    const day = parseValue(context, { text: near[1] as string, column: piece.column });
    return { kind: 'workday-near', day };
  }
  if (/W/.test(text))
    throw refuse(context, piece, `"${text}": W belongs to one day, as in 15W, LW or L-3W; write each by itself`);
  if (/L/.test(text)) throw refuse(context, piece, `"${text}": for days counted from the end write L, L-3, LW or L-3W`);
  if (/#/.test(text)) throw refuse(context, piece, '"#" counts weekdays and belongs to day-of-week');
  return null;
}

/** `L`, `nL`, `n#k`; null when it is an ordinary part. Quartz takes these alone only. */
export function parseDayOfWeek(
  context: FieldContext,
  piece: Piece,
  inList: boolean,
): DayPart | { kind: 'value'; value: 6 } | null {
  if (context.dialect !== 'quartz' || !/[L#]/.test(piece.text)) return null;
  const { text, column } = piece;
  if (inList) throw refuse(context, piece, `"${text}" stands alone in its field; make a schedule of its own for each`);
  if (text === 'L') return { kind: 'value', value: 6 };
  const last = /^(\d|[A-Z]{3})L$/.exec(text);
  if (last !== null) {
    return {
      kind: 'last-weekday',
      weekday: counted(context, parseValue(context, { text: last[1] as string, column })),
    };
  }
  const nth = /^(\d|[A-Z]{3})#(\d{1,2})$/.exec(text);
  if (nth === null)
    throw refuse(context, piece, `"${text}": write 6L or FRIL for the last Friday, 6#3 or FRI#3 for the third`);
  const weekday = counted(context, parseValue(context, { text: nth[1] as string, column }));
  const number = Number(nth[2]);
  if (number < 1 || number > 5) {
    const at = { text: nth[2] as string, column: column + text.indexOf('#') + 1 };
    throw refuse(
      context,
      at,
      `a weekday comes at most five times in a month; write #1 to #5, or ${nth[1]}L for the last`,
    );
  }
  return { kind: 'nth-weekday', weekday, nth: number };
}
