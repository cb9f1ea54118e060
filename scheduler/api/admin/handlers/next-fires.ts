import { localDate } from '../../../../shared/business-date.ts';
import { nextInstants, parseCron, transitionsBetween } from '../../../../shared/cron/cron.ts';
import type { CronDialect } from '../../../../shared/cron/cron-expression.ts';
import type { NextFire } from '../contract/kept-definition.ts';

/** Instants as a person reads them: wall time in the zone, and where the clocks change on the way. */
export function describeFires(
  fires: readonly { readonly atMs: number; readonly businessDate: string }[],
  zone: string,
  fromMs: number,
): NextFire[] {
  const last = fires.at(-1)?.atMs ?? fromMs;
  const changes = last > fromMs ? transitionsBetween(zone, fromMs, last) : [];
  return fires.map(({ atMs, businessDate }, at) => {
    const after = at === 0 ? fromMs : (fires[at - 1]?.atMs ?? fromMs);
    const change = changes.find((each) => each.atMs > after && each.atMs <= atMs);
    return { atMs, businessDate, local: localTime(atMs, zone), clockChange: change ?? null };
  });
}

/** The next fires of a text by itself, without calendar and window. */
export function firesOfText(text: string, dialect: CronDialect, zone: string, fromMs: number, n: number): NextFire[] {
  const instants = nextInstants(parseCron(text, { dialect }), fromMs, zone, n);
  return describeFires(
    instants.map((atMs) => ({ atMs, businessDate: localDate(atMs, zone) })),
    zone,
    fromMs,
  );
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-20 02:30:00 +08:00`. */
export function localTime(atMs: number, zone: string): string {
  const known = formats.get(zone);
  const format =
    known ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    });
  if (known === undefined && formats.size < 1_000) formats.set(zone, format);
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')}:${part('second')} ${offset}`;
}
