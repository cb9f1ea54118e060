import { createHash } from 'node:crypto';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { giveBackJoinToken, insertJoinToken, joinToken, useJoinToken } from '../storage/sql/join-token-queries.ts';
import { createWrongTries } from './wrong-tries.ts';

/**
 * One-time tokens by which executors join without a configuration of their own. They are rows, as digests, so any scheduler
 * of the cluster takes a token that any of them has issued, and a restart forgets none.
 */
export interface JoinDesk {
  /** A new token. Those issued before stay good until they are used or expire. */
  issue(): Promise<IssuedJoinToken>;
  /** Takes a token of a caller at `from`: good once only. Whoever cannot make use of it after all gives it back. */
  take(token: string, from: string): Promise<JoinVerdict>;
}

export interface IssuedJoinToken {
  readonly token: string;
  readonly lifetimeMs: number;
}

export type JoinVerdict =
  | { readonly kind: 'good'; giveBack(): Promise<void> }
  | { readonly kind: 'refused'; readonly why: 'wrong' | 'used' | 'expired' | 'too_many_tries' };

/** By the store's clock. */
export const JOIN_TOKEN_LIFETIME_MS = 600_000;

export function createJoinDesk({
  store,
  clock,
  random,
}: { readonly store: SqlStore } & Pick<Runtime, 'clock' | 'random'>): JoinDesk {
  const tries = createWrongTries(clock);
  const refused = (why: Extract<JoinVerdict, { kind: 'refused' }>['why']): JoinVerdict => ({ kind: 'refused', why });

  return {
    async issue() {
      // 128 bits: nobody guesses them within the tries that there are.
      const token = `join-${random.secretHex(16)}`;
      await store.transaction('issue-join-token', (tx) => insertJoinToken(tx, digestOf(token), JOIN_TOKEN_LIFETIME_MS));
      return { token, lifetimeMs: JOIN_TOKEN_LIFETIME_MS };
    },
    async take(token, from) {
      if (!tries.mayTry(from)) return refused('too_many_tries');
      const digest = digestOf(token);
      const { isUsed, row } = await store.transaction('use-join-token', async (tx) => ({
        isUsed: await useJoinToken(tx, digest),
        row: await joinToken(tx, digest),
      }));
      if (isUsed) {
        return {
          kind: 'good',
          giveBack: () => store.transaction('give-join-token-back', (tx) => giveBackJoinToken(tx, digest)),
        };
      }
      if (row !== null) return refused(row.usedAt === null ? 'expired' : 'used');
      tries.note(from);
      return refused('wrong');
    },
  };
}

const digestOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
