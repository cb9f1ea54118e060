import type { Kysely } from 'kysely';
import { DaybreakError } from '../errors.ts';
import { checkWidth, cutRows, deleteManyText, insertListText, updateManyText } from './bulk-sql.ts';
import { failureOf, isKeyWarning } from './mysql-errors.ts';
import type { MysqlConnection } from './mysql-pool.ts';
import type { ServerFacts } from './mysql-session.ts';
import { oneConnectionKysely, type RunStatement } from './one-connection-kysely.ts';
import type { DeleteRows, InsertRows, SqlReader, SqlTx, SqlValue, UpdateRows } from './sql.ts';
import { sqlError } from './sql-errors.ts';
import type { OpenScope } from './transaction-scope.ts';

/** A transaction's statements over one connection. */
export interface MysqlTx {
  readonly tx: SqlTx;
  /**
   * The error after which nothing may be committed, whatever the body made of it: the server has rolled back (and
   * would take the next statements as a new transaction), or rows went in that were not asked for.
   */
  readonly doom: DaybreakError | null;
}

/** After these the server has rolled back, or will: what the body would do now would stand alone. */
const DOOMS: ReadonlySet<string> = new Set(['SQL_DEADLOCK', 'STORE_UNREACHABLE', 'STORE_READ_ONLY']);
const ROWS_MAX = 1000;
const BYTES_MAX = 2 ** 20;

export interface MysqlTxOptions {
  readonly connection: MysqlConnection;
  readonly scope: OpenScope;
  readonly label: string;
  readonly nowMs: number;
  readonly facts: Pick<ServerFacts, 'rowTable' | 'warningsKept'>;
  /** Stands around each statement. */
  readonly measure: <T>(text: string, act: () => Promise<T>) => Promise<T>;
}

export function createMysqlTx(given: MysqlTxOptions): MysqlTx {
  const { connection, scope, label, facts } = given;
  let doom: DaybreakError | null = null;
  let kysely: Kysely<unknown> | null = null;

  async function attempt<T>(text: string, act: () => Promise<T>): Promise<T> {
    scope.assertOpen();
    if (doom) throw doom;
    try {
      return await given.measure(text, act);
    } catch (error) {
      if (error instanceof DaybreakError) throw error;
      const failure = sqlError(failureOf(error), error, { text, store: label });
      if (DOOMS.has(failure.code)) doom = failure;
      throw failure;
    }
  }

  const runStatement: RunStatement = (text, params) =>
    attempt(text, async () => {
      const result = await connection.any(text, bind(params));
      if (Array.isArray(result)) return { rows: result };
      return { rows: [], changes: result.affectedRows, insertId: result.insertId };
    });

  async function insertPart(spec: InsertRows, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    const header = await connection.change(insertListText(spec), [rows.map(bind)]);
    if (spec.onConflict === 'ignore' && header.warningStatus > 0)
      await assertOnlyKeyWarnings(spec, header.warningStatus);
    return header.affectedRows;
  }

  /**
   * INSERT IGNORE swallows every error, not only that of a key: it would cut long texts and make zeros of nulls. So
   * each warning is looked at, and anything but "the key is there" dooms the transaction. (`on duplicate key update`
   * was rejected: it fires the triggers that guard append-only tables, and its count tells nothing under FOUND_ROWS.)
   */
  async function assertOnlyKeyWarnings(spec: InsertRows, count: number): Promise<void> {
    const warnings = (await connection.objects('show warnings')) as { Code: number; Message: string }[];
    const other = warnings.find((warning) => !isKeyWarning(warning.Code));
    if (!other && warnings.length >= count) return;
    const why = other?.Message ?? `the server kept ${warnings.length} of ${count} warnings (max_error_count)`;
    doom = new DaybreakError('SQL_REFUSED', `${spec.table}: ${why} (in an insert that ignores only keys)`, {
      details: { store: label, table: spec.table, errno: other?.Code },
    });
    throw doom;
  }

  async function updatePart(spec: UpdateRows, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    const text = updateManyText(spec, rows.length, facts.rowTable);
    return (await connection.change(text, bind([...rows.flat(), ...(spec.guardParams ?? [])]))).affectedRows;
  }

  async function deletePart(spec: DeleteRows, keys: readonly (readonly SqlValue[])[]): Promise<number> {
    return (await connection.change(deleteManyText(spec, keys.length, facts.rowTable), bind(keys.flat()))).affectedRows;
  }

  async function inParts(
    rows: readonly (readonly SqlValue[])[],
    act: (part: readonly (readonly SqlValue[])[]) => Promise<number>,
    rowsMax = ROWS_MAX,
  ): Promise<number> {
    let count = 0;
    for (const part of cutRows(rows, { rowsMax, bytesMax: BYTES_MAX })) count += await act(part);
    return count;
  }

  const tx: SqlTx = {
    dialect: 'mysql',
    nowMs: given.nowMs,
    forUpdate: ' for update',
    forShare: ' lock in share mode',
    forUpdateSkipLocked: ' for update skip locked',
    all: <Row extends object>(text: string, params: readonly SqlValue[] = []) =>
      attempt(text, async () => (await connection.objects(text, bind(params))) as Row[]),
    get: <Row extends object>(text: string, params: readonly SqlValue[] = []) =>
      attempt(text, async () => ((await connection.objects(text, bind(params)))[0] ?? null) as Row | null),
    arrays: (text, params = []) => attempt(text, () => connection.arrays(text, bind(params))),
    run: (text, params = []) => attempt(text, async () => (await connection.change(text, bind(params))).affectedRows),
    insertReturningId: (text, params = []) =>
      attempt(text, async () => {
        const { insertId } = await connection.change(text, bind(params));
        if (!Number.isSafeInteger(insertId)) throw new RangeError(`the id ${insertId} is over 2^53`);
        return insertId;
      }),
    insertRows: (spec, rows) =>
      attempt(`insert rows into ${spec.table}`, () => {
        checkWidth(spec.table, spec.columns.length, rows);
        // Each row may warn that its key is there, and each warning is read.
        const rowsMax = spec.onConflict === 'ignore' ? Math.min(ROWS_MAX, facts.warningsKept) : ROWS_MAX;
        return inParts(rows, (part) => insertPart(spec, part), rowsMax);
      }),
    updateRows: (spec, rows) =>
      attempt(`update rows of ${spec.table}`, () => {
        checkWidth(spec.table, spec.key.length + spec.set.length, rows);
        return inParts(rows, (part) => updatePart(spec, part));
      }),
    deleteRows: (spec, keys) =>
      attempt(`delete rows of ${spec.table}`, () => {
        checkWidth(spec.table, spec.key.length, keys);
        return inParts(keys, (part) => deletePart(spec, part));
      }),
    get kysely() {
      kysely ??= oneConnectionKysely('mysql', runStatement);
      return kysely as SqlReader['kysely'];
    },
  };
  return {
    tx,
    get doom() {
      return doom;
    },
  };
}

/** The values as the driver writes them into the text: it would make NULL of undefined and an object of bytes. */
function bind(params: readonly SqlValue[]): unknown[] {
  return params.map((value, index) => {
    if (typeof value === 'string' || typeof value === 'bigint' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    throw new TypeError(`parameter ${index + 1} is ${String(value)}, which no column can hold`);
  });
}
