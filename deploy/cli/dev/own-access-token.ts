import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../shared/runtime/runtime.ts';

/**
 * The access token of this installation, made at the first start and for its owner's eyes only. It is never shown: with
 * it the tokens of the groups are sealed in the store, so a start with another one could not open them.
 */
export function ownAccessToken(folder: string, random: Pick<Random, 'secretHex'>): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'access-token');
  try {
    writeFileSync(path, `${random.secretHex(32)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
