import type { SqlStore } from '../../shared/sql/sql.ts';
import { createOutboxSender, type OutboxSender, type OutboxSenderOptions } from './outbox-sender.ts';

interface Shared {
  readonly sender: OutboxSender;
  users: number;
}

/** One sender per store in a process, however many executors share it: two would tell everything twice. */
const senders = new WeakMap<SqlStore, Shared>();

/** Joins the store's sender, which the first one makes and the last one stops. */
export function joinOutboxSender(options: OutboxSenderOptions): { sender: OutboxSender; leave(): Promise<void> } {
  const shared: Shared = senders.get(options.store) ?? { sender: createOutboxSender(options), users: 0 };
  senders.set(options.store, shared);
  shared.users += 1;
  shared.sender.start();
  return {
    sender: shared.sender,
    async leave() {
      shared.users -= 1;
      if (shared.users > 0) return;
      senders.delete(options.store);
      await shared.sender.stop();
    },
  };
}
