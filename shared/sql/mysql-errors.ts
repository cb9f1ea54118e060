import type { SqlFailure } from './sql-errors.ts';

/** The server's numbers that we act upon; everything else is SQL_FAILED. Pure. */

const NO_TABLE = 1146;
// On the database, a table, a column, for want of a global right, on a routine.
const RIGHT_MISSING = new Set([1044, 1142, 1143, 1227, 1370]);
const KEY_IS_THERE = new Set([1062, 1586]);
// Deadlock, lock wait, and "changed since last read" of MariaDB's snapshot isolation: run the whole body again.
const RUN_AGAIN = new Set([1213, 1205, 1020]);
// Shutting down, killed, gone away, lost, idle too long.
const CONNECTION_LOST = new Set([1053, 1927, 2006, 2013, 4031]);
// A statement that was killed or ran out of time (MariaDB, MySQL): its connection lives, its transaction is not to be.
const STATEMENT_KILLED = new Set([1317, 1969, 3024]);
// --read-only, a read-only transaction, a server in read-only mode, InnoDB in it: a replica, or a primary that was one.
const READ_ONLY = new Set([1290, 1792, 1836, 1874]);
// No connection to give, to anybody or to this user.
const TOO_MANY = new Set([1040, 1203, 1226]);
// Check (MariaDB, MySQL), not null, no default, too long, out of range, wrong value, foreign keys, trigger's signal.
const VALUE_REFUSED = new Set([4025, 3819, 1048, 1364, 1406, 1264, 1265, 1292, 1366, 1367, 1451, 1452, 1644]);

interface DriverError {
  readonly errno?: unknown;
  readonly sqlState?: unknown;
  readonly fatal?: unknown;
  readonly code?: unknown;
}

/** The server's error number, or null when the error is not the server's answer (a lost connection, a bug). */
export function serverErrno(error: unknown): number | null {
  const { errno, sqlState } = error as DriverError;
  return typeof errno === 'number' && errno > 0 && typeof sqlState === 'string' ? errno : null;
}

/** Whether this connection can carry nothing more. */
export function isConnectionLost(error: unknown): boolean {
  const errno = serverErrno(error);
  if (errno !== null) return CONNECTION_LOST.has(errno);
  const { fatal, code } = error as DriverError;
  // After a timeout the late answer would be taken for that of the next statement.
  return fatal === true || code === 'PROTOCOL_SEQUENCE_TIMEOUT';
}

export function failureOf(error: unknown): SqlFailure {
  if (isConnectionLost(error)) return 'STORE_UNREACHABLE';
  const errno = serverErrno(error);
  if (errno === null) return 'SQL_FAILED';
  if (KEY_IS_THERE.has(errno)) return 'SQL_CONFLICT';
  if (RUN_AGAIN.has(errno)) return 'SQL_DEADLOCK';
  if (READ_ONLY.has(errno)) return 'STORE_READ_ONLY';
  if (STATEMENT_KILLED.has(errno)) return 'STORE_UNREACHABLE';
  if (errno === NO_TABLE) return 'SQL_NO_TABLE';
  if (RIGHT_MISSING.has(errno)) return 'STORE_UNFIT';
  return VALUE_REFUSED.has(errno) ? 'SQL_REFUSED' : 'SQL_FAILED';
}

/**
 * Whether the server said for certain that a COMMIT did not happen: a cluster that refused the write set (Galera, MySQL's
 * group replication), or a server that became read-only under the transaction. Anything else leaves it open.
 */
export function commitRefusal(error: unknown): SqlFailure | null {
  const errno = serverErrno(error);
  if (errno === 1213 || errno === 3101) return 'SQL_DEADLOCK';
  return errno !== null && READ_ONLY.has(errno) ? 'STORE_READ_ONLY' : null;
}

export const isTooManyConnections = (error: unknown): boolean => {
  const { errno } = error as DriverError;
  return typeof errno === 'number' && TOO_MANY.has(errno);
};

/** MySQL alone says so: MariaDB refuses the user instead. */
export const isTlsWanted = (error: unknown): boolean => serverErrno(error) === 3159;

/** A server with a binary log lets only an administrator make triggers, unless it is told to trust their makers. */
export const isTriggerForbidden = (error: unknown): boolean => serverErrno(error) === 1419;

/** Warnings of INSERT IGNORE that say no more than "the key is there". */
export const isKeyWarning = (code: number): boolean => KEY_IS_THERE.has(code);
