import type { SqlValue } from '../../../shared/sql/sql.ts';
import type { ItemWriter } from '../step.ts';

export interface MultiRowTarget<Result> {
  readonly table: string;
  readonly columns: readonly string[];
  /** The row of a result, in the order of `columns`. */
  readonly rowOf: (result: Result) => readonly SqlValue[];
  /**
   * 'ignore' leaves a row whose primary or unique key is there already: the last line against writing twice what a
   * source delivers twice. Default 'fail': such a row is a bad row.
   */
  readonly onConflict?: 'fail' | 'ignore';
}

/**
 * Inserts a chunk's results with as few statements as the database likes: about 1,000 rows each on MySQL (7 µs a row,
 * where one statement per row costs 34 to 182 µs), a looped prepared statement on SQLite.
 * @example
 * const writer = multiRowWriter<Fee>({ table: 'fee', columns: ['order_id', 'cents'], rowOf: (f) => [f.orderId, f.cents] });
 */
export function multiRowWriter<Result>(target: MultiRowTarget<Result>): ItemWriter<Result> {
  const { table, columns, rowOf, onConflict = 'fail' } = target;
  return {
    async write(tx, results) {
      await tx.insertRows({ table, columns, onConflict }, results.map(rowOf));
    },
  };
}
