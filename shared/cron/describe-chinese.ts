import { type DayPart, FIELD_LIMITS } from './cron-part.ts';
import {
  type ClockSpan,
  type DescriptionShape,
  isEvenRhythm,
  isZero,
  type Span,
  spelledOut,
  type TimeShape,
  twoDigits,
} from './description-shape.ts';

const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];
const LAST_YEAR = FIELD_LIMITS.year.max;
const ORDINALS = ['一', '二', '三', '四', '五'];

/** `3 月的每周一至周五 02:30`: from the large to the small, as Chinese dates are said. */
export function inChinese(shape: DescriptionShape): string {
  const head = `${yearPhrase(shape)}${monthPhrase(shape)}${dayPhrase(shape)}`;
  const text = [head, timePhrase(shape.time)].filter((phrase) => phrase !== '').join(' ');
  return text.replace(/([\u4e00-\u9fff])(\d)/g, '$1 $2');
}

function timePhrase(time: TimeShape): string {
  if (time.kind === 'each-hour') return `每小时${minuteOfHour(time.minute, time.second)}`;
  if (time.kind === 'clock') return list(time.spans.map(clockPhrase));
  const { seconds, minutes, hours } = time;
  if (isZero(seconds)) return `${hourPhrase(hours)}${unitPhrase(MINUTE, minutes)}`;
  if (minutes === null) return `${hourPhrase(hours)}${unitPhrase(SECOND, seconds)}`;
  return `${hourPhrase(hours)}每小时第 ${list(minutes.map(minutePlace))} 分内${unitPhrase(SECOND, seconds)}`;
}

function minutePlace(span: Span): string {
  return span.kind === 'run' ? plainSpan(span) : list(spelledOut(span, 0, 59).map(String));
}

function minuteOfHour(minute: number, second: number): string {
  if (second !== 0) return `第 ${minute} 分 ${second} 秒`;
  return minute === 0 ? '整点' : `第 ${minute} 分`;
}

function clockPhrase(span: ClockSpan): string {
  if (span.kind === 'at') return span.time;
  return `${span.from} 至 ${span.to} 每${span.everyHours === 1 ? '' : ` ${span.everyHours} `}小时`;
}

interface Unit {
  /** Of a duration: 15 分钟. */
  readonly long: string;
  /** Of a place: 第 15 分. */
  readonly place: string;
  readonly whole: string;
}
const SECOND: Unit = { long: '秒', place: '秒', whole: '每分钟' };
const MINUTE: Unit = { long: '分钟', place: '分', whole: '每小时' };

function unitPhrase(unit: Unit, spans: readonly Span[] | null): string {
  if (spans === null) return `每${unit.long}`;
  const [only, ...others] = spans as [Span, ...Span[]];
  if (others.length === 0 && isEvenRhythm(only)) return `每 ${only.step} ${unit.long}`;
  return `${unit.whole}${counting(unit, spans)}`;
}

/** `第 5、10 至 20 分和第 3 分至第 59 分每 7 分钟`. */
function counting({ long, place }: Unit, spans: readonly Span[]): string {
  const plain = spans.filter((span) => span.kind !== 'steps').map((span) => plainSpan(span));
  const steps = spans.flatMap((span) =>
    span.kind === 'steps' ? [`第 ${span.from} ${place}至第 ${span.to} ${place}每 ${span.step} ${long}`] : [],
  );
  return [...(plain.length > 0 ? [`第 ${plain.join('、')} ${place}`] : []), ...steps].join('和');
}

function hourPhrase(spans: readonly Span[] | null): string {
  if (spans === null) return '';
  const said = spans.flatMap((span) => {
    if (span.kind === 'steps') return spelledOut(span, 0, 23).map(wholeHour);
    return [span.kind === 'one' ? wholeHour(span.value) : `${hour(span.from)} 至 ${twoDigits(span.to)}:59`];
  });
  return `${list(said)} `;
}

const wholeHour = (value: number): string => `${hour(value)} 至 ${twoDigits(value)}:59`;
const hour = (value: number): string => `${twoDigits(value)}:00`;

function dayPhrase({ dates, weekdays, combine, months, years, time }: DescriptionShape): string {
  const month = months === null ? '每月' : '';
  const inMonth = dates === null ? null : `${month}${list(dates.map(datePhrase))}`;
  if (inMonth !== null && weekdays !== null) {
    return combine === 'either'
      ? `${inMonth}或${weekPhrase(weekdays, month)}`
      : `${inMonth}（且须为${list(weekdays.map(weekdayPhrase))}）`;
  }
  if (weekdays !== null) return weekPhrase(weekdays, month);
  const isTimeOfDay = time.kind === 'clock' || (time.kind === 'rhythm' && time.hours !== null);
  const isSaid = isTimeOfDay || months !== null || years !== null;
  return inMonth ?? (isSaid ? '每天' : '');
}

function datePhrase(part: Span | DayPart): string {
  switch (part.kind) {
    case 'one':
      return `${part.value} 日`;
    case 'run':
      return `${part.from} 日至 ${part.to} 日`;
    case 'steps':
      return part.to + part.step > 31
        ? `${part.from} 日起每 ${part.step} 天`
        : `${part.from} 日至 ${part.to} 日每 ${part.step} 天`;
    case 'last-day':
      return part.before === 0 ? '最后一天' : fromEnd(part.before);
    case 'workday-near':
      return `离 ${part.day} 日最近的工作日`;
    case 'workday-near-last':
      return part.before === 0 ? '最后一个工作日' : `离${fromEnd(part.before)}最近的工作日`;
    default:
      return weekdayPhrase(part);
  }
}

const fromEnd = (before: number): string => `倒数第 ${before + 1} 天`;

function weekPhrase(parts: readonly (Span | DayPart)[], month: string): string {
  const isOfMonth = parts.some(({ kind }) => kind === 'last-weekday' || kind === 'nth-weekday');
  return isOfMonth ? `${month}${list(parts.map(weekdayPhrase))}` : `每${list(parts.map(weekdayPhrase))}`;
}

function weekdayPhrase(part: Span | DayPart): string {
  if (part.kind === 'last-weekday') return `最后一个${WEEKDAYS[part.weekday]}`;
  if (part.kind === 'nth-weekday') return `第${ORDINALS[part.nth - 1]}个${WEEKDAYS[part.weekday]}`;
  if (part.kind === 'run') return `${WEEKDAYS[part.from]}至${WEEKDAYS[part.to]}`;
  return list(spelledOut(part as Span, 0, 6).map((day) => WEEKDAYS[day] as string));
}

function monthPhrase({ months }: DescriptionShape): string {
  if (months === null) return '';
  const said = months.flatMap((span) =>
    span.kind === 'run' ? [`${span.from} 月至 ${span.to} 月`] : spelledOut(span, 1, 12).map((month) => `${month} 月`),
  );
  return `${list(said)}的`;
}

function yearPhrase({ years }: DescriptionShape): string {
  if (years === null) return '';
  const said = years.map((span) => {
    if (span.kind === 'one') return `${span.value} 年`;
    if (span.kind === 'run') return `${span.from} 年至 ${span.to} 年`;
    const until = span.to + span.step > LAST_YEAR ? '起' : `至 ${span.to} 年`;
    return `${span.from} 年${until}每 ${span.step} 年`;
  });
  return list(said);
}

function plainSpan(span: Span): string {
  return span.kind === 'one' ? String(span.value) : `${span.from} 至 ${span.to}`;
}

const list = (phrases: readonly string[]): string => phrases.join('、');
