import type { Misfire } from '../definition/schedule-definition.ts';

/** What becomes of one instant. `planned`: a run at its time, or at once when that is past. */
export type InstantVerdict =
  | { readonly kind: 'planned'; readonly atMs: number; readonly reason: string | null }
  | { readonly kind: 'merged'; readonly atMs: number; readonly intoMs: number; readonly reason: string }
  | { readonly kind: 'skipped' | 'held'; readonly atMs: number; readonly reason: string };

/** Whether an instant is too late to simply fire late. */
export const isMissed = (atMs: number, misfire: Misfire, nowMs: number): boolean =>
  nowMs - atMs > Math.min(misfire.afterMs, misfire.holdAfterMs ?? Infinity);

/** Instants before this one are missed; it and later ones are not. */
export const missedBeforeMs = (misfire: Misfire, nowMs: number): number =>
  nowMs - Math.min(misfire.afterMs, misfire.holdAfterMs ?? Infinity);

/**
 * Gives each missed instant its verdict. All of one schedule that are undecided have to be there: which one is the
 * latest is seen only together. What is later than `holdAfterMs` is held whatever the policy.
 * @param instantsMs ascending, every one of them missed.
 */
export function judgeMissed(instantsMs: readonly number[], misfire: Misfire, nowMs: number): InstantVerdict[] {
  const { policy, holdAfterMs } = misfire;
  const isHeld = (atMs: number) => holdAfterMs !== null && nowMs - atMs > holdAfterMs;
  const held = instantsMs.filter(isHeld).map((atMs): InstantVerdict => {
    return { kind: 'held', atMs, reason: `${spanOf(nowMs - atMs)} late, more than holdAfterMs: a person decides` };
  });
  const open = instantsMs.filter((atMs) => !isHeld(atMs));
  switch (policy) {
    case 'SKIP':
      return [...held, ...open.map((atMs) => skipped(atMs, `missed by ${spanOf(nowMs - atMs)}: misfire policy SKIP`))];
    case 'FIRE_ONCE':
      return [...held, ...fireLatest(open, nowMs)];
    case 'CATCH_UP':
      return [...held, ...catchUp(open, misfire, nowMs)];
  }
}

function fireLatest(instantsMs: readonly number[], nowMs: number): InstantVerdict[] {
  const latestMs = instantsMs.at(-1);
  if (latestMs === undefined) return [];
  const others = instantsMs.slice(0, -1);
  const stood = others.length === 0 ? '' : ` for itself and ${others.length} earlier ones`;
  return [
    ...others.map(
      (atMs): InstantVerdict => ({
        kind: 'merged',
        atMs,
        intoMs: latestMs,
        reason: 'missed: the latest stands for it',
      }),
    ),
    { kind: 'planned', atMs: latestMs, reason: `missed by ${spanOf(nowMs - latestMs)}: fires once${stood}` },
  ];
}

function catchUp(instantsMs: readonly number[], { max, windowMs }: Misfire, nowMs: number): InstantVerdict[] {
  const within = instantsMs.filter((atMs) => nowMs - atMs <= windowMs);
  const firstMs = max === 0 ? Infinity : (within.at(-max) ?? within[0] ?? Infinity);
  return instantsMs.map((atMs) => {
    const late = spanOf(nowMs - atMs);
    if (nowMs - atMs > windowMs) return skipped(atMs, `missed by ${late}, more than windowMs`);
    if (atMs < firstMs) return skipped(atMs, `missed by ${late}, and not among the latest ${max}`);
    return { kind: 'planned', atMs, reason: `missed by ${late}: caught up` };
  });
}

const skipped = (atMs: number, reason: string): InstantVerdict => ({ kind: 'skipped', atMs, reason });

const UNITS: readonly [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** For people: `2 h 5 min`, `340 ms`. */
export function spanOf(ms: number): string {
  const at = UNITS.findIndex(([size]) => ms >= size);
  const [size, name] = UNITS[at] ?? [1, 'ms'];
  const [smaller, smallerName] = UNITS[at + 1] ?? [0, ''];
  const rest = at < 0 || smaller === 0 ? 0 : Math.floor((ms % size) / smaller);
  return `${Math.floor(ms / size)} ${name}${rest === 0 ? '' : ` ${rest} ${smallerName}`}`;
}
