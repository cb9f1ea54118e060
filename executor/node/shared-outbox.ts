import type { SqlStore } from '../../shared/sql/sql.ts';
import { createOutboxSender, type OutboxSender, type OutboxSenderOptions } from './outbox-sender.ts';

interface Shared {
  readonly sender: OutboxSender;
  users: number;
}

export interface JoinOutbox extends OutboxSenderOptions {
  readonly group: string;
  /** With which the group's messages are told. */
  readonly accessToken: string;
}

/**
 * One sender per store, group and token in a process, however many executors share them: two would tell everything twice.
 * Executors of other groups on the same store have senders of their own, because each group speaks for itself.
 */
const senders = new WeakMap<SqlStore, Map<string, Shared>>();

/** Joins the sender, which the first one makes and the last one stops. */
export function joinOutboxSender(options: JoinOutbox): { sender: OutboxSender; leave(): Promise<void> } {
  const ofStore = senders.get(options.store) ?? new Map<string, Shared>();
  senders.set(options.store, ofStore);
  const key = JSON.stringify([options.group, options.accessToken]);
  const shared = ofStore.get(key) ?? { sender: makeSender(options, ofStore), users: 0 };
  ofStore.set(key, shared);
  shared.users += 1;
  shared.sender.start();
  return {
    sender: shared.sender,
    async leave() {
      shared.users -= 1;
      if (shared.users > 0) return;
      ofStore.delete(key);
      await shared.sender.stop();
    },
  };
}

/** What the application itself takes is given to the first one's: it may not get anything twice at once. */
function makeSender({ afterSettled, ...options }: JoinOutbox, ofStore: ReadonlyMap<string, Shared>): OutboxSender {
  const isFirst = ofStore.size === 0;
  return createOutboxSender({
    ...options,
    isShared: () => ofStore.size > 1,
    ...(isFirst && afterSettled !== undefined ? { afterSettled } : {}),
  });
}
