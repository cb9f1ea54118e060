import { scryptSync } from 'node:crypto';

/** Tokens as fingerprints: which one is shared now, and the one before while it is being changed. */
export interface TokenPrints<Token extends string | null = string | null> {
  readonly token: Token;
  readonly previous: string | null;
}

/**
 * A token's fingerprint, good for telling two apart and nothing else: slow to make, and another one in another cluster, so
 * that whoever reads the database or a log cannot try tokens against it.
 */
export const tokenPrint = (cluster: string, token: string): string =>
  scryptSync(token, `daybreak:${cluster}`, 6).toString('hex');

/**
 * same: nothing is to be written. take: these are the tokens from now on, the first ever or a change that shows the one
 * before. A scheduler that has not heard of a change yet may start until the change is over.
 */
export function judgeTokens(stored: TokenPrints, own: TokenPrints<string>): 'same' | 'take' | 'refuse' {
  if (stored.token === null) return 'take';
  if (own.token === stored.token) return own.previous === stored.previous ? 'same' : 'take';
  if (own.previous === stored.token) return 'take';
  return own.token === stored.previous ? 'same' : 'refuse';
}
