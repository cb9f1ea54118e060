import { DaybreakError, type ErrorCode, messageOf } from '../errors.ts';

/** What an adapter says of a driver's error. */
export type SqlFailure = Extract<
  ErrorCode,
  | 'SQL_CONFLICT'
  | 'SQL_REFUSED'
  | 'SQL_DEADLOCK'
  | 'SQL_NO_TABLE'
  | 'SQL_FAILED'
  | 'STORE_UNREACHABLE'
  | 'STORE_READ_ONLY'
  | 'STORE_UNFIT'
  | 'STORE_CORRUPT'
>;

const RIGHTS = ': grant the user of the URL all on its database, or let one who may run daybreak migrate';

/** The driver's error with the statement's text (never its values) and the store's name. */
export function sqlError(code: SqlFailure, cause: unknown, at: { text: string; store: string }): DaybreakError {
  const text = at.text.length > 300 ? `${at.text.slice(0, 300)}…` : at.text;
  return new DaybreakError(
    code,
    `${messageOf(cause)}${code === 'STORE_UNFIT' ? RIGHTS : ''} (in: ${text.replace(/\s+/g, ' ')})`,
    {
      cause,
      details: { store: at.store },
    },
  );
}
