import type { Kysely } from 'kysely';
import type { StoreFigures } from './store-figures.ts';
import type { StoreHealth } from './store-health.ts';

/** The one SQL layer: a port with two adapters, `node:sqlite` (embedded) and mysql2 (MariaDB >= 10.6, MySQL >= 8). */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlDialect = 'sqlite' | 'mysql';

/**
 * Open stores answer reads and transactions. Text is SQL of the subset that both dialects share, with `?` for every
 * value. Big sums: select `cast(sum(x) as char)` and read it as BigInt; plain integers come back as numbers, and one
 * beyond 2^53 is an error, never a rounded number.
 */
export interface SqlStore {
  readonly dialect: SqlDialect;
  /** Where it is, with any password masked: for messages. */
  readonly label: string;
  /**
   * Runs `body` in one transaction (BEGIN IMMEDIATE on SQLite, READ COMMITTED on MySQL) and commits it. Throws what
   * the body throws, after rolling back. A deadlock or lock wait (MySQL 1213, 1205) runs the WHOLE body again, at
   * most 5 times with jitter: a body must have no effect outside the transaction. An answer lost after COMMIT is
   * `CommitUnknownError` and is never repeated. On SQLite the body must not wait for anything but this store:
   * all other work of the store queues behind it.
   * @param name a short verb phrase for logs and metrics, e.g. 'store-calls'
   */
  transaction<T>(name: string, body: (tx: SqlTx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Like `transaction`, for reading only: each statement sees what is committed, and only that. */
  read<T>(name: string, body: (tx: SqlReader) => Promise<T>): Promise<T>;
  /**
   * What the store has been like lately: round trips, waits for a connection, slow statements, the clock. Cheap: ask
   * before each chunk if you like.
   * @param overMs how far back the spreads look, at most 10 000 (the default)
   */
  figures(overMs?: number): StoreFigures;
  /** Whether it takes writes, as of its last work; while it does not it is asked again by itself (MySQL). */
  health(): StoreHealth;
  /** Waits for what is running, refuses what comes later. */
  close(): Promise<void>;
}

export interface TransactionOptions {
  /**
   * Goes before the waiting ones (SQLite) or over one of the reserved connections (MySQL). For lease renewals and
   * nothing else, so that load alone never loses a lease (trap T21). Default false.
   */
  readonly urgent?: boolean;
  /**
   * MySQL: the connection is closed afterwards and never used again, for a body that changes its session or takes locks
   * of it (GET_LOCK): whatever becomes of the body, they end with it. Default false.
   */
  readonly ownSession?: boolean;
}

export interface SqlReader {
  readonly dialect: SqlDialect;
  /** The store's clock, read once per transaction (or read): the only instant that two processes may compare. */
  readonly nowMs: number;
  all<Row extends object>(text: string, params?: readonly SqlValue[]): Promise<Row[]>;
  /** The first row, or null. */
  get<Row extends object>(text: string, params?: readonly SqlValue[]): Promise<Row | null>;
  /** Rows as arrays in column order: the hot path (about twice as fast as objects). */
  arrays(text: string, params?: readonly SqlValue[]): Promise<SqlValue[][]>;
  /** Typed queries for cold paths, bound to this very connection. */
  // biome-ignore lint/suspicious/noExplicitAny: each store gives its own schema type with `kyselyOf<Schema>(tx)`.
  readonly kysely: Kysely<any>;
}

export interface SqlTx extends SqlReader {
  /** ' for update' and ' for share' where the dialect has row locks, '' on SQLite (one writer). Append to a SELECT. */
  readonly forUpdate: string;
  readonly forShare: string;
  /** ' for update skip locked' or ''. Good for picking, wrong for counting (trap T5). */
  readonly forUpdateSkipLocked: string;
  /** Runs one statement; returns how many rows its WHERE matched (on both dialects; see trap T4). */
  run(text: string, params?: readonly SqlValue[]): Promise<number>;
  /** Runs one INSERT into a table with an automatic id and returns that id. */
  insertReturningId(text: string, params?: readonly SqlValue[]): Promise<number>;
  /**
   * Inserts many rows: one prepared statement looped on SQLite, multi-row text cut at ~1,000 rows and by bytes on
   * MySQL. `onConflict: 'ignore'` leaves rows whose primary or unique key is there (only that error is ignored).
   * Returns the number of rows inserted.
   */
  insertRows(spec: InsertRows, rows: readonly (readonly SqlValue[])[]): Promise<number>;
  /**
   * Updates many rows by key, each with its own values: a looped prepared UPDATE on SQLite, UPDATE ... JOIN over a
   * derived table on MySQL. A row's values stand in the order key columns, then set columns. Returns how many rows
   * matched (key and guard).
   */
  updateRows(spec: UpdateRows, rows: readonly (readonly SqlValue[])[]): Promise<number>;
  /**
   * Deletes many rows by key: a looped prepared DELETE on SQLite, DELETE of a join with a derived table on MySQL. It locks
   * the rows that it names and no others, which `key in (...)` does not promise: an optimizer that walks the table instead
   * waits for everybody's rows. Returns how many were there.
   */
  deleteRows(spec: DeleteRows, keys: readonly (readonly SqlValue[])[]): Promise<number>;
}

export interface InsertRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly onConflict?: 'fail' | 'ignore';
}

export interface UpdateRows {
  readonly table: string;
  readonly key: readonly string[];
  readonly set: readonly string[];
  /** Added to the WHERE of every row, e.g. `state = 'PROCESSING'`; constant text, its values in `guardParams`. */
  readonly guard?: string;
  readonly guardParams?: readonly SqlValue[];
}

export interface DeleteRows {
  readonly table: string;
  readonly key: readonly string[];
}

/** The kysely of a transaction or read, typed with the schema of the tables that the caller knows. */
export function kyselyOf<Schema>(reader: SqlReader): Kysely<Schema> {
  return reader.kysely as Kysely<Schema>;
}

/** Words that differ between the dialects in DDL; a migration is a function of this, so there is one text for both. */
export interface DdlWords {
  readonly dialect: SqlDialect;
  /** Column type of an automatic id that is never reused, primary key included: `id ${w.autoId}`. */
  readonly autoId: string;
  /** 64-bit integer. Instants are epoch milliseconds in it, money is minor units in it. */
  readonly bigint: string;
  readonly int: string;
  /** Text of at most n characters, compared byte by byte (case matters). */
  text(n: number): string;
  /** Text of any length. */
  readonly longText: string;
  readonly blob: string;
  /** Ends a CREATE TABLE whose rows lie in the order of its primary key: ' without rowid' or engine and charset. */
  readonly clustered: string;
  /** Ends any other CREATE TABLE. */
  readonly table: string;
}

export interface Migration {
  /** Ordered, never edited once merged: '0001-runs'. */
  readonly id: string;
  statements(words: DdlWords): readonly string[];
}
