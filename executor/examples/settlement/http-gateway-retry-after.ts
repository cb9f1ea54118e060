/**
 * How long a Retry-After asks to wait, in milliseconds, or null when there is none that can be read. It comes in
 * seconds or as an HTTP date; the date is on the gateway's clock, so it is compared with the Date of the same answer.
 */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | null {
  const value = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  // Date.parse takes bare numbers for years; an HTTP date begins with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
