import { createHash } from 'node:crypto';
import { ANY_MYSQL_COLLATION, mysqlWords, SQLITE_WORDS } from './ddl-words.ts';
import type { DdlWords, Migration, SqlDialect } from './sql.ts';

/** The table in which a store keeps what was applied to it, and the checksums that stand there. */

export function bookText(w: DdlWords): string {
  return `create table if not exists schema_migration (
    component ${w.text(32)} not null,
    id ${w.text(64)} not null,
    checksum ${w.text(64)} not null,
    statements_done ${w.int} not null,
    in_flight ${w.int} not null,
    applied_at ${w.bigint},
    primary key (component, id)
  )${w.clustered}`;
}

/** `[n]` covers the first n statements, in the dialect's words and whichever server it is. */
export function checksumsOf(migration: Migration, dialect: SqlDialect): readonly string[] {
  const words = dialect === 'sqlite' ? SQLITE_WORDS : mysqlWords(ANY_MYSQL_COLLATION);
  const result = [createHash('sha256').update(migration.id).digest('hex')];
  for (const statement of migration.statements(words)) {
    // White space between words may change with the code's indentation: it is no change of the migration.
    const text = statement.replace(/\s+/g, ' ').trim();
    result.push(
      createHash('sha256')
        .update(`${result.at(-1)}\n${text}`)
        .digest('hex'),
    );
  }
  return result;
}
