import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { JoinedSchema } from '../../shared/protocol/join.ts';

/** What a node got when it joined, kept so that its next start needs no new token. */
const KeptSchema = Type.Object({
  ...JoinedSchema.properties,
  appname: Type.String(),
  schedulers: Type.Array(Type.String(), { minItems: 1 }),
  /** Of the one-time token by which it joined: the same command started once more is the same node going on. */
  joinTokenHash: Type.String(),
});
export type KeptJoin = Static<typeof KeptSchema>;

const pathIn = (dataDir: string): string => join(dataDir, 'joined.json');

/** Null when the node has not joined, or what is there is no such file. */
export async function readKeptJoin(dataDir: string): Promise<KeptJoin | null> {
  try {
    const kept: unknown = JSON.parse(await readFile(pathIn(dataDir), 'utf8'));
    return Value.Check(KeptSchema, kept) ? kept : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** For its owner's eyes only: whoever reads it can speak for the group. */
export async function keepJoin(dataDir: string, kept: KeptJoin): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const temporary = `${pathIn(dataDir)}.tmp`;
  await writeFile(temporary, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
  await rename(temporary, pathIn(dataDir));
}

export const hashOfJoinToken = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
