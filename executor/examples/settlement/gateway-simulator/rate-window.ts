/**
 * A limit that holds in every window of a second, wherever it begins: the instants of the last admitted requests are
 * kept, and one more is admitted only when the oldest of them has left the window. Refused requests do not count.
 * A rate below one is one request in a longer window.
 */
export function createRateWindow(perSecond: number): { admit(nowMs: number): boolean } {
  // Beyond this the window would be megabytes, and no machine sends that much.
  if (perSecond > 1_000_000) return { admit: () => true };
  const limit = Math.max(1, Math.floor(perSecond));
  const windowMs = perSecond >= 1 ? 1_000 : 1_000 / perSecond;
  const admitted: number[] = new Array<number>(limit).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    admit(nowMs) {
      if (nowMs - (admitted[next] ?? Number.NEGATIVE_INFINITY) < windowMs) return false;
      admitted[next] = nowMs;
      next = (next + 1) % limit;
      return true;
    },
  };
}
