import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import { type AuditEntryInput, appendAudit } from './append-audit.ts';

/** What is written about a change, and how the state of what it touches is read before and after it. */
export interface AuditDraft {
  readonly entry: Omit<AuditEntryInput, 'outcome' | 'before' | 'after'>;
  readonly order: unknown;
  readonly snapshot: (db: SqlReader) => Promise<unknown>;
}

/**
 * A store whose every transaction ends with an entry in the audit log, so that a change and its record are committed
 * together or not at all, whichever function makes the change. A body that runs several times is recorded once.
 */
export function auditedStore(store: SqlStore, draftOf: () => AuditDraft, onWritten: () => void): SqlStore {
  return {
    dialect: store.dialect,
    label: store.label,
    read: (name, body) => store.read(name, body),
    figures: (overMs) => store.figures(overMs),
    health: () => store.health(),
    close: () => store.close(),
    async transaction(name, body, options) {
      const result = await store.transaction(
        name,
        async (tx) => {
          const before = await draftOf().snapshot(tx);
          const done = await body(tx);
          // Asked again: the body may have found out what it touches, e.g. the id of what it made.
          const { entry, order, snapshot } = draftOf();
          const after = { order: order ?? null, state: await snapshot(tx) };
          await appendAudit(tx, { ...entry, outcome: 'done', before, after });
          return done;
        },
        options,
      );
      onWritten();
      return result;
    },
  };
}
