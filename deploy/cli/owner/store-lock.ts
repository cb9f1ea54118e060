import type { SqlStore } from '../../../shared/sql/sql.ts';

/** The store, held by this process alone until `release`. */
export interface HeldStore {
  readonly store: SqlStore;
  /** Aborts when the lock was lost (its connection broke): another process may begin, so this one must end. */
  readonly lost: AbortSignal;
  /** Closes the store and lets go of the lock. */
  release(): Promise<void>;
}

/** Says who holds a store and what a second start can do. */
export function heldMessage(holder: { pid: number; since: string; command: string | null; host?: string }): string {
  const where = holder.host === undefined ? '' : ` on ${holder.host}`;
  const what = holder.command === null ? '' : ` (${holder.command})`;
  return `process ${holder.pid}${where}${what} has worked in this store since ${holder.since}: wait until it has ended, or ask it with daybreak status`;
}
