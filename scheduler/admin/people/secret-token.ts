import { createHash } from 'node:crypto';
import type { Random } from '../../../shared/runtime/runtime.ts';

/** 256 bits that nobody guesses: sessions, keys, the set-up link. Only their hash is stored. */
export const newSecret = (random: Random): string => random.secretHex(32);

/** A plain hash is enough for what has 256 random bits: there is nothing to try. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex');

const KEY_PREFIX = 'dbk_';
/** Keys are known by their first letters, by people and by programs that look for leaked ones. */
export const newApiKey = (random: Random): { readonly key: string; readonly prefix: string } => {
  const key = `${KEY_PREFIX}${newSecret(random)}`;
  return { key, prefix: key.slice(0, KEY_PREFIX.length + 8) };
};
