import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who has the embedded store, in a small file beside it: the lock itself is SQLite's, this is for the message. */
export interface SqliteOwner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, when it opened the store. */
  readonly since: string;
}

const ownerPath = (path: string): string => `${path}.owner`;

export function writeOwner(path: string, nowMs: number): void {
  const owner: SqliteOwner = { pid: process.pid, host: hostname(), since: new Date(nowMs).toISOString() };
  writeFileSync(ownerPath(path), JSON.stringify(owner));
}

export function removeOwner(path: string): void {
  rmSync(ownerPath(path), { force: true });
}

/** Null when the note is not there, not whole or of a process that is gone: then the owner is none that we know. */
export function readOwner(path: string): SqliteOwner | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(ownerPath(path), 'utf8'));
    return isOwner(owner) && isThere(owner) ? owner : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A process that was killed leaves its note behind. On another host nobody can tell, so the note is believed. */
function isThere(owner: SqliteOwner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    return process.kill(owner.pid, 0);
  } catch (error) {
    // Not permitted to signal it: so it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isOwner(value: unknown): value is SqliteOwner {
  return typeof value === 'object' && value !== null && 'pid' in value && 'since' in value && 'host' in value;
}
