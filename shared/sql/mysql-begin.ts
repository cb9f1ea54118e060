import { DaybreakError, isDaybreakError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { isConnectionLost } from './mysql-errors.ts';
import type { MysqlConnection, MysqlPool } from './mysql-pool.ts';
import { type Begun, beginText, lostSession, readBegin, readOnlyError, type ServerFacts } from './mysql-session.ts';
import { sqlError } from './sql-errors.ts';
import type { FigureBook } from './store-figures.ts';

/** A connection whose session is as it has to be, and the store's clock as read over it. */
export interface OpenConnection {
  readonly connection: MysqlConnection;
  readonly nowMs: number;
}

export interface BeginGiven {
  readonly facts: ServerFacts;
  readonly label: string;
  readonly runtime: Runtime;
  readonly book: FigureBook;
  /** How long a begin tries to get a connection again. Nothing has happened yet, so nothing can be done twice. */
  readonly reconnectMs: number;
  /** Called once when a session was found reset, and set again. */
  readonly onReset: (faults: readonly string[]) => void;
}

// A failover of seconds is ridden out here; the part that is drawn keeps the processes of a cluster apart.
const RETRY_FIRST_MS = 25;
const RETRY_MAX_MS = 400;

/**
 * Takes a connection and reads the clock over it. One that died while it lay idle shows here, where nothing is lost: it
 * is thrown away and another is made, for `reconnectMs`, with growing waits.
 */
export async function begin(pool: MysqlPool, given: BeginGiven): Promise<OpenConnection> {
  const { runtime, label } = given;
  const giveUpMs = runtime.clock.monotonicMs() + given.reconnectMs;
  for (let failures = 0; ; failures++) {
    try {
      return await beginOnce(pool, given);
    } catch (error) {
      const isLost = !(error instanceof DaybreakError) && isConnectionLost(error);
      const mayCome = isLost || (isDaybreakError(error, 'STORE_UNREACHABLE') && error.retryable);
      // The first dead one is no news: the next of the pool may live.
      const isFirstDead = isLost && failures === 0;
      if (!mayCome || (!isFirstDead && runtime.clock.monotonicMs() >= giveUpMs)) {
        throw error instanceof DaybreakError
          ? error
          : sqlError('STORE_UNREACHABLE', error, { text: 'begin', store: label });
      }
      const waitMs = Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_MAX_MS) * (0.5 + runtime.random.next());
      if (!isFirstDead) await runtime.sleep(waitMs);
    }
  }
}

async function beginOnce(pool: MysqlPool, given: BeginGiven): Promise<OpenConnection> {
  const askedMs = given.runtime.clock.monotonicMs();
  const connection = await pool.take();
  given.book.connectionWait(given.runtime.clock.monotonicMs() - askedMs);
  try {
    let begun = await ask(connection, given);
    if (begun.faults.length > 0) begun = await setAgain(pool, connection, begun, given);
    if (begun.isReadOnly) throw readOnlyError(given.label);
    return { connection, nowMs: begun.nowMs };
  } catch (error) {
    // A read-only server may be the one that was the primary: the next connection may lead to the new one.
    connection.destroy();
    throw error;
  }
}

/** A proxy or an administrator has reset the session: it is set once more, and asserted once more. */
async function setAgain(
  pool: MysqlPool,
  connection: MysqlConnection,
  before: Begun,
  given: BeginGiven,
): Promise<Begun> {
  given.onReset(before.faults);
  await connection.change('rollback');
  await pool.prepare(connection);
  const begun = await ask(connection, given);
  if (begun.faults.length > 0) throw lostSession(begun.faults, given.label);
  return begun;
}

async function ask(connection: MysqlConnection, given: BeginGiven): Promise<Begun> {
  const { runtime, book, facts } = given;
  const sentMs = runtime.clock.monotonicMs();
  const sentWallMs = runtime.clock.wallMs();
  const [answer = []] = await connection.arrays(beginText(facts));
  const tookMs = runtime.clock.monotonicMs() - sentMs;
  const begun = readBegin(answer);
  book.roundTrip(tookMs);
  // The server read its clock somewhere between: in the middle, give or take half of the round trip.
  book.clock({ skewMs: begun.nowMs - (sentWallMs + tookMs / 2), withinMs: tookMs / 2 + 1 });
  return begun;
}
