import { formatMinor, isCurrency } from '../../../shared/money.ts';

/** 12345678 as `12,345,678`; digit text of any length stays exact. */
export function grouped(value: number | string | bigint): string {
  return String(value).replace(/\B(?=([0-9]{3})+(?![0-9]))/g, ',');
}

/** Minor units as the currency is written: 12345 CNY is `123.45`; a currency that we do not know stays in minor units. */
export function money(amountMinor: number | string | bigint, currency: string): string {
  const [whole = '', fraction] = (
    isCurrency(currency) ? formatMinor(amountMinor, currency) : String(amountMinor)
  ).split('.');
  return grouped(whole) + (fraction === undefined ? '' : `.${fraction}`);
}

/** A duration in the two largest units that matter: `3 s`, `4 min 10 s`, `2 h 5 min`, `3 d 1 h`. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 === 0 ? '' : ` ${s % 60} s`}`;
  if (s < 86_400)
    return `${Math.floor(s / 3600)} h${Math.floor(s / 60) % 60 === 0 ? '' : ` ${Math.floor(s / 60) % 60} min`}`;
  return `${Math.floor(s / 86_400)} d${Math.floor(s / 3600) % 24 === 0 ? '' : ` ${Math.floor(s / 3600) % 24} h`}`;
}

/** An instant as local time of a zone, the zone's name behind it: `2026-11-21 05:00:00 Asia/Shanghai`. */
export function localTime(atMs: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(atMs);
  return `${parts} ${timeZone}`;
}
