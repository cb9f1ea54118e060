/**
 * How the requests per second of one downstream are shared out (docs/rate.md), as pure functions of the rows. Shares
 * are whole units; the sum of what anybody may still be using never exceeds the limit.
 */
export interface ShareRow {
  readonly holder: string;
  readonly units: number;
  readonly leaseUntil: number;
  /** A larger share that was held before, and may be used until its own lease runs out. */
  readonly beforeUnits: number;
  readonly beforeUntil: number;
  readonly wanted: number;
  /** Since when it wants and has nothing; 0 when it has something, or wants nothing. */
  readonly waitingSince: number;
}

/**
 * Between the end of a share at one holder and its start at another lies a whole window of the limit: so no window of
 * one second sees a unit in two hands, and the sum over all processes is that of the largest shares, which fit.
 */
export const WINDOW_MS = 1_000;

/** Units that others must count as used by this row. */
export function occupiedBy(row: ShareRow, nowMs: number): number {
  const now = nowMs < row.leaseUntil + WINDOW_MS ? row.units : 0;
  const before = nowMs < row.beforeUntil + WINDOW_MS ? row.beforeUnits : 0;
  return Math.max(now, before);
}

export interface ShareAsk {
  readonly holder: string;
  readonly wanted: number;
  readonly limit: number;
  readonly nowMs: number;
  readonly leaseMs: number;
}

export interface ShareDecision {
  readonly row: ShareRow;
  /** When units of others come free that this one could use; null when it has what it may have. */
  readonly freeAtMs: number | null;
}

/** What `holder` gets now: its fair part, as far as that is free. */
export function decideShare(rows: readonly ShareRow[], ask: ShareAsk): ShareDecision {
  const { holder, nowMs, leaseMs } = ask;
  const mine = rows.find((row) => row.holder === holder) ?? newRow(holder);
  const others = rows.filter((row) => row.holder !== holder);
  const wanted = Math.min(ask.wanted, ask.limit);
  const living = others.filter((row) => nowMs < row.leaseUntil + WINDOW_MS);
  const fair = fairShares([...living, { ...mine, wanted }], ask.limit).get(holder) ?? 0;
  const free = Math.max(0, ask.limit - others.reduce((sum, row) => sum + occupiedBy(row, nowMs), 0));
  const given = Math.min(fair, free);
  // One step down at a time: a second one while a larger share still counts would have that counted for ever longer.
  const units = wanted > 0 && given < mine.units && countsStill(mine, nowMs) ? mine.units : given;
  const isWaiting = wanted > 0 && units === 0;
  const row: ShareRow = {
    holder,
    units,
    leaseUntil: nowMs + leaseMs,
    ...beforeOf(mine, units, nowMs),
    wanted,
    waitingSince: isWaiting ? mine.waitingSince || nowMs : 0,
  };
  return { row, freeAtMs: units < fair ? soonestFree(others, nowMs) : null };
}

/** A larger share than that of now was held before, and others must go on counting it. */
const countsStill = (row: ShareRow, nowMs: number): boolean =>
  row.beforeUnits > row.units && nowMs < row.beforeUntil + WINDOW_MS;

/**
 * What was larger stays counted until its lease has run out. Two such leases are counted as the larger for the longer
 * time, which is too much and never too little.
 */
function beforeOf(mine: ShareRow, units: number, nowMs: number): Pick<ShareRow, 'beforeUnits' | 'beforeUntil'> {
  const larger = [
    { units: mine.units, until: mine.leaseUntil },
    { units: mine.beforeUnits, until: mine.beforeUntil },
  ].filter((one) => one.units > units && nowMs < one.until + WINDOW_MS);
  if (larger.length === 0) return { beforeUnits: 0, beforeUntil: 0 };
  return {
    beforeUnits: Math.max(...larger.map((one) => one.units)),
    beforeUntil: Math.max(...larger.map((one) => one.until)),
  };
}

/**
 * Nobody gets more than it wants, and nobody less than another while it wants more. Odd units go to those who have
 * waited longest, then in the order of their names: with more processes than units everybody gets a turn.
 */
export function fairShares(rows: readonly ShareRow[], limit: number): ReadonlyMap<string, number> {
  const order = [...rows].sort(byTurn);
  const shares = new Map<string, number>(order.map(({ holder }) => [holder, 0]));
  let left = limit;
  let hungry = order.filter(({ wanted }) => wanted > 0);
  while (left > 0 && hungry.length > 0) {
    const each = Math.max(1, Math.floor(left / hungry.length));
    for (const { holder, wanted } of hungry) {
      const has = shares.get(holder) ?? 0;
      const more = Math.min(each, wanted - has, left);
      shares.set(holder, has + more);
      left -= more;
    }
    hungry = hungry.filter(({ holder, wanted }) => wanted > (shares.get(holder) ?? 0));
  }
  return shares;
}

function byTurn(a: ShareRow, b: ShareRow): number {
  const since = (row: ShareRow): number => row.waitingSince || Number.MAX_SAFE_INTEGER;
  return since(a) - since(b) || (a.holder < b.holder ? -1 : 1);
}

function soonestFree(others: readonly ShareRow[], nowMs: number): number | null {
  const ends = others
    .flatMap((row) => [row.beforeUntil, row.leaseUntil])
    .map((until) => until + WINDOW_MS)
    .filter((atMs) => atMs > nowMs);
  return ends.length === 0 ? null : Math.min(...ends);
}

const newRow = (holder: string): ShareRow => ({
  holder,
  units: 0,
  leaseUntil: 0,
  beforeUnits: 0,
  beforeUntil: 0,
  wanted: 0,
  waitingSince: 0,
});
