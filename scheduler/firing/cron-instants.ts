import { addDays, instantOf, localDate } from '../../shared/business-date.ts';
import { instantsBetween, nextAfter, parseCron, transitionsBetween } from '../../shared/cron/cron.ts';
import type { CronExpression } from '../../shared/cron/cron-expression.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Schedule } from '../definition/schedule-definition.ts';
import { DAY_MS, type Daily, type DayPart, HORIZON_MS, type InstantsOf } from './instants-by-day.ts';

type CronSchedule = Extract<Schedule, { kind: 'cron' }>;

/** The instants of a cron text, on the days that its calendar has in. */
export function cronInstants(schedule: CronSchedule, { calendar, limits }: InstantsOf): Daily {
  const { zone } = schedule;
  const expression = parsed(schedule);
  // On a day that is in, an instant that rolled onto it stands at its own time of day; times do not depend on the date.
  const timesOfDay = calendar === null || limits.roll === 'skip' ? expression : everyDay(expression);
  let perRegularDay: number | null = null;
  const listIn = ({ fromMs, toMs }: DayPart, max: number) => instantsBetween(timesOfDay, fromMs - 1, toMs, zone, max);
  return {
    zone,
    firstFrom: (atMs) =>
      calendar === null
        ? nextAfter(expression, atMs - 1, zone)
        : firstOnDaysIn({ expression, timesOfDay, zone, calendar, roll: limits.roll }, atMs),
    listIn,
    countIn(part) {
      const isRegular = part.whole && transitionsBetween(zone, part.fromMs - DAY_MS, part.toMs).length === 0;
      if (!isRegular) return listIn(part, Infinity).length;
      perRegularDay ??= listIn(part, Infinity).length;
      return perRegularDay;
    },
  };
}

interface RolledCron {
  readonly expression: CronExpression;
  readonly timesOfDay: CronExpression;
  readonly zone: string;
  readonly calendar: Calendar;
  readonly roll: 'skip' | 'next' | 'previous';
}

/** Goes from day in to day in. A day in fires when it, or a day out that rolls onto it, is a day of the expression. */
function firstOnDaysIn(cron: RolledCron, atMs: number): number | null {
  const { expression, timesOfDay, zone, calendar } = cron;
  let day = calendar.firstIn(localDate(atMs, zone));
  while (day !== null) {
    const startMs = instantOf(day, '00:00', zone);
    if (startMs - atMs > HORIZON_MS) return null;
    const endMs = instantOf(addDays(day, 1), '00:00', zone);
    const [groupStartMs, groupEndMs] = rollsOnto(cron, day, startMs, endMs);
    const raw = nextAfter(expression, groupStartMs - 1, zone);
    if (raw === null) return null;
    if (raw < groupEndMs) {
      const first = nextAfter(timesOfDay, Math.max(atMs, startMs) - 1, zone);
      if (first !== null && first < endMs) return first;
    }
    const later = raw < groupEndMs ? nextAfter(expression, groupEndMs - 1, zone) : raw;
    if (later === null) return null;
    const laterDay = localDate(later, zone);
    day = cron.roll === 'previous' ? calendar.lastIn(laterDay) : calendar.firstIn(laterDay);
  }
  return null;
}

/** From the first to the end of the last of the days whose instants stand on this day in. */
function rollsOnto(cron: RolledCron, day: string, startMs: number, endMs: number): [number, number] {
  const { calendar, roll, zone } = cron;
  if (roll === 'next') {
    const before = calendar.lastIn(addDays(day, -1));
    return [before === null ? 0 : instantOf(addDays(before, 1), '00:00', zone), endMs];
  }
  if (roll === 'previous') {
    const after = calendar.firstIn(addDays(day, 1));
    return [startMs, after === null ? Number.MAX_SAFE_INTEGER : instantOf(after, '00:00', zone)];
  }
  return [startMs, endMs];
}

/** The same times, every day. */
function everyDay({ dialect, text }: CronExpression): CronExpression {
  // The nicknames of unix say times as well: all but one mean midnight.
  const nickname = text === '@HOURLY' ? '0 *' : '0 0';
  const fields = (text.startsWith('@') ? nickname : text).split(' ');
  const daily = dialect === 'quartz' ? [...fields.slice(0, 3), '*', '*', '?'] : [...fields.slice(0, 2), '*', '*', '*'];
  return parsed({ text: daily.join(' '), dialect });
}

const expressions = new Map<string, CronExpression>();
const EXPRESSIONS_MAX = 20_000;

/** By its text: ten thousand jobs say the same few things, and preparing an expression costs a fifth of a millisecond. */
function parsed({ text, dialect }: Pick<CronSchedule, 'text' | 'dialect'>): CronExpression {
  const key = `${dialect} ${text}`;
  const known = expressions.get(key);
  if (known !== undefined) return known;
  const expression = parseCron(text, { dialect });
  const [oldest] = expressions.keys();
  if (expressions.size >= EXPRESSIONS_MAX && oldest !== undefined) expressions.delete(oldest);
  expressions.set(key, expression);
  return expression;
}
