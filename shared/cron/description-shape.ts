import type { CronExpression } from './cron-expression.ts';
import { type CronFieldName, type CronPart, type DayPart, valuesOf } from './cron-part.ts';

/** Values of a field that are said in one breath: `5`, `8 through 18`, `every 7th from 3 through 59`. */
export type Span =
  | { readonly kind: 'one'; readonly value: number }
  | { readonly kind: 'run'; readonly from: number; readonly to: number }
  | { readonly kind: 'steps'; readonly from: number; readonly to: number; readonly step: number };

/** Times of day that are said by the clock. */
export type ClockSpan =
  | { readonly kind: 'at'; readonly time: string }
  | { readonly kind: 'hourly'; readonly from: string; readonly to: string; readonly everyHours: number };

export type TimeShape =
  | { readonly kind: 'clock'; readonly spans: readonly ClockSpan[] }
  | { readonly kind: 'each-hour'; readonly minute: number; readonly second: number }
  /** A rhythm: null means every one. */
  | {
      readonly kind: 'rhythm';
      readonly seconds: readonly Span[] | null;
      readonly minutes: readonly Span[] | null;
      readonly hours: readonly Span[] | null;
    };

/** An expression as people speak of it, before any language: null means no condition. */
export interface DescriptionShape {
  readonly time: TimeShape;
  readonly dates: readonly (Span | DayPart)[] | null;
  readonly weekdays: readonly (Span | DayPart)[] | null;
  readonly combine: 'both' | 'either';
  readonly months: readonly Span[] | null;
  readonly years: readonly Span[] | null;
}

/** More times of day than these are not listed one by one. */
const CLOCK_TIMES_MAX = 6;

export function shapeOf(expression: CronExpression): DescriptionShape {
  const dates = daysOf('day-of-month', expression.daysOfMonth);
  const weekdays = daysOf('day-of-week', expression.daysOfWeek);
  // Either of two conditions, one of which always holds, is no condition.
  const isFree = expression.dayFields === 'either' && (dates === null || weekdays === null);
  return {
    time: timeShapeOf(expression),
    dates: isFree ? null : dates,
    weekdays: isFree ? null : weekdays,
    combine: expression.dayFields,
    months: spansOf('month', expression.months),
    years: spansOf('year', expression.years),
  };
}

/** Whether the span is a rhythm that goes on evenly over the border of minute or hour: every 15 minutes. */
export function isEvenRhythm(span: Span): span is Span & { kind: 'steps' } {
  return span.kind === 'steps' && span.from === 0 && 60 % span.step === 0 && span.to === 60 - span.step;
}

/** Whether the only value is 0: seconds that nobody mentions. */
export function isZero(spans: readonly Span[] | null): boolean {
  return spans?.length === 1 && spans[0]?.kind === 'one' && spans[0].value === 0;
}

export function isSpan(part: Span | DayPart): part is Span {
  return part.kind === 'one' || part.kind === 'run' || part.kind === 'steps';
}

function timeShapeOf({ seconds, minutes, hours }: CronExpression): TimeShape {
  const [second, minute] = [valuesOf('second', seconds), valuesOf('minute', minutes)];
  const hourSpans = spansOf('hour', hours);
  if (second.length === 1 && minute.length === 1) {
    const [minuteOfAll, secondOfAll] = [minute[0] as number, second[0] as number];
    if (hourSpans === null) return { kind: 'each-hour', minute: minuteOfAll, second: secondOfAll };
    return { kind: 'clock', spans: hourSpans.map((span) => clockSpan(span, minuteOfAll, secondOfAll)) };
  }
  const isListed = [...seconds, ...minutes, ...hours].every(({ kind }) => kind === 'value');
  const hour = valuesOf('hour', hours);
  if (isListed && second.length * minute.length * hour.length <= CLOCK_TIMES_MAX) {
    const times = hour.flatMap((h) => minute.flatMap((m) => second.map((s) => clock(h, m, s))));
    return { kind: 'clock', spans: times.map((time) => ({ kind: 'at', time })) };
  }
  return { kind: 'rhythm', seconds: spansOf('second', seconds), minutes: spansOf('minute', minutes), hours: hourSpans };
}

function clockSpan(span: Span, minute: number, second: number): ClockSpan {
  const at = (hour: number): string => clock(hour, minute, second);
  if (span.kind === 'one') return { kind: 'at', time: at(span.value) };
  return { kind: 'hourly', from: at(span.from), to: at(span.to), everyHours: span.kind === 'steps' ? span.step : 1 };
}

function clock(hour: number, minute: number, second: number): string {
  return [hour, minute, ...(second === 0 ? [] : [second])].map(twoDigits).join(':');
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function daysOf(field: 'day-of-month' | 'day-of-week', parts: readonly CronPart[] | null): (Span | DayPart)[] | null {
  if (parts === null || parts.some(({ kind }) => kind === 'every')) return null;
  return parts.flatMap((part): (Span | DayPart)[] => (isPlain(part) ? spansOfPart(field, part) : [part as DayPart]));
}

const isPlain = ({ kind }: CronPart): boolean => kind === 'value' || kind === 'range' || kind === 'after';

/** null when the field allows every value. */
function spansOf(field: CronFieldName, parts: readonly CronPart[]): Span[] | null {
  if (parts.some(({ kind }) => kind === 'every')) return null;
  return parts.flatMap((part) => spansOfPart(field, part));
}

function spansOfPart(field: CronFieldName, part: CronPart): Span[] {
  if (part.kind === 'value') return [{ kind: 'one', value: part.value }];
  if (part.kind !== 'range' && part.kind !== 'after') return [];
  const values = valuesOf(field, [part]);
  // Hours 22-2 of a Friday are its first three and its last two: said as they are written they would end on Saturday.
  // A week has no such border.
  const isCut = field !== 'day-of-week' && values[0] !== part.from;
  if (!isCut) return [spanThrough(part.from, lastOf(part, values), part.step)];
  const [late, early] = [values.filter((value) => value >= part.from), values.filter((value) => value < part.from)];
  return [late, early].map((half) => spanThrough(half[0] as number, half.at(-1) as number, part.step));
}

// Of weekdays over the end of the week the last one is not the greatest.
function lastOf(part: CronPart, values: readonly number[]): number {
  const isWrapped = part.kind === 'range' && part.to < part.from;
  const last = isWrapped ? values.filter((value) => value < part.from).at(-1) : values.at(-1);
  return last ?? (values.at(-1) as number);
}

function spanThrough(from: number, to: number, step: number): Span {
  if (from === to) return { kind: 'one', value: from };
  return step === 1 ? { kind: 'run', from, to } : { kind: 'steps', from, to, step };
}

/** The values of a span in the order in which they are said, in a field that begins at `min` and ends at `max`. */
export function spelledOut(span: Span, min: number, max: number): number[] {
  if (span.kind === 'one') return [span.value];
  const size = max - min + 1;
  const end = span.to < span.from ? span.to + size : span.to;
  const step = span.kind === 'steps' ? span.step : 1;
  return Array.from({ length: Math.floor((end - span.from) / step) + 1 }, (_, index) => {
    const value = span.from + index * step;
    return value > max ? value - size : value;
  });
}
