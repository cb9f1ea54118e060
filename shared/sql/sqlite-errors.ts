import { CommitUnknownError, DaybreakError, messageOf, StoreUnreachableError } from '../errors.ts';
import { type SqlFailure, sqlError } from './sql-errors.ts';

/** SQLite's result codes that we act upon. Pure. */

const ERROR = 1;
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const CONSTRAINT = 19;
const MISMATCH = 20;
const NOTADB = 26;
// Extended codes: primary key, unique, rowid.
const KEY_IS_THERE = new Set([1555, 2067, 2579]);

/** SQLite's extended result code, or null when the error is not SQLite's. */
function extendedCode(error: unknown): number | null {
  const errcode = (error as { errcode?: unknown } | null)?.errcode;
  return typeof errcode === 'number' ? errcode : null;
}

function primaryCode(error: unknown): number | null {
  const code = extendedCode(error);
  return code === null ? null : code & 0xff;
}

export const isBusy = (error: unknown): boolean => primaryCode(error) === BUSY;

// One code for all that is wrong with a statement: its text alone says what.
const isNoTable = (error: unknown): boolean => error instanceof Error && error.message.startsWith('no such table: ');

export function failureOf(error: unknown): SqlFailure {
  const code = extendedCode(error);
  if (code === null) return 'SQL_FAILED';
  if (KEY_IS_THERE.has(code)) return 'SQL_CONFLICT';
  switch (code & 0xff) {
    case ERROR:
      return isNoTable(error) ? 'SQL_NO_TABLE' : 'SQL_FAILED';
    case CONSTRAINT:
    case MISMATCH:
      return 'SQL_REFUSED';
    case CORRUPT:
    case NOTADB:
      return 'STORE_CORRUPT';
    case IOERR:
    case FULL:
    case READONLY:
    case CANTOPEN:
      return 'STORE_UNREACHABLE';
    default:
      return 'SQL_FAILED';
  }
}

/**
 * What a failed COMMIT means. SQLite says for certain that it did not happen, but for an error of the disk: the frames
 * may lie in the log and be found there by the next start.
 */
export function commitError(error: unknown, at: { name: string; store: string }): DaybreakError {
  if (primaryCode(error) !== IOERR) return sqlError(failureOf(error), error, { text: 'commit', store: at.store });
  return new CommitUnknownError(
    `the disk failed at the COMMIT of "${at.name}" in ${at.store}: it may or may not have happened; read before acting`,
    { cause: error, details: at },
  );
}

/** Why a file cannot be the store, or the error itself when it is none of SQLite's. */
export function openError(error: unknown, path: string): unknown {
  const code = primaryCode(error);
  if (code === CORRUPT || code === NOTADB) {
    return new DaybreakError(
      'STORE_CORRUPT',
      `${path} is damaged or no SQLite database: keep it as it is, and start from a copy that is whole or another file`,
      { cause: error, details: { path } },
    );
  }
  if (code === null) return error;
  return new StoreUnreachableError(
    `cannot open the embedded store ${path}: ${messageOf(error)}; is its folder there, and may this user write in it?`,
    { cause: error, details: { path }, retryable: false },
  );
}
