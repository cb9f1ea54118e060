import { type DayPart, FIELD_LIMITS } from './cron-part.ts';
import {
  type ClockSpan,
  type DescriptionShape,
  isEvenRhythm,
  isSpan,
  isZero,
  type Span,
  spelledOut,
  type TimeShape,
  twoDigits,
} from './description-shape.ts';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const LAST_YEAR = FIELD_LIMITS.year.max;
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

/** `at 02:30 on Monday through Friday, in March`. */
export function inEnglish(shape: DescriptionShape): string {
  const [time, day] = [timePhrase(shape.time), dayPhrase(shape)];
  const glue = time.includes(' through ') ? ', ' : ' ';
  const when = day === '' ? time : `${time}${glue}${day}`;
  return [when, monthPhrase(shape), yearPhrase(shape)].filter((phrase) => phrase !== '').join(', ');
}

function timePhrase(time: TimeShape): string {
  if (time.kind === 'each-hour') return `every hour ${minuteOfHour(time.minute, time.second)}`;
  if (time.kind === 'clock') return clockPhrase(time.spans);
  const { seconds, minutes, hours } = time;
  const ofHour = hours === null ? 'of every hour' : 'of the hour';
  const ofMinute = minutes === null && hours === null ? 'of every minute' : 'of the minute';
  const units = isZero(seconds)
    ? [unitPhrase('minute', ofHour, minutes)]
    : [unitPhrase('second', ofMinute, seconds), insideMinutes(ofHour, minutes)];
  return [...units, hourPhrase(hours)].filter((phrase) => phrase !== '').join(', ');
}

function minuteOfHour(minute: number, second: number): string {
  if (second !== 0) return `at minute ${minute} and second ${second}`;
  return minute === 0 ? 'on the hour' : `at minute ${minute}`;
}

function clockPhrase(spans: readonly ClockSpan[]): string {
  const times = spans.flatMap((span) => (span.kind === 'at' ? [span.time] : []));
  const ranges = spans.flatMap((span) =>
    span.kind === 'at' ? [] : [`${each(span.everyHours, 'hour')} from ${span.from} through ${span.to}`],
  );
  return list([...(times.length > 0 ? [`at ${list(times)}`] : []), ...ranges]);
}

function unitPhrase(unit: string, ofWhole: string, spans: readonly Span[] | null): string {
  if (spans === null) return `every ${unit}`;
  const [only, ...others] = spans as [Span, ...Span[]];
  if (others.length === 0 && isEvenRhythm(only)) return each(only.step, unit);
  const steps = spans.flatMap((span) =>
    span.kind === 'steps' ? [`${each(span.step, unit)} from ${unit} ${span.from} through ${span.to}`] : [],
  );
  return `${list([...plainSpans('at', unit, spans), ...steps])} ${ofWhole}`;
}

function insideMinutes(ofWhole: string, spans: readonly Span[] | null): string {
  if (spans === null) return '';
  const steps = spans.flatMap((span) =>
    span.kind === 'steps' ? [`in every ${ordinal(span.step)} minute from ${span.from} through ${span.to}`] : [],
  );
  return `${list([...plainSpans('in', 'minute', spans), ...steps])} ${ofWhole}`;
}

/** `at minutes 5 and 10 through 20`: nothing or one phrase. */
function plainSpans(lead: string, unit: string, spans: readonly (Span | DayPart)[]): string[] {
  const plain = spans.flatMap((span) =>
    span.kind === 'one' ? [String(span.value)] : span.kind === 'run' ? [`${span.from} through ${span.to}`] : [],
  );
  if (plain.length === 0) return [];
  const isOne = plain.length === 1 && !plain[0]?.includes(' ');
  return [`${lead} ${unit}${isOne ? '' : 's'} ${list(plain)}`];
}

function hourPhrase(spans: readonly Span[] | null): string {
  if (spans === null) return '';
  return list(
    spans.map((span) => {
      if (span.kind === 'steps')
        return `in every ${ordinal(span.step)} hour from ${hour(span.from)} through ${hour(span.to)}`;
      const [from, to] = span.kind === 'one' ? [span.value, span.value] : [span.from, span.to];
      return `from ${hour(from)} through ${twoDigits(to)}:59`;
    }),
  );
}

const hour = (value: number): string => `${twoDigits(value)}:00`;

function dayPhrase({ dates, weekdays, combine, time }: DescriptionShape): string {
  const inMonth = dates === null ? null : datePhrase(dates);
  const inWeek = weekdays === null ? null : list(weekdays.map(weekdayPhrase));
  if (inMonth !== null && inWeek !== null) {
    return combine === 'either' ? `${inMonth}, or on ${inWeek}` : `${inMonth}, only if it is ${inWeek}`;
  }
  if (inWeek !== null) return `on ${inWeek}`;
  const isSaid = time.kind === 'clock' || (time.kind === 'rhythm' && time.hours !== null);
  return inMonth ?? (isSaid ? 'every day' : '');
}

function datePhrase(parts: readonly (Span | DayPart)[]): string {
  const steps = parts.flatMap((part) => (part.kind === 'steps' ? [daySteps(part)] : []));
  const named = parts.flatMap((part) => (isSpan(part) ? [] : [`on ${namedDay(part)}`]));
  return `${list([...plainSpans('on', 'day', parts), ...steps, ...named])} of the month`;
}

function daySteps({ from, to, step }: Span & { kind: 'steps' }): string {
  return `every ${step} days from day ${from}${to + step > 31 ? '' : ` through ${to}`}`;
}

function namedDay(part: DayPart): string {
  if (part.kind === 'last-day') return part.before === 0 ? 'the last day' : daysBefore(part.before);
  if (part.kind === 'workday-near') return `the workday nearest to day ${part.day}`;
  if (part.kind === 'workday-near-last') {
    return part.before === 0 ? 'the last workday' : `the workday nearest to ${daysBefore(part.before)}`;
  }
  return weekdayPhrase(part);
}

const daysBefore = (before: number): string => `the day ${before} ${before === 1 ? 'day' : 'days'} before the last`;

function weekdayPhrase(part: Span | DayPart): string {
  if (part.kind === 'last-weekday') return `the last ${WEEKDAYS[part.weekday]} of the month`;
  if (part.kind === 'nth-weekday') return `the ${ORDINALS[part.nth - 1]} ${WEEKDAYS[part.weekday]} of the month`;
  if (part.kind === 'run') return `${WEEKDAYS[part.from]} through ${WEEKDAYS[part.to]}`;
  return list(spelledOut(part as Span, 0, 6).map((day) => WEEKDAYS[day] as string));
}

function monthPhrase({ months }: DescriptionShape): string {
  if (months === null) return '';
  const name = (month: number): string => MONTHS[month - 1] as string;
  const said = months.flatMap((span) =>
    span.kind === 'run' ? [`${name(span.from)} through ${name(span.to)}`] : spelledOut(span, 1, 12).map(name),
  );
  return `in ${list(said)}`;
}

function yearPhrase({ years }: DescriptionShape): string {
  if (years === null) return '';
  const said = years.map((span) => {
    if (span.kind === 'one') return `in ${span.value}`;
    if (span.kind === 'run') return `in ${span.from} through ${span.to}`;
    return `every ${span.step} years from ${span.from}${span.to + span.step > LAST_YEAR ? '' : ` through ${span.to}`}`;
  });
  return list(said);
}

const each = (count: number, unit: string): string => (count === 1 ? `every ${unit}` : `every ${count} ${unit}s`);

function ordinal(value: number): string {
  const isTeen = value % 100 >= 11 && value % 100 <= 13;
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${ending}`;
}

function list(phrases: readonly string[]): string {
  if (phrases.length <= 1) return phrases[0] ?? '';
  return `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`;
}
