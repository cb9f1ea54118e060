import { localDate, localTime } from '../../shared/business-date.ts';

// The words of a pattern; everything that is no letter stands for itself, and so does T.
const WORD = /yyyy|yy|MM|dd|HH|mm|ss|SSS|[A-Za-z]/g;
const DATE_WORDS = ['yyyy', 'yy', 'MM', 'dd'];
const TIME_WORDS = ['HH', 'mm', 'ss', 'SSS'];

/** Why a pattern is none, in words, or null. A business date has no time of day. */
export function patternRefusal(
  name: 'businessDate' | 'plannedAt' | 'windowFrom' | 'windowTo',
  pattern: string,
): string | null {
  const allowed = name === 'businessDate' ? DATE_WORDS : [...DATE_WORDS, ...TIME_WORDS];
  const words = pattern.match(WORD) ?? [];
  const odd = words.find((word) => word !== 'T' && !allowed.includes(word));
  if (odd !== undefined) return `"${odd}" is no part of a pattern of ${name}; there are ${allowed.join(', ')}`;
  return words.length === 0 ? `the pattern is empty; write e.g. {${name}:yyyyMMdd}` : null;
}

/** @param pattern null: as it is, `YYYY-MM-DD`. */
export function formatDate(date: string, pattern: string | null): string {
  return pattern === null ? date : fillPattern(pattern, date, '00:00:00', 0);
}

/** @param pattern null: ISO 8601 in UTC with milliseconds, whatever the zone. */
export function formatInstant(epochMs: number, pattern: string | null, zone: string): string {
  if (pattern === null) return new Date(epochMs).toISOString();
  return fillPattern(pattern, localDate(epochMs, zone), localTime(epochMs, zone), ((epochMs % 1_000) + 1_000) % 1_000);
}

function fillPattern(pattern: string, date: string, time: string, milliseconds: number): string {
  const parts: Readonly<Record<string, string>> = {
    yyyy: date.slice(0, 4),
    yy: date.slice(2, 4),
    MM: date.slice(5, 7),
    dd: date.slice(8, 10),
    HH: time.slice(0, 2),
    mm: time.slice(3, 5),
    ss: time.slice(6, 8),
    SSS: String(milliseconds).padStart(3, '0'),
  };
  return pattern.replace(WORD, (word) => parts[word] ?? word);
}
