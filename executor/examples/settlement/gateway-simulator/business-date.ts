import { localDate } from '../../../../shared/business-date.ts';

/** The gateway's calendar: the date of an instant in its time zone, or always the one that is given. */
export function businessCalendar(timeZone: string, fixed: string | null): (atMs: number) => string {
  if (fixed !== null) return () => fixed;
  // Formatting is slow, and all instants of a quarter of an hour share a date in every time zone there is.
  let quarter = Number.NaN;
  let date = '';
  return (atMs) => {
    const wanted = Math.floor(atMs / 900_000);
    if (wanted !== quarter) {
      quarter = wanted;
      date = localDate(atMs, timeZone);
    }
    return date;
  };
}
