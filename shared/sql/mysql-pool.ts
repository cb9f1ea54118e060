import { createPool, type FieldPacket, type PoolConnection, type PoolOptions, type ResultSetHeader } from 'mysql2';
import type { Runtime } from '../runtime/runtime.ts';
import { createConnectionPlaces } from './connection-places.ts';
import { createIdleConnections } from './idle-connections.ts';
import type { MysqlPlace } from './mysql-place.ts';
import { pingEveryMs, type ServerFacts, sessionStatements } from './mysql-session.ts';
import { unreachable } from './mysql-unreachable.ts';
import type { MysqlWay } from './mysql-way.ts';
import type { SqlValue } from './sql.ts';

/** One checked-out connection, with promises. */
export interface MysqlConnection {
  objects(text: string, params?: readonly unknown[]): Promise<object[]>;
  arrays(text: string, params?: readonly unknown[]): Promise<SqlValue[][]>;
  change(text: string, params?: readonly unknown[]): Promise<ResultSetHeader>;
  /** Rows, or what changed: for texts that we do not know. */
  any(text: string, params?: readonly unknown[]): Promise<object[] | ResultSetHeader>;
  /** Gives it back to the pool. */
  release(): void;
  /** Closes it: nobody may use it again. */
  destroy(): void;
}

export interface MysqlPool {
  /** Throws STORE_OVERLOADED when none comes free in time, STORE_UNREACHABLE when none can be made. */
  take(): Promise<MysqlConnection>;
  /** Sets the session's settings again, on a connection whose session somebody has reset. */
  prepare(connection: MysqlConnection): Promise<void>;
  readonly connections: { readonly total: number; readonly inUse: number; readonly waiting: number };
  close(): Promise<void>;
}

export interface MysqlPoolOptions {
  readonly place: MysqlPlace;
  readonly way: MysqlWay;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a caller waits for a connection. */
  readonly connectionWaitMs: number;
  readonly runtime: Pick<Runtime, 'sleep'>;
  /** Null for the first look at the server, when nothing is known of it. */
  readonly facts: ServerFacts | null;
  /** How often idle connections are spoken to. Default: as the server needs it. */
  readonly pingEveryMs?: number;
}

export function openMysqlPool(options: MysqlPoolOptions): MysqlPool {
  const pool = createPool(driverOptions(options));
  const prepared = new WeakSet<object>();
  const everyMs = options.pingEveryMs ?? (options.facts === null ? null : pingEveryMs(options.facts));
  const idle = everyMs === null ? null : createIdleConnections<PoolConnection>({ everyMs, runtime: options.runtime });

  // A connection that dies while it lies idle is replaced by the pool; without a listener its error would end the process.
  pool.on('connection', (connection) => {
    connection.on('error', () => {
      idle?.remove(connection);
      connection.destroy();
    });
    connection.on('end', () => idle?.remove(connection));
  });
  pool.on('release', (connection) => idle?.add(connection));
  pool.on('acquire', (connection) => idle?.remove(connection));

  const places = createConnectionPlaces({
    total: options.connections,
    waitMs: options.connectionWaitMs,
    label: options.place.label,
    runtime: options.runtime,
  });
  const takeRaw = (): Promise<PoolConnection> =>
    new Promise((resolve, reject) => {
      pool.getConnection((error, connection) =>
        error ? reject(unreachable(options.place, error)) : resolve(connection),
      );
    });

  async function prepare(connection: MysqlConnection): Promise<void> {
    if (options.facts === null) return;
    try {
      for (const text of sessionStatements(options.facts)) await connection.change(text);
    } catch (error) {
      connection.destroy();
      throw unreachable(options.place, error);
    }
  }

  return {
    async take() {
      const leave = await places.take();
      let raw: PoolConnection;
      try {
        raw = await takeRaw();
      } catch (error) {
        leave();
        throw error;
      }
      const connection = overPromises(raw, options.statementTimeoutMs, leave);
      // The pool hands out the same underlying object each time.
      if (!prepared.has(raw)) await prepare(connection);
      prepared.add(raw);
      return connection;
    },
    prepare,
    get connections() {
      const { total, inUse, waiting } = places;
      return { total, inUse, waiting };
    },
    close: () => {
      idle?.close();
      return new Promise((resolve, reject) => pool.end((error) => (error ? reject(error) : resolve())));
    },
  };
}

function driverOptions({ way, connections, connectTimeoutMs }: MysqlPoolOptions): PoolOptions {
  return {
    ...way,
    connectionLimit: connections,
    connectTimeout: connectTimeoutMs,
    waitForConnections: true,
    queueLimit: 0,
    supportBigNumbers: true,
    timezone: 'Z',
    dateStrings: true,
    charset: 'utf8mb4_bin',
    multipleStatements: false,
    maxPreparedStatements: 200,
  };
}

/** A statement as the driver has it, with the timer of its timeout. */
type Sent = { readonly queryTimeout?: NodeJS.Timeout | null };

function overPromises(raw: PoolConnection, timeout: number, leave: () => void): MysqlConnection {
  function send<T>(text: string, params: readonly unknown[], rowsAsArray: boolean): Promise<[T, FieldPacket[]]> {
    return new Promise((resolve, reject) => {
      let sent: Sent | null = null;
      sent = raw.query({ sql: text, values: [...params], rowsAsArray, timeout }, (error, result, fields) => {
        if (!error) return resolve([result as unknown as T, fields]);
        // The driver forgets it when the connection is lost, and it would keep the process alive until it is over.
        if (sent?.queryTimeout) clearTimeout(sent.queryTimeout);
        reject(error);
      }) as Sent;
    });
  }
  return {
    async objects(text, params = []) {
      const [rows, fields] = await send<Record<string, SqlValue>[]>(text, params, false);
      exactNumbers(rows, fields, (field) => field.name);
      return rows;
    },
    async arrays(text, params = []) {
      const [rows, fields] = await send<SqlValue[][]>(text, params, true);
      exactNumbers(rows as unknown as Record<number, SqlValue>[], fields, (_, index) => index);
      return rows;
    },
    async change(text, params = []) {
      const [header] = await send<ResultSetHeader>(text, params, false);
      return header;
    },
    async any(text, params = []) {
      const [result, fields] = await send<Record<string, SqlValue>[] | ResultSetHeader>(text, params, false);
      if (Array.isArray(result)) exactNumbers(result, fields, (field) => field.name);
      return result;
    },
    release: () => {
      raw.release();
      leave();
    },
    destroy: () => {
      raw.destroy();
      leave();
    },
  };
}

const LONGLONG = 8;
const NEWDECIMAL = 246;

/**
 * Whole numbers come back as numbers or not at all: the driver gives a BIGINT over 2^53 and every DECIMAL (so each
 * sum) as text. A whole DECIMAL that fits becomes a number, as it is on SQLite; what does not fit is an error.
 */
function exactNumbers<Key extends string | number>(
  rows: readonly Record<Key, SqlValue>[],
  fields: readonly FieldPacket[],
  keyOf: (field: FieldPacket, index: number) => Key,
): void {
  if (rows.length === 0) return;
  fields.forEach((field, index) => {
    const type = field.columnType;
    if (type !== LONGLONG && !(type === NEWDECIMAL && field.decimals === 0)) return;
    const key = keyOf(field, index);
    for (const row of rows) {
      const value = row[key];
      if (typeof value !== 'string') continue;
      const number = Number(value);
      if (!Number.isSafeInteger(number)) {
        throw new RangeError(
          `${field.name} = ${value} is over 2^53: select cast(${field.name} as char) and read it as BigInt`,
        );
      }
      row[key] = number;
    }
  });
}
