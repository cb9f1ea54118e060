import type { CronExpression } from '../../shared/cron/cron-expression.ts';
import { type CronFieldName, type CronPart, valuesOf } from '../../shared/cron/cron-part.ts';

/**
 * The expression spelled out for another library: plain values as sorted lists without ranges, steps, names and
 * doubles, which all of them read alike. `sunday` is the number that the library gives to Sunday, 0 or 1.
 */
export interface SpellingOptions {
  readonly sunday: 0 | 1;
  /** What stands for a day field without a condition. */
  readonly noCondition: '*' | '?';
}

/** Second to day of the week, six fields. */
export function spell(expression: CronExpression, { sunday, noCondition }: SpellingOptions): string {
  const day = (weekday: number): string => String(weekday + sunday);
  return [
    spellField('second', expression.seconds, String),
    spellField('minute', expression.minutes, String),
    spellField('hour', expression.hours, String),
    expression.daysOfMonth === null ? noCondition : spellField('day-of-month', expression.daysOfMonth, String),
    spellField('month', expression.months, String),
    expression.daysOfWeek === null ? noCondition : spellField('day-of-week', expression.daysOfWeek, day),
  ].join(' ');
}

function spellField(field: CronFieldName, parts: readonly CronPart[], name: (value: number) => string): string {
  if (parts.some(({ kind }) => kind === 'every')) return '*';
  const special = parts.map((part) => spellSpecial(part, name)).filter((text) => text !== '');
  return [...new Set([...valuesOf(field, parts).map(name), ...special])].join(',');
}

function spellSpecial(part: CronPart, name: (value: number) => string): string {
  switch (part.kind) {
    case 'last-day':
      return part.before === 0 ? 'L' : `L-${part.before}`;
    case 'workday-near':
      return `${part.day}W`;
    case 'workday-near-last':
      return part.before === 0 ? 'LW' : `L-${part.before}W`;
    case 'last-weekday':
      return `${name(part.weekday)}L`;
    case 'nth-weekday':
      return `${name(part.weekday)}#${part.nth}`;
    default:
      return '';
  }
}
