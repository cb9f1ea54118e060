import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Who works in a store, beside the store, readable by its user alone. It outlives a kill -9, so it is believed only
 * by someone who finds the store locked: the lock is the operating system's and dies with the process.
 */
const OwnerSchema = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  startedAtMs: Type.Integer({ minimum: 0 }),
  /** The command as typed, without secrets. */
  command: Type.String(),
  /** Where it answers `status` and `resolve`, on loopback. */
  controlUrl: Type.String({ pattern: '^http://127\\.0\\.0\\.1:[0-9]+/$' }),
  token: Type.String({ minLength: 32 }),
});
export type Owner = Static<typeof OwnerSchema>;

export const ownerFileOf = (storePath: string): string => `${storePath}.owner.json`;

export function writeOwnerFile(path: string, owner: Owner): void {
  const temporary = `${path}.${owner.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** The owner as written, or null when there is no such file or none that can be read as one. */
export function readOwnerFile(path: string): Owner | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const owner: unknown = JSON.parse(text);
    return Value.Check(OwnerSchema, owner) ? owner : null;
  } catch {
    return null;
  }
}

/** Takes our own file away; a successor's stays. */
export function removeOwnerFile(path: string, token: string): void {
  if (readOwnerFile(path)?.token === token) rmSync(path, { force: true });
}
