/**
 * Cron expressions in two explicit dialects, and the instants at which they fire. Pure: no clock, no I/O. What each
 * construct means and what happens when clocks change is in docs/cron.md; this is the door, the work is done behind it.
 */
import { DaybreakError, isDaybreakError } from '../errors.ts';
import type { ClockChange, CronDialect, CronExpression } from './cron-expression.ts';
import type { CronFieldName } from './cron-part.ts';
import { inChinese } from './describe-chinese.ts';
import { inEnglish } from './describe-english.ts';
import { shapeOf } from './description-shape.ts';
import { fireAfter, fireBefore } from './fire-instants.ts';
import { parseExpression } from './parse-expression.ts';
import { refuseNever } from './refuse-never.ts';
import { isMatch } from './wall-search.ts';
import { clockChanges, offsetAt, zoneOf } from './zone.ts';

/** Why a text is no expression of the dialect. */
export interface CronProblem {
  readonly field: CronFieldName | 'expression';
  /** Where in the text, counted from 1. */
  readonly column: number;
  /** The text as it was given, at most its first 200 characters. */
  readonly text: string;
  /** A sentence that names field and column and says what to write instead. */
  readonly message: string;
}

export type CronReading =
  | { readonly kind: 'parsed'; readonly expression: CronExpression }
  | { readonly kind: 'refused'; readonly problem: CronProblem };

/**
 * Parses an expression.
 * @throws DaybreakError CRON_INVALID with details `{ field, column, text }` when it is none of this dialect.
 * @example parseCron('0 30 2 ? * MON-FRI', { dialect: 'quartz' })
 */
export function parseCron(text: string, options: { readonly dialect: CronDialect }): CronExpression {
  return parseExpression(text, options.dialect);
}

/**
 * `parseCron` for texts that people are about to use: a refusal is a value, and what names days that no month has
 * (`0 0 22 31 2 ?`) is refused too. What is stored already is read with `parseCron`.
 */
export function tryParseCron(text: string, options: { readonly dialect: CronDialect }): CronReading {
  try {
    const expression = parseExpression(text, options.dialect);
    refuseNever(expression, text);
    return { kind: 'parsed', expression };
  } catch (error) {
    if (!isDaybreakError(error, 'CRON_INVALID')) throw error;
    const { field, column, text: given } = error.details as unknown as CronProblem;
    return { kind: 'refused', problem: { field, column, text: given, message: error.message } };
  }
}

/**
 * The first instant strictly after `atMs` at which the expression fires on the clocks of the zone; null when there is
 * none before the end of the year 2199. Nothing fires before 1970.
 * @param zone IANA name. @throws DaybreakError BAD_INPUT when it is unknown or `atMs` is not finite.
 * @example nextAfter(parseCron('0 30 2 * * ?', { dialect: 'quartz' }), nowMs, 'Asia/Shanghai')
 */
export function nextAfter(expression: CronExpression, atMs: number, zone: string): number | null {
  return fireAfter(expression, finite(atMs), zoneOf(zone));
}

/** The last instant strictly before `atMs`; null when there is none since 1970. The inverse of `nextAfter`. */
export function previousBefore(expression: CronExpression, atMs: number, zone: string): number | null {
  return fireBefore(expression, finite(atMs), zoneOf(zone));
}

/** The next `n` instants strictly after `fromMs`, ascending; fewer when there are no more. */
export function nextInstants(expression: CronExpression, fromMs: number, zone: string, n: number): number[] {
  return instantsBetween(expression, fromMs, Number.MAX_SAFE_INTEGER, zone, n);
}

/** The instants after `fromExclusiveMs` up to and with `toInclusiveMs`, ascending: the first `limit` of them. */
export function instantsBetween(
  expression: CronExpression,
  fromExclusiveMs: number,
  toInclusiveMs: number,
  zone: string,
  limit: number,
): number[] {
  const at = zoneOf(zone);
  const instants: number[] = [];
  let fire = limit > 0 ? fireAfter(expression, finite(fromExclusiveMs), at) : null;
  while (fire !== null && fire <= toInclusiveMs) {
    instants.push(fire);
    fire = instants.length < limit ? fireAfter(expression, fire, at) : null;
  }
  return instants;
}

/**
 * Whether the date and time that the clocks of the zone show at this instant (to the second) satisfy every field. This
 * is the expression alone, without the rule for clock changes: a fixed time that fires at the end of a gap does not
 * match there, and it matches in both hours of a fold though it fires in the first only.
 */
export function matches(expression: CronExpression, atMs: number, zone: string): boolean {
  return isMatch(expression, finite(atMs) + offsetAt(zoneOf(zone), atMs));
}

/** What the expression says, in words: `at 02:30 on Monday through Friday`. Nothing is left out or rounded. */
export function describeCron(expression: CronExpression, language: 'en' | 'zh'): string {
  const shape = shapeOf(expression);
  return language === 'en' ? inEnglish(shape) : inChinese(shape);
}

/** The clock changes of the zone after `fromMs` up to and with `toMs`, ascending, between 1970 and 2199. */
export function transitionsBetween(zone: string, fromMs: number, toMs: number): ClockChange[] {
  return clockChanges(zoneOf(zone), finite(fromMs), finite(toMs));
}

function finite(atMs: number): number {
  if (!Number.isFinite(atMs)) throw new DaybreakError('BAD_INPUT', `${atMs} is no instant in epoch milliseconds`);
  return atMs;
}
