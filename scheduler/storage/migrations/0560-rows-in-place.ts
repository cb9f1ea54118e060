import type { Migration } from '../../../shared/sql/sql.ts';

const inPlace = (table: string, states: readonly string[]): string =>
  // MariaDB forgets a column's check when the column is defined anew, MySQL keeps it.
  `alter table ${table} modify state char(9) not null /*M! check (state in (${states.map((state) => `'${state}'`).join(', ')})) */`;

/**
 * A row whose size stays is changed where it stands. One that grows is taken out of its page and put in again, and as rows
 * that were just inserted fill their pages, half of each page moves into a new one: 6.2 us of the server for a row instead
 * of 1.2. So the words of states have one width, and `accepted_at` and `decided_at` begin as 0, which is read as null.
 *
 * Upgrading: MariaDB and MySQL write these three tables anew. SQLite has no widths, and nothing is done.
 */
export const rowsInPlace: Migration = {
  id: '0560-rows-in-place',
  statements: ({ dialect }) =>
    dialect === 'sqlite'
      ? []
      : [
          inPlace('s_fire', ['planned', 'fired', 'merged', 'skipped', 'held', 'truncated']),
          inPlace('s_shard', ['ready', 'sent', 'running', 'succeeded', 'failed', 'cancelled']),
          inPlace('s_attempt', ['sent', 'running', 'succeeded', 'failed', 'refused', 'lost', 'cancelled']),
        ],
};
