import type { CronExpression } from './cron-expression.ts';
import { CronSource, type Piece } from './cron-source.ts';
import { nextWall } from './wall-search.ts';

const BEGINNING_MS = 0;

/**
 * Every field allows something, so an expression without any instant names days that no month of it has, in no year of it.
 * @throws DaybreakError CRON_INVALID at the field of the days.
 */
export function refuseNever(expression: CronExpression, text: string): void {
  if (nextWall(expression, BEGINNING_MS) !== null) return;
  const source = new CronSource(text);
  const words = source.words();
  const [inMonth, month, inWeek] = words.slice(expression.dialect === 'quartz' ? 3 : 2) as [Piece, Piece, Piece];
  const [field, word] =
    expression.daysOfMonth === null ? (['day-of-week', inWeek] as const) : (['day-of-month', inMonth] as const);
  throw source.refusal(
    field,
    word.column,
    `it never fires: in month "${month.text}" of any year that it allows there is no day "${word.text}"; choose another day or month`,
  );
}
