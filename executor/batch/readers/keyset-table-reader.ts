import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlStore, SqlValue } from '../../../shared/sql/sql.ts';
import type { ItemCursor, ItemPage, ItemReader } from '../item-reader.ts';

/** The key of the last row read, in the order of `key`. */
export type KeyPosition = readonly (string | number)[];

export interface KeysetTable {
  readonly store: SqlStore;
  readonly table: string;
  /** What is read; the key's columns are added. There is no `*`: a column nobody needs costs memory and network. */
  readonly columns: readonly string[];
  /**
   * The order of reading, ascending; its columns together are unique and never null, and an index begins with them.
   * A run must not change them: a row that moves behind the position is not seen again.
   */
  readonly key: readonly string[];
  /** Which rows; constant text, e.g. `state = ? and id between ? and ?`. */
  readonly where?: { readonly text: string; readonly params: readonly SqlValue[] };
}

/**
 * Reads a table in pages by key, each page a short read of its own, and goes on from any key. Rows that leave the
 * selection while it is read cost nothing and hide nothing, because no page is found by counting.
 * @example
 * const reader = keysetTableReader<{ id: number; amount: number }>({
 *   store, table: 'pay_order', columns: ['amount'], key: ['id'], where: { text: 'batch_no = ?', params: [batchNo] },
 * });
 */
export function keysetTableReader<Row extends object>(given: KeysetTable): ItemReader<Row, KeyPosition> {
  if (given.key.length === 0) throw new DaybreakError('BAD_OPTION', `table ${given.table}: key names no column`);
  if (given.columns.includes('*')) {
    throw new DaybreakError('BAD_OPTION', `table ${given.table}: name the columns that are needed instead of *`);
  }
  return { open: async (from) => new KeysetCursor<Row>(given, from) };
}

class KeysetCursor<Row extends object> implements ItemCursor<Row, KeyPosition> {
  readonly #given: KeysetTable;
  readonly #names: readonly string[];
  #after: KeyPosition | null;

  constructor(given: KeysetTable, after: KeyPosition | null) {
    this.#given = given;
    this.#names = [...new Set([...given.key, ...given.columns])];
    this.#after = after;
  }

  async read(limit: number): Promise<ItemPage<Row, KeyPosition>> {
    const { store, table, key } = this.#given;
    const { text, params } = keysetPageQuery(this.#given, this.#names, this.#after, limit);
    const rows = await store.read(`page of ${table}`, (tx) => tx.arrays(text, params));
    const last = rows.at(-1);
    if (last !== undefined)
      this.#after = last.slice(0, key.length).map((value, i) => keyValue(value, key[i] as string));
    return {
      items: rows.map((row) => Object.fromEntries(this.#names.map((name, i) => [name, row[i]])) as Row),
      position: this.#after ?? [],
      isLast: rows.length < limit,
      placeOf: (index) => key.map((name, i) => `${name} ${rows[index]?.[i]}`).join(', '),
    };
  }

  async close(): Promise<void> {
    // Between two pages nothing is held open.
  }
}

/**
 * One page after a key. The leading range stands by itself (`a >= ?`), so that both databases enter the index at the
 * position; a row constructor `(a, b) > (?, ?)` is a full scan on MariaDB (5 s a page at depth), and OFFSET is worse.
 */
export function keysetPageQuery(
  given: Pick<KeysetTable, 'table' | 'key' | 'where'>,
  columns: readonly string[],
  after: KeyPosition | null,
  limit: number,
): { readonly text: string; readonly params: readonly SqlValue[] } {
  const conditions: string[] = [];
  const params: SqlValue[] = [];
  if (given.where !== undefined) {
    conditions.push(`(${given.where.text})`);
    params.push(...given.where.params);
  }
  if (after !== null && after.length > 0) {
    if (given.key.length > 1) {
      conditions.push(`${name(given.key[0] as string)} >= ?`);
      params.push(after[0] as SqlValue);
    }
    conditions.push(afterKey(given.key, after, params));
  }
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const order = given.key.map(name).join(', ');
  const text = `select ${columns.map(name).join(', ')} from ${name(given.table)}${where} order by ${order} limit ${limit}`;
  return { text, params };
}

/** `a > ? or (a = ? and (b > ? or (b = ? and c > ?)))`, for a key of any length. */
function afterKey(key: readonly string[], after: KeyPosition, params: SqlValue[]): string {
  const first = name(key[0] as string);
  const value = after[0] as SqlValue;
  params.push(value);
  if (key.length === 1) return `${first} > ?`;
  params.push(value);
  return `(${first} > ? or (${first} = ? and ${afterKey(key.slice(1), after.slice(1), params)}))`;
}

function name(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}

function keyValue(value: SqlValue | undefined, column: string): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new DaybreakError(
    'BAD_INPUT',
    `key column ${column} holds ${value === null ? 'null' : typeof value}: use a text or integer column`,
  );
}
