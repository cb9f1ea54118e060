import { createHash, timingSafeEqual } from 'node:crypto';
import type { Runtime } from '../../shared/runtime/runtime.ts';

/**
 * One-time tokens by which executors join without a configuration of their own. They live in the memory of the process
 * that issued them, as digests, and end with it.
 */
export interface JoinDesk {
  /** A new token. Those issued before stay good until they are used or expire. */
  issue(): IssuedJoinToken;
  /** Takes a token of a caller at `from`: good once only. Whoever cannot make use of it after all gives it back. */
  take(token: string, from: string): JoinVerdict;
}

export interface IssuedJoinToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

export type JoinVerdict =
  | { readonly kind: 'good'; giveBack(): void }
  | { readonly kind: 'refused'; readonly why: 'wrong' | 'used' | 'expired' | 'too_many_tries' };

export const JOIN_TOKEN_LIFETIME_MS = 600_000;
/** Used and expired ones are known for such for a while, so that people are told which it is. */
const TOKENS_KEPT_MAX = 200;
const WRONG_TRIES_MAX = 10;
const TRIES_WINDOW_MS = 60_000;
/** Beyond so many callers with wrong tries at a time, no further one is heard. */
const CALLERS_MAX = 1_000;

interface Kept {
  readonly digest: Buffer;
  readonly issuedAtMs: number;
  used: boolean;
}

export function createJoinDesk({ clock, random }: Pick<Runtime, 'clock' | 'random'>): JoinDesk {
  let kept: Kept[] = [];
  const wrongTries = new Map<string, { sinceMs: number; count: number }>();

  function mayTry(from: string, nowMs: number): boolean {
    for (const [caller, { sinceMs }] of wrongTries) {
      if (nowMs - sinceMs >= TRIES_WINDOW_MS) wrongTries.delete(caller);
    }
    const tries = wrongTries.get(from);
    return tries === undefined ? wrongTries.size < CALLERS_MAX : tries.count < WRONG_TRIES_MAX;
  }

  function noteWrongTry(from: string, nowMs: number): void {
    const { sinceMs, count } = wrongTries.get(from) ?? { sinceMs: nowMs, count: 0 };
    wrongTries.set(from, { sinceMs, count: count + 1 });
  }

  /** Looks at every one, whether it was found or not: the time it takes tells nothing. */
  function find(token: string): Kept | null {
    const digest = digestOf(token);
    let found: Kept | null = null;
    for (const one of kept) if (timingSafeEqual(one.digest, digest)) found = one;
    return found;
  }

  return {
    issue() {
      // 128 bits: nobody guesses them within the tries that there are.
      const token = `join-${random.secretHex(16)}`;
      kept = [
        ...kept.slice(1 - TOKENS_KEPT_MAX),
        { digest: digestOf(token), issuedAtMs: clock.monotonicMs(), used: false },
      ];
      return { token, lifetimeMs: JOIN_TOKEN_LIFETIME_MS };
    },
    take(token, from) {
      const nowMs = clock.monotonicMs();
      if (!mayTry(from, nowMs)) return { kind: 'refused', why: 'too_many_tries' };
      const one = find(token);
      if (one === null) {
        noteWrongTry(from, nowMs);
        return { kind: 'refused', why: 'wrong' };
      }
      if (one.used) return { kind: 'refused', why: 'used' };
      if (nowMs - one.issuedAtMs >= JOIN_TOKEN_LIFETIME_MS) return { kind: 'refused', why: 'expired' };
      one.used = true;
      return {
        kind: 'good',
        giveBack() {
          one.used = false;
        },
      };
    },
  };
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();
