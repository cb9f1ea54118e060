import { CommitUnknownError, DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { type BeginGiven, begin } from './mysql-begin.ts';
import { commitRefusal, isConnectionLost } from './mysql-errors.ts';
import type { MysqlConnection, MysqlPool } from './mysql-pool.ts';
import { createMysqlTx } from './mysql-tx.ts';
import type { SqlTx } from './sql.ts';
import { sqlError } from './sql-errors.ts';
import type { TransactionScope } from './transaction-scope.ts';

/** Transactions and reads over the connections of a pool: begun, ended, and run again where the server asks for it. */
export interface MysqlTransactions {
  transaction<T>(name: string, how: { pool: MysqlPool; ownSession: boolean }, body: Body<T>): Promise<T>;
  /** `later` gets what is left to do when the reader has its answer. */
  read<T>(name: string, how: { pool: MysqlPool; later: (work: Promise<void>) => void }, body: Body<T>): Promise<T>;
}

type Body<T> = (tx: SqlTx) => Promise<T>;

/** A body that met a deadlock is run at most this often in all. */
const RUNS_MAX = 5;
const RETRY_FIRST_MS = 10;

export function createMysqlTransactions(
  given: BeginGiven & { readonly scopes: TransactionScope; readonly logger: Logger },
): MysqlTransactions {
  const { label, runtime, book, scopes, logger, facts } = given;

  async function runOnce<T>(name: string, how: { pool: MysqlPool; ownSession: boolean }, body: Body<T>): Promise<T> {
    const { connection, nowMs } = await begin(how.pool, given);
    return scopes.run(name, async (scope) => {
      const current = createMysqlTx({
        connection,
        scope,
        label,
        nowMs,
        facts,
        measure: measureAs(name),
      });
      let result: T;
      try {
        result = await body(current.tx);
        // The body may have caught it and gone on: what came before it is rolled back already.
        if (current.doom) throw current.doom;
      } catch (error) {
        book.ended('rolled_back');
        await rollBack(connection, how.ownSession || current.doom?.code === 'STORE_READ_ONLY');
        throw current.doom ?? error;
      }
      await commit(connection, name);
      if (how.ownSession) connection.destroy();
      else connection.release();
      return result;
    });
  }

  const measureAs = (name: string) => {
    return async <T>(text: string, act: () => Promise<T>): Promise<T> => {
      const sentMs = runtime.clock.monotonicMs();
      try {
        return await act();
      } finally {
        book.statement(name, text, runtime.clock.monotonicMs() - sentMs);
      }
    };
  };

  async function commit(connection: MysqlConnection, name: string): Promise<void> {
    const sentMs = runtime.clock.monotonicMs();
    try {
      await connection.change('commit');
    } catch (error) {
      connection.destroy();
      const refusal = commitRefusal(error);
      book.ended(refusal === null ? 'unknown' : 'rolled_back');
      if (refusal !== null) throw sqlError(refusal, error, { text: 'commit', store: label });
      throw new CommitUnknownError(
        `the answer to the COMMIT of "${name}" at ${label} was lost: it may or may not have happened; read before acting`,
        { cause: error, details: { name, store: label } },
      );
    }
    const tookMs = runtime.clock.monotonicMs() - sentMs;
    book.roundTrip(tookMs);
    book.statement(name, 'commit', tookMs);
    book.ended('committed');
  }

  return {
    async transaction(name, how, body) {
      for (let run = 1; ; run++) {
        try {
          return await runOnce(name, how, body);
        } catch (error) {
          if (!(error instanceof DaybreakError) || error.code !== 'SQL_DEADLOCK' || run >= RUNS_MAX) throw error;
          const waitMs = RETRY_FIRST_MS * 2 ** run * (0.5 + runtime.random.next());
          book.ended('repeated');
          logger.warn({ name, run, waitMs, why: error.message }, 'a deadlock: the transaction is run again');
          await runtime.sleep(waitMs);
        }
      }
    },
    async read(name, how, body) {
      const { connection, nowMs } = await begin(how.pool, given);
      const measure = measureAs(name);
      try {
        return await scopes.run(name, (scope) =>
          body(createMysqlTx({ connection, scope, label, nowMs, facts, measure }).tx),
        );
      } finally {
        // The reader has what it asked for: it does not wait for the end of its session's transaction.
        how.later(rollBack(connection));
      }
    },
  };
}

/** Ends a transaction without its effects. A connection that cannot even do that is closed: the server rolls back. */
export async function rollBack(connection: MysqlConnection, andClose = false): Promise<void> {
  try {
    await connection.change('rollback');
    if (andClose) connection.destroy();
    else connection.release();
  } catch (error) {
    // The error that led here, or the answer of a read, is what the caller needs; this one says only that it is closed.
    connection.destroy();
    if (!isConnectionLost(error)) throw error;
  }
}
