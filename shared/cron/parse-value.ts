import type { CronDialect } from './cron-expression.ts';
import { type CronFieldName, FIELD_LIMITS } from './cron-part.ts';
import type { CronSource, Piece } from './cron-source.ts';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** A field of a dialect, being parsed. */
export interface FieldContext {
  readonly source: CronSource;
  readonly dialect: CronDialect;
  readonly field: CronFieldName;
}

/** A value as the dialect writes it: a number or a name. */
export function parseValue(context: FieldContext, piece: Piece): number {
  const { field, dialect } = context;
  const names = field === 'month' ? MONTHS : field === 'day-of-week' ? WEEKDAYS : [];
  const named = names.indexOf(piece.text);
  if (named !== -1) return named + writtenMin(context);
  if (piece.text === '') throw refuse(context, piece, 'a value is missing; write a number');
  if (!/^\d{1,4}$/.test(piece.text)) throw refuse(context, piece, notAValue(context, piece.text, names));
  const value = Number(piece.text);
  const [min, max] = [writtenMin(context), writtenMax(context)];
  if (value >= min && value <= max) return value;
  if (field === 'day-of-week' && dialect === 'quartz' && value === 0) {
    throw refuse(context, piece, 'Quartz counts weekdays from 1 = SUN to 7 = SAT; for Sunday write 1 or SUN');
  }
  const meaning = field === 'day-of-week' ? (dialect === 'quartz' ? ' (1 = SUN)' : ' (0 and 7 = SUN)') : '';
  throw refuse(context, piece, `${value} is not between ${min} and ${max}${meaning}${afterLast(field, value)}`);
}

function afterLast(field: CronFieldName, value: number): string {
  if (field === 'hour' && value === 24) return '; midnight is hour 0';
  if ((field === 'minute' || field === 'second') && value === 60) return `; the ${field} after 59 is 0`;
  return '; write a value of that range';
}

function notAValue({ dialect }: FieldContext, text: string, names: readonly string[]): string {
  const short = names.find((name) => text.length > 3 && text.startsWith(name));
  if (short !== undefined) return `"${text}" is no name here; write ${short}`;
  const isQuartzSign = /^(L|LW|\d*W|\d+L|[A-Z]{3}L|.+#.*)$/.test(text);
  if (dialect === 'unix' && isQuartzSign)
    return `"${text}" has no meaning in unix; choose dialect 'quartz' for L, W and #`;
  if (isQuartzSign) return `"${text}" has no meaning in this field; L, W and # belong to the day fields`;
  return `"${text}" is no value; write a number${names.length > 0 ? ` or one of ${names.join(', ')}` : ''}`;
}

const isQuartzWeekday = ({ field, dialect }: FieldContext): boolean => field === 'day-of-week' && dialect === 'quartz';
const writtenMin = (context: FieldContext): number =>
  FIELD_LIMITS[context.field].min + (isQuartzWeekday(context) ? 1 : 0);
const writtenMax = ({ field }: FieldContext): number => (field === 'day-of-week' ? 7 : FIELD_LIMITS[field].max);

/** Weekdays as all of the core counts them, from 0 = Sunday; every other value as it is. */
export function counted(context: FieldContext, written: number): number {
  if (context.field !== 'day-of-week') return written;
  return isQuartzWeekday(context) ? written - 1 : written % 7;
}

export function refuse({ source, field }: FieldContext, piece: Piece, problem: string): Error {
  return source.refusal(field, piece.column, problem);
}
