import { isBusinessDate, isTimeOfDay, isTimeZone } from '../../../shared/business-date.ts';
import { checkRedisUrl } from '../../../shared/redis/redis-url.ts';
import { UsageError } from '../usage-error.ts';

/** An integer in [min, max] from an option's text. */
export function integerOption(
  name: string,
  text: string | undefined,
  range: { min: number; max: number; default: number },
): number {
  if (text === undefined) return range.default;
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) {
    throw new UsageError(`--${name} "${text}" is no whole number from ${range.min} to ${range.max}`);
  }
  return value;
}

/** A percentage from 0 to 100 with at most six decimals: whole millionths of a percent, so no rounding decides. */
export function percentOption(name: string, text: string): number {
  const value = /^[0-9]{1,3}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 100)) throw new UsageError(`--${name} "${text}" is no percentage from 0 to 100, such as 1 or 0.5`);
  return value;
}

/** A real calendar date `YYYY-MM-DD`. */
export function dateOption(name: string, text: string): string {
  if (!isBusinessDate(text)) {
    throw new UsageError(`--${name} "${text}" is no calendar date: write it as YYYY-MM-DD, such as 2026-11-20`);
  }
  return text;
}

/** An http(s) URL; its user and password, query and fragment are refused, because they would end in logs. */
export function httpUrlOption(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageError(`--${name} is no URL: write http://HOST:PORT or https://HOST`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`--${name} must not hold a user or password: give the key with --gateway-key-file`);
  }
  if (url.search !== '' || url.hash !== '') throw new UsageError(`--${name} must have no "?" or "#" part`);
  return url;
}

/** One of a few words. */
export function wordOption<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new UsageError(`--${name} "${text}" is none of ${words.join(', ')}`);
  return found;
}

/** An IANA time zone that this machine knows. */
export function timeZoneOption(name: string, text: string): string {
  if (!isTimeZone(text))
    throw new UsageError(`--${name} "${text}" is no time zone: write one such as Asia/Shanghai or UTC`);
  return text;
}

/** Hours and minutes as `HH:MM`, 00:00 to 23:59. */
export function timeOfDayOption(name: string, text: string): string {
  if (!isTimeOfDay(text)) throw new UsageError(`--${name} "${text}" is no time of day: write HH:MM, 00:00 to 23:59`);
  return text;
}

/** `redis://` or `rediss://`, with options of TLS that fit together. */
export function redisUrlOption(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
    throw new UsageError('--redis is no redis:// URL: write redis://HOST:PORT, or rediss:// for TLS');
  }
  checkRedisUrl(text);
  return text;
}
