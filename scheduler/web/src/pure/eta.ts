/** How tonight stands to its cut-off. What the words are is the business of the language files. */
export interface NightClock {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly cutOffAtMs: number | null;
  readonly etaAtMs: number | null;
  readonly isLate: boolean;
  readonly isGood: boolean;
}

export type Outlook =
  /** It has ended: `sparesMs` before (or, negative, after) the cut-off; null without one. */
  | { readonly kind: 'ended'; readonly atMs: number; readonly sparesMs: number | null; readonly good: boolean }
  | { readonly kind: 'on_time'; readonly atMs: number; readonly sparesMs: number }
  | { readonly kind: 'late'; readonly atMs: number; readonly overMs: number }
  | { readonly kind: 'past_cut_off'; readonly overMs: number }
  /** Nothing was told from which an end could be reckoned. */
  | { readonly kind: 'unknown'; readonly leftMs: number | null; readonly late: boolean }
  | { readonly kind: 'no_cut_off'; readonly atMs: number };

export function judgeOutlook(clock: NightClock): Outlook {
  const { nowMs, endedAtMs, cutOffAtMs, etaAtMs } = clock;
  if (endedAtMs !== null) {
    const sparesMs = cutOffAtMs === null ? null : cutOffAtMs - endedAtMs;
    return { kind: 'ended', atMs: endedAtMs, sparesMs, good: clock.isGood };
  }
  if (cutOffAtMs !== null && nowMs >= cutOffAtMs) return { kind: 'past_cut_off', overMs: nowMs - cutOffAtMs };
  if (etaAtMs === null) {
    return { kind: 'unknown', leftMs: cutOffAtMs === null ? null : cutOffAtMs - nowMs, late: clock.isLate };
  }
  if (cutOffAtMs === null) return { kind: 'no_cut_off', atMs: etaAtMs };
  if (etaAtMs > cutOffAtMs) return { kind: 'late', atMs: etaAtMs, overMs: etaAtMs - cutOffAtMs };
  return { kind: 'on_time', atMs: etaAtMs, sparesMs: cutOffAtMs - etaAtMs };
}

/** Where instants lie on the band from the start to a little past the last of them, each from 0 to 1. */
export function placeOnBand(clock: NightClock): {
  readonly now: number;
  readonly eta: number | null;
  readonly cutOff: number | null;
  readonly toMs: number;
} {
  const { startedAtMs } = clock;
  const nowMs = clock.endedAtMs ?? clock.nowMs;
  const last = Math.max(nowMs, clock.etaAtMs ?? 0, clock.cutOffAtMs ?? 0, startedAtMs + 60_000);
  const toMs = last + Math.max(60_000, (last - startedAtMs) * 0.04);
  const place = (atMs: number) => Math.min(1, Math.max(0, (atMs - startedAtMs) / (toMs - startedAtMs)));
  return {
    now: place(nowMs),
    eta: clock.endedAtMs !== null || clock.etaAtMs === null ? null : place(clock.etaAtMs),
    cutOff: clock.cutOffAtMs === null ? null : place(clock.cutOffAtMs),
    toMs,
  };
}
