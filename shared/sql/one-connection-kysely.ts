import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { DaybreakError } from '../errors.ts';
import type { SqlDialect, SqlValue } from './sql.ts';

/** What a statement gave: rows of a query, or the count and the id of a change. */
export interface StatementResult {
  readonly rows: object[];
  readonly changes?: number;
  readonly insertId?: number;
}

export type RunStatement = (text: string, params: readonly SqlValue[]) => Promise<StatementResult>;

/** A kysely that sends everything through `run`, so over the one connection that `run` owns. */
export function oneConnectionKysely(dialect: SqlDialect, run: RunStatement): Kysely<unknown> {
  return new Kysely<unknown>({
    dialect: dialectOver(dialect, { executeQuery: (query) => execute(run, query), streamQuery }),
  });
}

async function execute<R>(run: RunStatement, query: CompiledQuery): Promise<QueryResult<R>> {
  const result = await run(query.sql, query.parameters as readonly SqlValue[]);
  return {
    rows: result.rows as R[],
    ...(result.changes === undefined ? {} : { numAffectedRows: BigInt(result.changes) }),
    ...(result.insertId === undefined ? {} : { insertId: BigInt(result.insertId) }),
  };
}

function dialectOver(dialect: SqlDialect, connection: DatabaseConnection): Dialect {
  const isSqlite = dialect === 'sqlite';
  return {
    createAdapter: () => (isSqlite ? new SqliteAdapter() : new MysqlAdapter()),
    createQueryCompiler: () => (isSqlite ? new SqliteQueryCompiler() : new MysqlQueryCompiler()),
    createIntrospector: (db) => (isSqlite ? new SqliteIntrospector(db) : new MysqlIntrospector(db)),
    createDriver: () => ({
      init: async () => undefined,
      acquireConnection: async () => connection,
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      releaseConnection: async () => undefined,
      destroy: async () => undefined,
    }),
  };
}

// biome-ignore lint/correctness/useYield: refusing is all it does.
async function* streamQuery(): AsyncIterableIterator<never> {
  throw new DaybreakError('BAD_INPUT', 'streams are not for this store: page by key instead');
}

async function refuse(): Promise<never> {
  throw new DaybreakError('NESTED_TRANSACTION', 'kysely runs inside a transaction already: use store.transaction');
}
