import { createHash } from 'node:crypto';
import type { SqlStore, SqlTx } from '../../shared/sql/sql.ts';

/** What the outbox carries. All but 'after-settled' go to a scheduler; that one goes to the application itself. */
export const OUTBOX_KINDS = ['callback', 'run-manifest', 'slice-settled', 'after-settled'] as const;
export type OutboxKind = (typeof OUTBOX_KINDS)[number];

/**
 * What callbacks of a group lie under. Executors of several groups may share a store, each with a token of its own, and a
 * scheduler takes no result that comes with the token of another group.
 */
export type CallbackLane = `callback.${string}`;
export function callbackLane(group: string): CallbackLane {
  const known = lanes.get(group);
  if (known !== undefined) return known;
  const lane: CallbackLane = `callback.${createHash('sha256').update(group, 'utf8').digest('hex').slice(0, 16)}`;
  lanes.set(group, lane);
  return lane;
}
/** A process has a handful of groups, and asks with each result and each look at the outbox. */
const lanes = new Map<string, CallbackLane>();

export interface OutboxMessage {
  readonly kind: OutboxKind | CallbackLane;
  /** Names the fact that is told, at most 128 characters: the same key again, while unsent, is the same message. */
  readonly dedupKey: string;
  /** Any JSON value; written down as it is now. */
  readonly body: unknown;
}

/**
 * Puts a message into the outbox within the transaction of the change that it tells of, so that there is never one
 * without the other. It is sent after the commit until it is acknowledged: at least once, so the receiver takes
 * repeats by the fact's own key. Call `wakeOutbox(store)` after the commit to have it sent at once.
 */
export async function enqueueOutbox(tx: SqlTx, message: OutboxMessage): Promise<void> {
  await enqueueAll(tx, [message]);
}

/** The same for many at once. */
export async function enqueueAll(tx: SqlTx, messages: readonly OutboxMessage[]): Promise<void> {
  await tx.insertRows(
    { table: 'x_outbox', columns: ['kind', 'dedup_key', 'body', 'created_at', 'next_try_at'], onConflict: 'ignore' },
    messages.map(({ kind, dedupKey, body }) => [kind, dedupKey, JSON.stringify(body), tx.nowMs, tx.nowMs]),
  );
}

/** Tells the senders of this store, if there are any in this process, that messages were committed just now. */
export function wakeOutbox(store: SqlStore): void {
  for (const wake of wakers.get(store) ?? []) wake();
}

/** Held weakly: a closed store is forgotten together with its entry. */
const wakers = new WeakMap<SqlStore, Set<() => void>>();

export function addOutboxWaker(store: SqlStore, wake: () => void): void {
  const all = wakers.get(store) ?? new Set();
  all.add(wake);
  wakers.set(store, all);
}

export function removeOutboxWaker(store: SqlStore, wake: () => void): void {
  wakers.get(store)?.delete(wake);
}
