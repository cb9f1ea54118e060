/**
 * Durations of the last seconds as percentiles. A measurement adds one to a counter of its second; nothing is kept by
 * itself, nothing is sorted. Buckets grow by a fifth, so a percentile is at most a fifth above what it stands for.
 */
export interface SlidingWindow {
  add(ms: number, nowMs: number): void;
  /** Of the last `overMs`, in whole seconds, the running one included. */
  spread(nowMs: number, overMs: number): Spread;
}

export interface Spread {
  /** How many were measured. With 0 all else is 0 and says nothing. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export const NO_SPREAD: Spread = { count: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 };

/** So far back the windows reach. */
export const WINDOW_MS = 10_000;

const SECONDS = WINDOW_MS / 1000;
// From 10 µs to above an hour: 2^(1/4) to the power of 116 is 5e8.
const FIRST_MS = 0.01;
const PER_DOUBLING = 4;
const BUCKETS = 117;

export function createSlidingWindow(): SlidingWindow {
  const counts = Array.from({ length: SECONDS }, () => new Uint32Array(BUCKETS));
  const maxima = new Float64Array(SECONDS);
  // Which second a slot is of: a slot of an earlier round is emptied when it is used again.
  const secondOf = new Float64Array(SECONDS).fill(-1);

  return {
    add(ms, nowMs) {
      const second = Math.floor(nowMs / 1000);
      const slot = second % SECONDS;
      const slotCounts = counts[slot] as Uint32Array;
      if (secondOf[slot] !== second) {
        slotCounts.fill(0);
        maxima[slot] = 0;
        secondOf[slot] = second;
      }
      const bucket = bucketOf(ms);
      slotCounts[bucket] = (slotCounts[bucket] as number) + 1;
      if (ms > (maxima[slot] as number)) maxima[slot] = ms;
    },
    spread(nowMs, overMs) {
      const newest = Math.floor(nowMs / 1000);
      const oldest = newest - Math.min(SECONDS, Math.max(1, Math.ceil(overMs / 1000))) + 1;
      const sums = new Uint32Array(BUCKETS);
      let count = 0;
      let maxMs = 0;
      for (let slot = 0; slot < SECONDS; slot++) {
        const second = secondOf[slot] as number;
        if (second < oldest || second > newest) continue;
        maxMs = Math.max(maxMs, maxima[slot] as number);
        const slotCounts = counts[slot] as Uint32Array;
        for (let bucket = 0; bucket < BUCKETS; bucket++) {
          const n = slotCounts[bucket] as number;
          sums[bucket] = (sums[bucket] as number) + n;
          count += n;
        }
      }
      return spreadOf(sums, count, maxMs);
    },
  };
}

function spreadOf(sums: Uint32Array, count: number, maxMs: number): Spread {
  if (count === 0) return NO_SPREAD;
  const at = (part: number): number => {
    let left = Math.ceil(count * part);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= sums[bucket] as number;
      if (left <= 0) return Math.min(boundOf(bucket), maxMs);
    }
    return maxMs;
  };
  return { count, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs };
}

function bucketOf(ms: number): number {
  if (!(ms > FIRST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / FIRST_MS) * PER_DOUBLING));
}

/** The largest value that a bucket holds. */
const boundOf = (bucket: number): number => FIRST_MS * 2 ** (bucket / PER_DOUBLING);
