import type { DdlWords } from './sql.ts';

/**
 * SQLite: STRICT tables, so a column holds what it says. A text's length is MySQL's business: it is not checked here.
 * `autoincrement` never gives an id twice, a bare rowid does after a delete (trap T13).
 */
export const SQLITE_WORDS: DdlWords = {
  dialect: 'sqlite',
  autoId: 'integer primary key autoincrement',
  bigint: 'integer',
  int: 'integer',
  text: () => 'text',
  longText: 'text',
  blob: 'blob',
  clustered: ' strict, without rowid',
  table: ' strict',
};

/** The text that checksums are made of: the same whichever server the MySQL dialect finds. */
export const ANY_MYSQL_COLLATION = 'utf8mb4_bin';

/**
 * MySQL and MariaDB. The collation compares byte by byte and must not pad: with plain `utf8mb4_bin` 'a' equals 'a '.
 * The one without padding has another name on each server, so it comes from the connection.
 */
export function mysqlWords(collation: string): DdlWords {
  const textual = `character set utf8mb4 collate ${collation}`;
  const ending = ` engine=innodb default character set utf8mb4 collate ${collation} row_format=dynamic`;
  return {
    dialect: 'mysql',
    autoId: 'bigint not null auto_increment primary key',
    bigint: 'bigint',
    int: 'int',
    text: (n) => `varchar(${n}) ${textual}`,
    longText: `longtext ${textual}`,
    blob: 'longblob',
    clustered: ending,
    table: ending,
  };
}
