import { DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { ANY_MYSQL_COLLATION, mysqlWords, SQLITE_WORDS } from './ddl-words.ts';
import { bookText, checksumsOf } from './migration-book.ts';
import { isTriggerForbidden } from './mysql-errors.ts';
import type { DdlWords, Migration, SqlDialect, SqlReader, SqlStore, SqlTx, SqlValue } from './sql.ts';

export interface MigrateOptions {
  readonly logger: Logger;
  /**
   * Whose migrations these are. Two parts that share one store (scheduler, executor) give different names, so that
   * neither takes the other's for unknown ones. Default 'store'.
   */
  readonly component?: string;
  /** How long to wait while another process migrates this database (MySQL). Default 600 000. */
  readonly waitMs?: number;
}

/** One row per migration; `checksum` covers the `statements_done` first statements, `applied_at` is null until all are. */
interface AppliedRow {
  readonly id: string;
  readonly checksum: string;
  readonly statements_done: number;
  readonly in_flight: number;
  readonly applied_at: number | null;
}

/**
 * Brings the store to the newest migration and returns the ids of those it applied. Safe to call at every start and
 * from several processes. Throws MIGRATION_CHANGED when an applied migration has another text now, and
 * MIGRATION_UNKNOWN when the store holds one that the list does not. One that stopped half way (MySQL commits DDL by
 * itself) goes on where it stopped.
 */
export async function migrate(
  store: SqlStore,
  migrations: readonly Migration[],
  options: MigrateOptions,
): Promise<readonly string[]> {
  assertOrdered(migrations);
  const component = options.component ?? 'store';
  // The lock is the session's: whatever becomes of the body, it ends with the connection.
  return store.transaction(
    'migrate',
    async (tx) => {
      const words = tx.dialect === 'sqlite' ? SQLITE_WORDS : mysqlWords(await collationOf(tx));
      await lock(tx, store.label, options);
      await tx.run(bookText(words));
      return applyAll(tx, { store, migrations, component, words, logger: options.logger });
    },
    { ownSession: true },
  );
}

/**
 * The ids of the migrations that this store lacks, in order; changes nothing. Throws MIGRATION_CHANGED and
 * MIGRATION_UNKNOWN as `migrate` does.
 */
export async function migrationsBehind(
  store: SqlStore,
  migrations: readonly Migration[],
  component = 'store',
): Promise<readonly string[]> {
  assertOrdered(migrations);
  return store.read('migrations-behind', async (db) => {
    if (!(await hasBook(db))) return migrations.map(({ id }) => id);
    const applied = await readBook(db, component);
    assertKnown(store, migrations, applied);
    return migrations.flatMap((migration) => {
      const row = applied.get(migration.id);
      if (row === undefined || row.applied_at === null) return [migration.id];
      assertSame(store, migration, row, sums(migration, db).at(-1) ?? '');
      return [];
    });
  });
}

interface AllMigrations {
  readonly store: SqlStore;
  readonly migrations: readonly Migration[];
  readonly component: string;
  readonly words: DdlWords;
  readonly logger: Logger;
}

async function applyAll(tx: SqlTx, given: AllMigrations): Promise<readonly string[]> {
  const { store, migrations, component, words, logger } = given;
  const applied = await readBook(tx, component);
  assertKnown(store, migrations, applied);
  const done: string[] = [];
  for (const migration of migrations) {
    const row = applied.get(migration.id) ?? null;
    if (row !== null && row.applied_at !== null) {
      assertSame(store, migration, row, sums(migration, tx).at(-1) ?? '');
      continue;
    }
    await applyOne(tx, { component, migration, words, row });
    logger.info({ store: store.label, component, migration: migration.id }, 'migration applied');
    done.push(migration.id);
  }
  return done;
}

interface OneMigration {
  readonly component: string;
  readonly migration: Migration;
  readonly words: DdlWords;
  readonly row: AppliedRow | null;
}

async function applyOne(tx: SqlTx, one: OneMigration): Promise<void> {
  const { component, migration, row } = one;
  const statements = migration.statements(one.words);
  const checksums = sums(migration, tx);
  const from = row?.statements_done ?? 0;
  if (row) assertSame(tx, migration, row, checksums[from] ?? '');
  else await insertBook(tx, component, migration.id, checksums[0] ?? '');

  const note = async (set: string, params: readonly SqlValue[]): Promise<void> => {
    await tx.run(`update schema_migration set ${set} where component = ? and id = ?`, [
      ...params,
      component,
      migration.id,
    ]);
    // MySQL commits at each DDL statement by itself, so the notes around it are committed as well: before it, what is
    // about to be done, and after it, that it is. SQLite rolls the whole migration back instead.
    if (tx.dialect === 'mysql') await tx.run('commit');
  };
  for (let n = from; n < statements.length; n++) {
    const mayBeDone = row !== null && row.in_flight > n;
    await note('in_flight = ?', [n + 1]);
    await runStatement(tx, statements[n] ?? '', mayBeDone);
    await note('statements_done = ?, checksum = ?', [n + 1, checksums[n + 1] ?? '']);
  }
  await note('applied_at = ?', [tx.nowMs]);
}

// Table, column, index and trigger exist already; what was to be dropped is gone.
const DONE_ALREADY = new Set([1050, 1060, 1061, 1359, 1091]);

/** A statement that was begun before a crash may be done: then what it makes is there, or what it drops is gone, and that is no error. */
async function runStatement(tx: SqlTx, text: string, mayBeDone: boolean): Promise<void> {
  try {
    await tx.run(text);
  } catch (error) {
    const cause = error instanceof DaybreakError ? error.cause : null;
    if (isTriggerForbidden(cause)) throw triggerForbidden(cause);
    const errno = (cause as { errno?: unknown } | null)?.errno;
    if (!mayBeDone || typeof errno !== 'number' || !DONE_ALREADY.has(errno)) throw error;
  }
}

const triggerForbidden = (cause: unknown): DaybreakError =>
  new DaybreakError(
    'STORE_UNFIT',
    'the tables are guarded by triggers, and this server, which has a binary log, lets only an administrator make them: ' +
      'set log_bin_trust_function_creators = ON there until the tables are made, or let an administrator run what ' +
      '"daybreak migrate --print" prints',
    { cause },
  );

async function hasBook(db: SqlReader): Promise<boolean> {
  const text =
    db.dialect === 'sqlite'
      ? `select count(*) as n from sqlite_master where type = 'table' and name = 'schema_migration'`
      : `select count(*) as n from information_schema.tables where table_schema = database() and table_name = 'schema_migration'`;
  return ((await db.get<{ n: number }>(text))?.n ?? 0) > 0;
}

async function readBook(tx: SqlReader, component: string): Promise<Map<string, AppliedRow>> {
  const rows = await tx.all<AppliedRow>(
    'select id, checksum, statements_done, in_flight, applied_at from schema_migration where component = ? order by id',
    [component],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function insertBook(tx: SqlTx, component: string, id: string, checksum: string): Promise<void> {
  await tx.run(
    'insert into schema_migration (component, id, checksum, statements_done, in_flight) values (?, ?, ?, 0, 0)',
    [component, id, checksum],
  );
}

const sums = (migration: Migration, at: { readonly dialect: SqlDialect }): readonly string[] =>
  checksumsOf(migration, at.dialect);

async function collationOf(tx: SqlTx): Promise<string> {
  const row = await tx.get<{ collation: string }>('select @@collation_connection as "collation"');
  return row?.collation ?? ANY_MYSQL_COLLATION;
}

const LOCK_ASKED_S = 10;

// Two processes that start together: the second waits and then finds everything applied. A row cannot be the lock, since
// DDL commits and lets go of it.
async function lock(tx: SqlTx, label: string, options: MigrateOptions): Promise<void> {
  if (tx.dialect === 'sqlite') return;
  const waitS = Math.ceil((options.waitMs ?? 600_000) / 1000);
  for (let waitedS = 0; ; waitedS += LOCK_ASKED_S) {
    const askS = Math.min(LOCK_ASKED_S, waitS - waitedS);
    const row = await tx.get<{ got: number | null }>(
      `select get_lock(left(concat('daybreak.', database()), 64), ?) as got`,
      [Math.max(0, askS)],
    );
    if (row?.got === 1) return;
    if (waitedS + askS >= waitS) {
      throw new DaybreakError(
        'STORE_BUSY',
        `another process has been migrating ${label} for ${waitS} s: look at it, or wait for longer`,
        { details: { store: label } },
      );
    }
    options.logger.info({ store: label, waitedS: waitedS + askS }, 'another process migrates this database: waiting');
  }
}

function assertOrdered(migrations: readonly Migration[]): void {
  for (let i = 1; i < migrations.length; i++) {
    const [before, after] = [migrations[i - 1]?.id ?? '', migrations[i]?.id ?? ''];
    if (before >= after)
      throw new TypeError(`migrations are not in the order of their ids: "${after}" comes after "${before}"`);
  }
}

function assertKnown(
  store: SqlStore,
  migrations: readonly Migration[],
  applied: ReadonlyMap<string, AppliedRow>,
): void {
  const known = new Set(migrations.map((migration) => migration.id));
  const unknown = [...applied.keys()].filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new DaybreakError(
    'MIGRATION_UNKNOWN',
    `the store ${store.label} holds migrations that this version does not know (${unknown.join(', ')}): start the newer version`,
    { details: { store: store.label, unknown } },
  );
}

function assertSame(where: SqlStore | SqlTx, migration: Migration, row: AppliedRow, checksum: string): void {
  if (row.checksum === checksum) return;
  throw new DaybreakError(
    'MIGRATION_CHANGED',
    `the migration ${migration.id} was applied with another text: an applied one is never edited, add a new one instead`,
    { details: { migration: migration.id, dialect: where.dialect, applied: row.checksum, now: checksum } },
  );
}
