import { CommitUnknownError, DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { maskUrl } from '../secrets.ts';
import { isCommitRefused, isConnectionLost } from './mysql-errors.ts';
import {
  assertMysqlUrl,
  type MysqlConnection,
  type MysqlPool,
  type MysqlPoolOptions,
  openMysqlPool,
} from './mysql-pool.ts';
import { assertServer, beginText, readBegin, type ServerFacts } from './mysql-session.ts';
import { createMysqlTx } from './mysql-tx.ts';
import { readOnly } from './read-only.ts';
import type { SqlStore, SqlTx } from './sql.ts';
import { sqlError } from './sql-errors.ts';
import { createTransactionScope } from './transaction-scope.ts';

export interface MysqlStoreOptions {
  /** `mysql://user:password@host:port/database`; the port defaults to 3306. */
  readonly url: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Connections for ordinary work. Default 10. */
  readonly connections?: number;
  /** Connections kept for urgent transactions. Default 2. */
  readonly reserved?: number;
  /** Default 5000. */
  readonly connectTimeoutMs?: number;
  /** A statement without an answer for this long means that its connection is dead. Default 300 000. */
  readonly statementTimeoutMs?: number;
  /** Whether a server that may lose commits in a power cut is refused (the default) or only warned about. */
  readonly durability?: 'required' | 'warn';
}

/** A body that met a deadlock is run at most this often in all. */
const RUNS_MAX = 5;
const RETRY_FIRST_MS = 10;

export async function openMysqlStore(options: MysqlStoreOptions): Promise<SqlStore> {
  const { runtime, logger } = options;
  assertMysqlUrl(options.url);
  const label = maskUrl(options.url);
  const poolOptions = {
    url: options.url,
    label,
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    statementTimeoutMs: options.statementTimeoutMs ?? 300_000,
  };
  const facts = await lookAtServer(poolOptions, { label, logger, strict: options.durability !== 'warn' });
  const ordinary = openMysqlPool({ ...poolOptions, facts, connections: options.connections ?? 10 });
  const reserved = openMysqlPool({ ...poolOptions, facts, connections: options.reserved ?? 2 });
  // Made now: when the server has no connection left to give, these are there already.
  await warmUp(reserved, options.reserved ?? 2);

  const rowTable = facts.isMariaDb ? 'values' : 'union';
  const scopes = createTransactionScope();
  const inFlight = new Set<Promise<unknown>>();
  let closed = false;

  /** Takes a connection and reads the clock over it. One that died while it lay idle shows here, where nothing is lost. */
  async function begin(pool: MysqlPool): Promise<{ connection: MysqlConnection; nowMs: number }> {
    for (let left = 3; ; left--) {
      const connection = await pool.take();
      try {
        const [answer = []] = await connection.arrays(beginText(facts));
        return { connection, nowMs: readBegin(answer, label) };
      } catch (error) {
        connection.destroy();
        if (error instanceof DaybreakError) throw error;
        if (left === 0 || !isConnectionLost(error))
          throw sqlError('STORE_UNREACHABLE', error, { text: 'begin', store: label });
      }
    }
  }

  async function runOnce<T>(name: string, pool: MysqlPool, body: (tx: SqlTx) => Promise<T>): Promise<T> {
    const { connection, nowMs } = await begin(pool);
    return scopes.run(name, async (scope) => {
      const current = createMysqlTx({ connection, scope, label, nowMs, rowTable });
      let result: T;
      try {
        result = await body(current.tx);
        // The body may have caught it and gone on: what came before it is rolled back already.
        if (current.doom) throw current.doom;
      } catch (error) {
        await rollBack(connection);
        throw current.doom ?? error;
      }
      await commit(connection, name);
      return result;
    });
  }

  async function commit(connection: MysqlConnection, name: string): Promise<void> {
    try {
      await connection.change('commit');
    } catch (error) {
      connection.destroy();
      if (isCommitRefused(error)) throw sqlError('SQL_DEADLOCK', error, { text: 'commit', store: label });
      throw new CommitUnknownError(
        `the answer to the COMMIT of "${name}" at ${label} was lost: it may or may not have happened; read before acting`,
        { cause: error, details: { name, store: label } },
      );
    }
    connection.release();
  }

  async function transaction<T>(name: string, pool: MysqlPool, body: (tx: SqlTx) => Promise<T>): Promise<T> {
    for (let run = 1; ; run++) {
      try {
        return await runOnce(name, pool, body);
      } catch (error) {
        if (!(error instanceof DaybreakError) || error.code !== 'SQL_DEADLOCK' || run >= RUNS_MAX) throw error;
        const waitMs = RETRY_FIRST_MS * 2 ** run * (0.5 + runtime.random.next());
        logger.warn({ name, run, waitMs, why: error.message }, 'a deadlock: the transaction is run again');
        await runtime.sleep(waitMs);
      }
    }
  }

  async function read<T>(name: string, body: (tx: SqlTx) => Promise<T>): Promise<T> {
    const { connection, nowMs } = await begin(ordinary);
    try {
      return await scopes.run(name, (scope) => body(createMysqlTx({ connection, scope, label, nowMs, rowTable }).tx));
    } finally {
      // The reader has what it asked for: it does not wait for the end of its session's transaction.
      track(rollBack(connection));
    }
  }

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => logger.error({ err: error }, 'a read could not be ended'))
      .finally(() => inFlight.delete(tracked));
    inFlight.add(tracked);
  }

  async function tracked<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (closed) throw new DaybreakError('STORE_CLOSED', `the store ${label} is closed`);
    scopes.assertOutside(name);
    const running = work();
    inFlight.add(running);
    try {
      return await running;
    } finally {
      inFlight.delete(running);
    }
  }

  return {
    dialect: 'mysql',
    label,
    transaction: (name, body, how) => tracked(name, () => transaction(name, how?.urgent ? reserved : ordinary, body)),
    read: (name, body) => tracked(name, () => read(name, (tx) => body(readOnly(tx)))),
    async close() {
      if (closed) return;
      closed = true;
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
      await Promise.all([ordinary.close(), reserved.close()]);
    },
  };
}

type LookOptions = Omit<MysqlPoolOptions, 'facts' | 'connections'>;

async function lookAtServer(
  options: LookOptions,
  given: { label: string; logger: Logger; strict: boolean },
): Promise<ServerFacts> {
  const pool = openMysqlPool({ ...options, facts: null, connections: 1 });
  try {
    const connection = await pool.take();
    const facts = await assertServer((text) => connection.objects(text) as Promise<Record<string, unknown>[]>, given);
    connection.release();
    return facts;
  } finally {
    await pool.close();
  }
}

async function warmUp(pool: MysqlPool, count: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: count }, () => pool.take()));
  for (const connection of connections) connection.release();
}

/** Ends a transaction without its effects. A connection that cannot even do that is closed: the server rolls back. */
async function rollBack(connection: MysqlConnection): Promise<void> {
  try {
    await connection.change('rollback');
    connection.release();
  } catch (error) {
    // The error that led here, or the answer of a read, is what the caller needs; this one says only that it is closed.
    connection.destroy();
    if (!isConnectionLost(error)) throw error;
  }
}
