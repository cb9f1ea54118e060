import { mysqlWords, SQLITE_WORDS } from './ddl-words.ts';
import { bookText, checksumsOf } from './migration-book.ts';
import { SQL_MODE } from './mysql-session.ts';
import type { DdlWords, Migration } from './sql.ts';

/** MariaDB and MySQL name the collation that compares byte by byte without padding differently. */
export type PrintedServer = 'sqlite' | 'mysql' | 'mariadb';

const COLLATIONS = { mysql: 'utf8mb4_0900_bin', mariadb: 'utf8mb4_nopad_bin' } as const;

const WORDS: Readonly<Record<PrintedServer, DdlWords>> = {
  sqlite: SQLITE_WORDS,
  mysql: mysqlWords(COLLATIONS.mysql),
  mariadb: mysqlWords(COLLATIONS.mariadb),
};

/** What the client's own session may have otherwise: MySQL keeps it with each check and trigger that is made in it. */
const headOf = (server: PrintedServer): readonly string[] =>
  server === 'sqlite'
    ? ['begin immediate;']
    : [`set names utf8mb4 collate ${COLLATIONS[server]};`, `set session sql_mode = '${SQL_MODE}';`];

/**
 * The migrations as a text for the server's own client, for those who run DDL themselves. It writes down what it has
 * applied as `migrate` does, which then finds nothing to do.
 * @param component as given to `migrate`; default 'store'
 */
export function printMigrations(migrations: readonly Migration[], server: PrintedServer, component = 'store'): string {
  const words = WORDS[server];
  const tail = server === 'sqlite' ? ['commit;'] : [];
  const parts = migrations.map((migration) => {
    const statements = migration.statements(words);
    return [
      `-- ${component} ${migration.id}`,
      ...statements.map((text) => terminated(text, words)),
      terminated(bookRow(migration, { words, component, done: statements.length }), words),
    ].join('\n');
  });
  return `${[...headOf(server), terminated(bookText(words), words), ...parts, ...tail].join('\n\n')}\n`;
}

function bookRow(migration: Migration, at: { words: DdlWords; component: string; done: number }): string {
  const { words, component, done } = at;
  const checksum = checksumsOf(migration, words.dialect).at(-1) ?? '';
  const nowMs =
    words.dialect === 'sqlite'
      ? `cast(unixepoch('subsec') * 1000 as integer)`
      : 'cast(unix_timestamp(now(3)) * 1000 as unsigned)';
  return (
    'insert into schema_migration (component, id, checksum, statements_done, in_flight, applied_at)\n' +
    `  values ('${component}', '${migration.id}', '${checksum}', ${done}, ${done}, ${nowMs})`
  );
}

/** A body of several statements, such as a trigger's, needs another end mark in the client of MySQL. */
function terminated(text: string, words: DdlWords): string {
  const trimmed = text.trim().replace(/;$/, '');
  const isCompound = words.dialect === 'mysql' && trimmed.includes(';');
  return isCompound ? `delimiter //\n${trimmed}//\ndelimiter ;` : `${trimmed};`;
}
