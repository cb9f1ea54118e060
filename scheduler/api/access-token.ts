import { createHash, timingSafeEqual } from 'node:crypto';
import { DaybreakError } from '../../shared/errors.ts';

const LENGTH_MIN = 32;

/** Refuses a token that anybody could guess. There is no default: each installation makes its own. */
export function assertAccessToken(token: string): void {
  if (token.length >= LENGTH_MIN && new Set(token).size >= 8) return;
  throw new DaybreakError(
    'CONFIG_INVALID',
    `accessToken is ${token === '' ? 'empty' : 'too short or too uniform'}: give at least ${LENGTH_MIN} random characters`,
  );
}

/** Compares in a time that does not depend on where two tokens differ, nor on their lengths. */
export function tokenChecker(token: string): (given: unknown) => boolean {
  const wanted = digest(token);
  return (given) => typeof given === 'string' && timingSafeEqual(digest(given), wanted);
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
