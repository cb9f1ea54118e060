import { DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { begin } from './mysql-begin.ts';
import { failureOf } from './mysql-errors.ts';
import { readMysqlPlace } from './mysql-place.ts';
import { type MysqlPool, type MysqlPoolOptions, openMysqlPool } from './mysql-pool.ts';
import { assertServer, type LookGiven } from './mysql-server.ts';
import type { ServerFacts } from './mysql-session.ts';
import { createMysqlTransactions, rollBack } from './mysql-transactions.ts';
import { wayTo } from './mysql-way.ts';
import { readOnly } from './read-only.ts';
import type { SqlStore } from './sql.ts';
import { sqlError } from './sql-errors.ts';
import { createFigureBook } from './store-figures.ts';
import { createHealthWatch } from './store-health.ts';
import { createTransactionScope } from './transaction-scope.ts';

export interface MysqlStoreOptions {
  /** `mysql://user:password@host:port/database?tls=verified`; the port defaults to 3306, `tls` to off. */
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
  /** How long a caller waits for a connection while all are at work. Default 60 000. */
  readonly connectionWaitMs?: number;
  /** How long a transaction that has not begun yet tries to reach a server that went away. Default 2000. */
  readonly reconnectMs?: number;
  /** Statements that take longer are counted by name, see `SqlStore.figures`. Default 1000. */
  readonly slowStatementMs?: number;
  /** Whether a server that may lose commits in a power cut is refused (the default) or only warned about. */
  readonly durability?: 'required' | 'warn';
}

export async function openMysqlStore(options: MysqlStoreOptions): Promise<SqlStore> {
  const { runtime, logger } = options;
  const place = readMysqlPlace(options.url);
  const { label } = place;
  const [connections, reservedConnections] = [options.connections ?? 10, options.reserved ?? 2];
  const poolOptions = {
    place,
    way: wayTo(place),
    runtime,
    connectTimeoutMs: options.connectTimeoutMs ?? 5000,
    statementTimeoutMs: options.statementTimeoutMs ?? 300_000,
    connectionWaitMs: options.connectionWaitMs ?? 60_000,
  };
  const strict = options.durability !== 'warn';
  const facts = await lookAtServer(poolOptions, {
    label,
    logger,
    strict,
    connections: connections + reservedConnections,
  });
  const ordinary = openMysqlPool({ ...poolOptions, facts, connections });
  const reserved = openMysqlPool({ ...poolOptions, facts, connections: reservedConnections });

  const book = createFigureBook({
    nowMs: () => runtime.clock.monotonicMs(),
    slowStatementMs: options.slowStatementMs ?? 1000,
  });
  const scopes = createTransactionScope();
  const given = {
    facts,
    label,
    runtime,
    book,
    scopes,
    logger,
    reconnectMs: options.reconnectMs ?? 2000,
    onReset: onlyFirst((faults: readonly string[]) =>
      logger.warn({ store: label, faults }, 'a session of the store was reset by somebody: it is set again, each time'),
    ),
  };
  const transactions = createMysqlTransactions(given);
  const watch = createHealthWatch({
    label,
    runtime,
    logger,
    // A transaction that writes nothing: whether one can be begun on a server that takes writes.
    ask: async () => rollBack((await begin(reserved, { ...given, reconnectMs: 0 })).connection),
  });

  const inFlight = new Set<Promise<unknown>>();
  let closed = false;

  function later(work: Promise<void>): void {
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
    } catch (error) {
      watch.failed(error);
      throw error;
    } finally {
      inFlight.delete(running);
    }
  }

  async function closePools(): Promise<void> {
    watch.close();
    await Promise.all([ordinary.close(), reserved.close()]);
  }

  /** Makes and asserts connections now: when the server has none left to give, the reserved ones are there already. */
  async function warmUp(): Promise<void> {
    const pools: MysqlPool[] = [ordinary, ...Array.from({ length: reservedConnections }, () => reserved)];
    const begun = await Promise.allSettled(pools.map((pool) => begin(pool, given)));
    for (const one of begun) if (one.status === 'fulfilled') await rollBack(one.value.connection);
    for (const one of begun) if (one.status === 'rejected') throw one.reason;
  }

  try {
    await warmUp();
  } catch (error) {
    await closePools();
    throw error;
  }
  return {
    dialect: 'mysql',
    label,
    transaction: (name, body, how) =>
      tracked(name, () => {
        const pool = how?.urgent ? reserved : ordinary;
        return transactions.transaction(name, { pool, ownSession: how?.ownSession ?? false }, body);
      }),
    read: (name, body) =>
      tracked(name, () => transactions.read(name, { pool: ordinary, later }, (tx) => body(readOnly(tx)))),
    figures: (overMs) => book.figures(ordinary.connections, overMs),
    health: () => watch.health(),
    async close() {
      if (closed) return;
      closed = true;
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
      await closePools();
    },
  };
}

type LookOptions = Omit<MysqlPoolOptions, 'facts' | 'connections'>;

async function lookAtServer(options: LookOptions, given: LookGiven): Promise<ServerFacts> {
  const pool = openMysqlPool({ ...options, facts: null, connections: 1 });
  try {
    const connection = await pool.take();
    try {
      return await assertServer((text) => connection.objects(text) as Promise<Record<string, unknown>[]>, given);
    } catch (error) {
      if (error instanceof DaybreakError) throw error;
      throw sqlError(failureOf(error), error, { text: 'look at the server', store: options.place.label });
    } finally {
      connection.release();
    }
  } finally {
    await pool.close();
  }
}

function onlyFirst<Args extends unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  let isFirst = true;
  return (...args) => {
    if (!isFirst) return;
    isFirst = false;
    act(...args);
  };
}
