/** After so many wrong passwords in a row an account or an address is shut for `LOCKED_MS`. */
export const TRIES_MAX = 10;
export const LOCKED_MS = 30 * 60_000;
/** Tries that lie further back than this count no more. */
export const FORGOTTEN_AFTER_MS = 30 * 60_000;
const FREE_TRIES = 3;
const FIRST_DELAY_MS = 1_000;

export interface Failures {
  readonly failures: number;
  readonly lastAt: number;
  readonly lockedUntil: number;
}

/** Whether a try is looked at at all now. */
export const isShut = ({ lockedUntil }: Failures, nowMs: number): boolean => nowMs < lockedUntil;

/**
 * What stands after one more wrong password: three are free, then each makes the next one wait twice as long, and the
 * tenth shuts the door for half an hour.
 */
export function afterFailure(before: Failures, nowMs: number): Pick<Failures, 'failures' | 'lockedUntil'> {
  const isOld = nowMs - before.lastAt >= FORGOTTEN_AFTER_MS && nowMs >= before.lockedUntil;
  const failures = (isOld ? 0 : before.failures) + 1;
  if (failures >= TRIES_MAX) return { failures, lockedUntil: nowMs + LOCKED_MS };
  if (failures <= FREE_TRIES) return { failures, lockedUntil: 0 };
  return { failures, lockedUntil: nowMs + FIRST_DELAY_MS * 2 ** (failures - FREE_TRIES - 1) };
}
