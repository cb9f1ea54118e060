/**
 * Every error that leaves a module of ours has a code from this catalogue. To add one: add a line here and a row in
 * docs/errors.md (a test compares them), then `throw new DaybreakError('THE_CODE', 'one clear sentence', { details })`.
 */
export interface ErrorEntry {
  /** HTTP status when it reaches a client. */
  readonly status: number;
  /** Whether the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** What it means, in one sentence. */
  readonly meaning: string;
}

const entry = (status: number, retryable: boolean, meaning: string): ErrorEntry => ({ status, retryable, meaning });

export const ERRORS = {
  BAD_OPTION: entry(400, false, 'An option, argument or environment variable is wrong; the message names it.'),
  BAD_INPUT: entry(400, false, 'A request or a value handed in is wrong; the message names the field.'),
  CONFIG_INVALID: entry(400, false, 'The configuration does not have the shape it must have; each field is named.'),
  CRON_INVALID: entry(400, false, 'The cron expression is none of its dialect; the message names field and column.'),
  NOT_FOUND: entry(404, false, 'The thing named does not exist.'),
  UNAUTHORIZED: entry(401, false, 'No credentials, or wrong ones.'),
  FORBIDDEN: entry(403, false, 'The credentials are good but do not permit this.'),
  CONFLICT: entry(409, false, 'The thing is not in the state that this needs, or it exists already.'),
  TOO_LARGE: entry(413, false, 'The request is larger than the limit.'),
  RATE_LIMITED: entry(429, true, 'Too many requests; wait and try again.'),
  INTERNAL: entry(500, false, 'An unexpected error; the log has its cause.'),

  STORE_UNREACHABLE: entry(503, true, 'The database does not answer, or refuses the connection.'),
  STORE_BUSY: entry(503, true, 'Another process owns the embedded store; the message names its pid and start.'),
  STORE_OVERLOADED: entry(
    503,
    true,
    'No connection to the database came free in time; the message says what to change.',
  ),
  STORE_READ_ONLY: entry(503, true, 'The database takes no writes: a failover is under way, or it is a replica.'),
  STORE_UNFIT: entry(500, false, 'The database lacks a version, a setting or a right that we stand on.'),
  STORE_CORRUPT: entry(500, false, 'The store holds what it must not hold; stop and look before going on.'),
  STORE_CLOSED: entry(503, false, 'The store was closed, or a transaction was used after its end.'),
  MIGRATION_CHANGED: entry(500, false, 'A migration that was applied here has another text now.'),
  MIGRATION_UNKNOWN: entry(500, false, 'The store was migrated by a newer version than this one.'),
  COMMIT_UNKNOWN: entry(
    500,
    false,
    'The answer to a COMMIT was lost: it may or may not have happened; read before acting.',
  ),
  NESTED_TRANSACTION: entry(500, false, 'A transaction was begun inside a transaction of the same store.'),
  SQL_CONFLICT: entry(409, false, 'A unique or primary key is there already.'),
  SQL_REFUSED: entry(500, false, 'The database refused a value: check, not null, range, or a guarding trigger.'),
  SQL_DEADLOCK: entry(503, true, 'A deadlock or a lock wait; it was tried again as often as allowed.'),
  SQL_NO_TABLE: entry(500, false, 'A statement names a table that is not there.'),
  SQL_FAILED: entry(500, false, 'A statement failed.'),

  EXECUTOR_UNREACHABLE: entry(503, true, 'No connection to the executor: nothing was asked of it.'),
  EXECUTOR_UNCLEAR: entry(504, true, 'The executor was asked and its answer was lost: it may be running.'),
  EXECUTOR_REFUSED: entry(502, false, 'The executor answered no; the message is its own.'),
  SCHEDULER_UNREACHABLE: entry(503, true, 'The scheduler does not answer; what is to be told waits in the outbox.'),
  HANDLER_UNKNOWN: entry(404, false, 'No handler of this name is defined on this executor.'),
  HANDLER_FAILED: entry(500, false, 'The handler threw; its error is the cause.'),
  HANDLER_INIT_FAILED: entry(503, true, 'The handler could not be initialised; the next attempt tries it again.'),
  HANDLER_CRASHED: entry(500, true, 'The thread or process of the handler ended before its attempt did.'),
  PARAM_INVALID: entry(
    400,
    false,
    "The job's parameter does not fit the handler's schema; the message names the field.",
  ),
  HTTP_REFUSED: entry(
    403,
    false,
    'A job may not call this address from this executor; the message says how its owner allows it.',
  ),
  HTTP_UNREACHABLE: entry(503, true, 'No connection to the address that a job calls: nothing was asked of it.'),
  HTTP_UNCLEAR: entry(504, false, 'The request of a job left and its answer was lost: it may have been executed.'),
  HTTP_UNEXPECTED: entry(502, false, 'The request of a job was answered, but not as the job expects.'),
  COMMAND_REFUSED: entry(
    403,
    false,
    'The command, its arguments, directory or environment are not allowed on this executor.',
  ),
  SCRIPT_REFUSED: entry(403, false, 'The script is not one of those that this executor was told to run.'),
  SECRET_UNAVAILABLE: entry(
    500,
    true,
    'A parameter names a secret that its executor does not have, or does not give to this handler.',
  ),
  INTERPRETER_MISSING: entry(500, false, 'The interpreter of a script is not on this machine.'),
  PROCESS_FAILED: entry(
    500,
    true,
    'A command or script did not start, ended with a code other than 0, or by a signal.',
  ),
  LEASE_LOST: entry(409, false, 'The slice or shard has another owner or epoch: stop, write nothing more.'),
  STATE_REFUSED: entry(409, false, 'The change of state is not one of the edges.'),
  DEADLINE_PASSED: entry(504, false, 'The time for this is over.'),
  CANCELLED: entry(409, false, 'It was cancelled by a person or by a node that stops.'),
  INVARIANT_BROKEN: entry(500, false, 'Something that can never be true is true: this loop stops and raises an alarm.'),

  DOWNSTREAM_UNREACHABLE: entry(503, true, 'The downstream does not answer.'),
  DOWNSTREAM_CAPABILITIES: entry(502, false, 'The downstream states a capability that cannot be; the field is named.'),
  DOWNSTREAM_CREDENTIALS: entry(502, false, 'The downstream refuses our credentials: sending is paused.'),
  SETTLEMENT_FILE_UNUSABLE: entry(502, true, 'The settlement file could not be read whole, or its trailer is wrong.'),
  ITEM_NOT_FOUND: entry(404, false, 'No item has this request number.'),
  TWO_PEOPLE_NEEDED: entry(403, false, 'A resolution by hand needs two different people.'),

  PLAN_FILE_REFUSED: entry(
    422,
    false,
    'The plan file is refused whole: cut, doubled, or its header is not the one agreed.',
  ),
  TOO_MANY_REJECTS: entry(422, false, 'More lines were rejected than the limit allows; nothing is debited.'),
  CONSERVATION_BROKEN: entry(500, false, 'A night was reconciled and its money does not add up; its report lists why.'),
  NIGHT_MISMATCH: entry(409, false, 'The stored night belongs to another file, gateway or date than the options name.'),
  NIGHT_RUNNING: entry(409, true, 'This night is being run by another process.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorMore {
  /** Ids and values that a reader needs: printed with the error, so no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Overrides the catalogue where this very case differs. */
  readonly retryable?: boolean;
}

export class DaybreakError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, more: ErrorMore = {}) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = ERRORS[code].status;
    this.retryable = more.retryable ?? ERRORS[code].retryable;
    this.details = more.details ?? {};
  }
}

/** Whether it is one of ours, and of this code when one is given. */
export function isDaybreakError(error: unknown, code?: ErrorCode): error is DaybreakError {
  return error instanceof DaybreakError && (code === undefined || error.code === code);
}

/** What to show of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// Named classes exist only for errors that callers pick apart with instanceof; all others are a DaybreakError.

export class StoreUnreachableError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('STORE_UNREACHABLE', message, more);
  }
}

export class StoreBusyError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('STORE_BUSY', message, more);
  }
}

export class CommitUnknownError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('COMMIT_UNKNOWN', message, more);
  }
}

export class LeaseLostError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('LEASE_LOST', message, more);
  }
}

export class DownstreamUnreachableError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('DOWNSTREAM_UNREACHABLE', message, more);
  }
}

export class DownstreamCapabilitiesError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('DOWNSTREAM_CAPABILITIES', message, more);
  }
}

export class SettlementFileError extends DaybreakError {
  constructor(message: string, more?: ErrorMore) {
    super('SETTLEMENT_FILE_UNUSABLE', message, more);
  }
}
