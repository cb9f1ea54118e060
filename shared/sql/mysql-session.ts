import { DaybreakError } from '../errors.ts';
import type { RowTableForm } from './bulk-sql.ts';
import type { SqlValue } from './sql.ts';

/** What each connection must be like; set when it is made and asserted at each begin, since it is per session (T18). */

export interface ServerFacts {
  readonly isMariaDb: boolean;
  /** The quickest form that it reads. */
  readonly rowTable: RowTableForm;
  /** Compares byte by byte and does not pad; its name differs per server. */
  readonly collation: string;
  /** Newer MariaDB calls it as MySQL does. */
  readonly isolationVariable: 'tx_isolation' | 'transaction_isolation';
  /** So many warnings of a statement can be read. */
  readonly warningsKept: number;
  /** Settings of a session that not every server has: only those that this one has are set. */
  readonly sessionVariables: readonly string[];
}

// PIPES_AS_CONCAT and ANSI_QUOTES make `||` and "names" mean what they mean on SQLite. NO_BACKSLASH_ESCAPES must stay
// out: the driver escapes values with backslashes.
const MODES = [
  'STRICT_ALL_TABLES',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ONLY_FULL_GROUP_BY',
  'PIPES_AS_CONCAT',
  'ANSI_QUOTES',
];
export const SQL_MODE = MODES.join(',');
const FORBIDDEN_MODES = ['NO_BACKSLASH_ESCAPES', 'PAD_CHAR_TO_FULL_LENGTH', 'NO_UNSIGNED_SUBTRACTION'];

// A body is short: who waits this long for a lock is better run again from the start.
const LOCK_WAIT_S = 10;
// For the lock that a change of a table takes; servers wait for a day, or a year.
const TABLE_LOCK_WAIT_S = 60;

/** Set where the server has them: each of these may be set otherwise for the whole server by somebody else. */
export const OPTIONAL_VARIABLES: Readonly<Record<string, string>> = {
  // MariaDB alone has it, and its default differs by version: without it the same text gives the same result anywhere.
  innodb_snapshot_isolation: '0',
  lock_wait_timeout: String(TABLE_LOCK_WAIT_S),
  // RELEASE would end the connection at each COMMIT, CHAIN would begin the next transaction by itself.
  completion_type: '0',
  sql_safe_updates: '0',
};

// A process that stands still in the middle of a transaction (SIGSTOP, a machine that is moved or cut off) keeps its
// connection, and with it every lock: the server ends such a session. What it still writes afterwards has no transaction
// to be written in. MySQL knows no idle transactions, only idle sessions: there those that lie in the pool are spoken to.
const IDLE_S = 30;
/** How often connections that nobody has are spoken to, where the server ends idle sessions; null where it does not. */
export const pingEveryMs = (facts: ServerFacts): number | null => (facts.isMariaDb ? null : (IDLE_S * 1000) / 3);

/** Statements for a fresh connection, in order. No BEGIN is ever sent: with autocommit off, COMMIT to COMMIT is one. */
export function sessionStatements(facts: ServerFacts): readonly string[] {
  const optional = facts.sessionVariables.map((name) => `, ${name} = ${OPTIONAL_VARIABLES[name]}`).join('');
  return [
    `set names utf8mb4 collate ${facts.collation}`,
    `set session sql_mode = '${SQL_MODE}', time_zone = '+00:00', innodb_lock_wait_timeout = ${LOCK_WAIT_S}${optional}`,
    'set session transaction isolation level read committed, read write',
    // On MySQL only an administrator sets how many warnings are kept.
    facts.isMariaDb
      ? `set session idle_transaction_timeout = ${IDLE_S}, max_error_count = ${facts.warningsKept}`
      : `set session wait_timeout = ${IDLE_S}`,
    'set session autocommit = 0',
  ];
}

/**
 * The first statement of every transaction and read: the store's clock, and whether session and server are still as they
 * have to be. One round trip, in the place of BEGIN.
 */
export function beginText(facts: ServerFacts): string {
  return (
    'select cast(unix_timestamp(now(3)) * 1000 as unsigned) as now_ms, ' +
    `@@session.${facts.isolationVariable} as isolation, @@session.autocommit as autocommit, ` +
    '@@session.sql_mode as sql_mode, @@session.time_zone as time_zone, @@global.read_only as read_only'
  );
}

export interface Begun {
  readonly nowMs: number;
  readonly isReadOnly: boolean;
  /** What of the session is not as it was set, each as `name = value`. */
  readonly faults: readonly string[];
}

/** Reads the answer to `beginText`. */
export function readBegin(answer: readonly SqlValue[]): Begun {
  const [nowMs, isolation, autocommit, sqlMode, timeZone, readOnly] = answer;
  const modes = new Set(String(sqlMode).split(','));
  const isModeFit = MODES.every((mode) => modes.has(mode)) && !FORBIDDEN_MODES.some((mode) => modes.has(mode));
  const faults = [
    ...(isolation === 'READ-COMMITTED' ? [] : [`isolation = ${String(isolation)}, not READ-COMMITTED`]),
    ...(autocommit === 0 ? [] : [`autocommit = ${String(autocommit)}, not 0`]),
    ...(isModeFit ? [] : [`sql_mode = ${String(sqlMode)}`]),
    ...(timeZone === '+00:00' ? [] : [`time_zone = ${String(timeZone)}, not +00:00`]),
    ...(typeof nowMs === 'number' ? [] : [`a clock that says ${String(nowMs)}`]),
  ];
  return { nowMs: Number(nowMs), isReadOnly: isOn(readOnly), faults };
}

/** MariaDB has more than two values for it; whatever is not off keeps writes out. */
export const isOn = (value: unknown): boolean => !['0', 'OFF', ''].includes(String(value ?? '').toUpperCase());

export function lostSession(faults: readonly string[], label: string): DaybreakError {
  return new DaybreakError(
    'STORE_UNFIT',
    `a connection to ${label} does not keep its settings (${faults.join('; ')}): they were set twice. ` +
      'Does a proxy share connections between sessions? Let it keep one session per connection',
    { details: { faults } },
  );
}

export function readOnlyError(label: string): DaybreakError {
  return new DaybreakError(
    'STORE_READ_ONLY',
    `the database ${label} is read-only (read_only = ON): it is a replica, or a failover is under way. ` +
      'Name the primary; on it, read_only has to be OFF',
    { details: { store: label } },
  );
}
