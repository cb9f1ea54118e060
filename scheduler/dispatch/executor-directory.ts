import type { SqlStore } from '../../shared/sql/sql.ts';
import type { Keyring } from '../registry/keyring.ts';
import { contactAt, setTriggerPath } from '../storage/sql/executor-queries.ts';
import type { RunPath } from './run-path.ts';

/** How the executor at an address is spoken to. */
export interface Contact {
  /** Sent as the appname header, which the newest generation of xxl-job demands: the group's name. */
  readonly appName: string;
  /** The token of now, then, while it is being changed, the one before. */
  readonly tokens: readonly string[];
  /** Where it takes runs, when that is known. */
  readonly runPath: RunPath | null;
  /** Spoken to with signatures; the token is not sent to it. */
  readonly signs: boolean;
}

export interface ExecutorDirectory {
  /** @param group where it is known better than the table knows it: during a registration. */
  contact(address: string, group?: string): Promise<Contact>;
  learnPath(address: string, path: RunPath): Promise<void>;
}

/** What the headers say to an address that no group has: nobody, with the installation's token. */
const NO_GROUP = 'daybreak-scheduler';

export function createExecutorDirectory(store: SqlStore, keyring: Keyring): ExecutorDirectory {
  return {
    async contact(address, group) {
      const row = await store.read('find-contact', (db) => contactAt(db, address, group));
      const appName = group ?? row?.appName ?? null;
      return {
        appName: appName ?? NO_GROUP,
        tokens: await keyring.tokensOf(appName),
        runPath: row?.triggerPath ?? null,
        signs: row?.signs ?? false,
      };
    },
    async learnPath(address, path) {
      await store.transaction('learn-trigger-path', (tx) => setTriggerPath(tx, address, path));
    },
  };
}
