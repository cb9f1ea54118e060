/**
 * How many values lie in which range: what is left of durations when they are added up by the day. Two of them make a
 * third without loss, and any quantile is at most 1 % away from the one of the values themselves: a bucket's bounds differ
 * by a factor of 1.0202, and it stands for the value between them. Milliseconds of ten days need 1,036 buckets at most.
 */
export type Histogram = ReadonlyMap<number, number>;

/** What a quantile may be off by, as a part of itself. */
export const QUANTILE_ERROR = 0.01;

const BASE = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);
const LOG_BASE = Math.log(BASE);

/** Nothing, and what a clock that was set back made of less than nothing, is a bucket of its own. */
const ZERO = -1;

export const bucketOf = (value: number): number => (value <= 0 ? ZERO : Math.ceil(Math.log(value) / LOG_BASE - 1e-9));

const middleOf = (bucket: number): number => (bucket === ZERO ? 0 : (2 * BASE ** bucket) / (BASE + 1));

export function histogramOf(values: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) addTo(counts, bucketOf(value), 1);
  return counts;
}

/** Adds the second to the first. */
export function mergeInto(into: Map<number, number>, other: Histogram): void {
  for (const [bucket, count] of other) addTo(into, bucket, count);
}

function addTo(counts: Map<number, number>, bucket: number, count: number): void {
  counts.set(bucket, (counts.get(bucket) ?? 0) + count);
}

/** The value that so large a part of them does not exceed (nearest rank), within QUANTILE_ERROR; null of none. */
export function quantile(histogram: Histogram, part: number): number | null {
  let total = 0;
  for (const count of histogram.values()) total += count;
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(part * total));
  for (const [bucket, count] of [...histogram].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return Math.round(middleOf(bucket));
  }
  return null;
}

/** As it is stored: "bucket:count", rising, a space between two. */
export const writeHistogram = (histogram: Histogram): string =>
  [...histogram]
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => `${bucket}:${count}`)
    .join(' ');

/** Adds what was stored to `into`: by characters, since a report of three months reads two million of these pairs. */
export function readHistogramInto(into: Map<number, number>, text: string): void {
  let [bucket, digits, isBelowZero] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === MINUS) isBelowZero = true;
    else if (char === COLON) {
      bucket = isBelowZero ? -digits : digits;
      [digits, isBelowZero] = [0, false];
    } else if (char === SPACE) {
      addTo(into, bucket, digits);
      digits = 0;
    } else digits = digits * 10 + char - ZERO_DIGIT;
  }
  if (text !== '') addTo(into, bucket, digits);
}

const [MINUS, COLON, SPACE, ZERO_DIGIT] = [45, 58, 32, 48];
