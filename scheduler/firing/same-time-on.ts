import { instantOf, localTime } from '../../shared/business-date.ts';

/** The instant of that date at which clocks of the zone show the local time of another instant, to the millisecond. */
export function sameTimeOn(date: string, instantMs: number, zone: string): number {
  const time = localTime(instantMs, zone);
  const seconds = Number(time.slice(6, 8));
  return instantOf(date, time.slice(0, 5), zone) + seconds * 1_000 + (((instantMs % 1_000) + 1_000) % 1_000);
}
