/** Values in words of a language. Pure: the zone is given, nothing asks the clock. */
export type Language = 'en' | 'zh';
const LOCALE: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };

const UNITS: Readonly<Record<Language, readonly [string, string, string, string, string]>> = {
  en: [' d', ' h', ' min', ' s', ' ms'],
  zh: ['天', '小时', '分', '秒', '毫秒'],
};
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The two largest units, e.g. `2 h 19 min`; below ten seconds with a tenth. */
export function formatDuration(ms: number, language: Language): string {
  const [d, h, min, s, milli] = UNITS[language];
  const gap = language === 'en' ? ' ' : '';
  if (ms < 0) return `-${formatDuration(-ms, language)}`;
  if (ms === 0) return `0${s}`;
  if (ms < SECOND) return `${Math.round(ms)}${milli}`;
  if (ms < 10 * SECOND && ms % SECOND !== 0) return `${(Math.floor(ms / 100) / 10).toFixed(1)}${s}`;
  const two = (large: number, largeUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${gap}${small}${smallUnit}`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}${s}`;
  if (ms < HOUR) return two(Math.floor(ms / MINUTE), min, Math.floor((ms % MINUTE) / SECOND), s);
  if (ms < DAY) return two(Math.floor(ms / HOUR), h, Math.floor((ms % HOUR) / MINUTE), min);
  return two(Math.floor(ms / DAY), d, Math.floor((ms % DAY) / HOUR), h);
}

export const formatCount = (n: number, language: Language): string => new Intl.NumberFormat(LOCALE[language]).format(n);

/** For places with little room: 9,940,000 is 9.94M; in Chinese 994万. */
export const formatShort = (n: number, language: Language): string =>
  new Intl.NumberFormat(language === 'en' ? 'en-US' : 'zh-CN', {
    notation: 'compact',
    maximumSignificantDigits: 3,
  }).format(n);

export const formatRate = (perSecond: number, language: Language): string =>
  new Intl.NumberFormat(LOCALE[language], {
    maximumFractionDigits: perSecond < 10 ? 1 : 0,
  }).format(perSecond);

/** Minor units as digits, which outgrow 2^53, with the digits of the currency: `1234567` of USD is `12,345.67`. */
export function formatMoney(amountMinor: string, currency: string, language: Language): string {
  if (!/^-?\d+$/.test(amountMinor)) return amountMinor;
  const digits = minorDigits(currency);
  const isNegative = amountMinor.startsWith('-');
  const padded = amountMinor.replace('-', '').padStart(digits + 1, '0');
  const whole = BigInt(padded.slice(0, padded.length - digits));
  const rest = digits === 0 ? '' : `.${padded.slice(-digits)}`;
  return `${isNegative ? '-' : ''}${new Intl.NumberFormat(LOCALE[language]).format(whole)}${rest}`;
}

/** What a person types as an amount of seconds, minutes... `90s`, `15m`, `2h`, `1d`, `250ms`, or plain milliseconds. */
export function readDuration(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?\s*$/.exec(text);
  if (match === null) return null;
  const factor = { ms: 1, s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY }[match[2] ?? 'ms'] ?? 1;
  return Math.round(Number(match[1]) * factor);
}

/** The way back: the largest unit that is exact. */
export function writeDuration(ms: number): string {
  if (ms === 0) return '0s';
  for (const [unit, factor] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ] as const) {
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}

function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

interface InstantOptions {
  readonly language: Language;
  /** An IANA zone; left out: the one of the machine. */
  readonly zone?: string;
  readonly style?: 'minute' | 'second' | 'clock' | 'exact' | 'day';
}

/** `2026-11-20 02:30:05` in the zone; `clock` and, with seconds, `exact` leave the day out. */
export function formatInstant(atMs: number, { language, zone, style = 'second' }: InstantOptions): string {
  const format = new Intl.DateTimeFormat(LOCALE[language], {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(zone === undefined ? {} : { timeZone: zone }),
  });
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  const clock = `${parts.hour}:${parts.minute}`;
  if (style === 'day') return day;
  if (style === 'clock') return clock;
  if (style === 'exact') return `${clock}:${parts.second}`;
  return style === 'minute' ? `${day} ${clock}` : `${day} ${clock}:${parts.second}`;
}

/** How many whole percent; never 100 before all is done, never 0 once something is. */
export function percentOf(done: number, total: number): number {
  if (total <= 0) return 0;
  if (done >= total) return 100;
  return done <= 0 ? 0 : Math.min(99, Math.max(1, Math.floor((done * 100) / total)));
}
