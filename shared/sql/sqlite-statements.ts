import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SqlValue } from './sql.ts';

// Enough for every fixed text of the system; lists of changing length push out what is rarely used.
const CACHED_MAX = 500;

/** Prepared statements by text. Two caches, since a statement gives either objects or arrays. */
export interface SqliteStatements {
  all(text: string, params: readonly SqlValue[]): object[];
  get(text: string, params: readonly SqlValue[]): object | null;
  arrays(text: string, params: readonly SqlValue[]): SqlValue[][];
  run(text: string, params: readonly SqlValue[]): { changes: number; lastId: number };
  /** The same statement again and again, looked up once: gives the count of changes of each call. */
  runner(text: string): (params: readonly SqlValue[]) => number;
  /** Whether the statement gives rows. */
  givesRows(text: string): boolean;
}

export function createSqliteStatements(db: DatabaseSync): SqliteStatements {
  const forObjects = new Map<string, StatementSync>();
  const forArrays = new Map<string, StatementSync>();

  function prepared(cache: Map<string, StatementSync>, text: string): StatementSync {
    const known = cache.get(text);
    if (known) {
      // Moves it to the end of the map: the first one is the one that was not used for longest.
      cache.delete(text);
      cache.set(text, known);
      return known;
    }
    const statement = db.prepare(text);
    if (cache === forArrays) statement.setReturnArrays(true);
    if (cache.size >= CACHED_MAX) cache.delete(cache.keys().next().value ?? '');
    cache.set(text, statement);
    return statement;
  }

  return {
    all: (text, params) => prepared(forObjects, text).all(...params),
    get: (text, params) => prepared(forObjects, text).get(...params) ?? null,
    arrays: (text, params) => prepared(forArrays, text).all(...params) as unknown as SqlValue[][],
    run(text, params) {
      const result = prepared(forObjects, text).run(...params);
      // SQLite leaves the count of the statement before when this one changes no rows by its nature (DDL).
      return { changes: CHANGES_ROWS.test(text) ? Number(result.changes) : 0, lastId: Number(result.lastInsertRowid) };
    },
    runner(text) {
      const statement = prepared(forObjects, text);
      return (params) => Number(statement.run(...params).changes);
    },
    givesRows: (text) => prepared(forObjects, text).columns().length > 0,
  };
}

const CHANGES_ROWS = /^\s*(insert|update|delete|replace|with)\b/i;
