import { DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** What a server and each connection to it must be like; asserted, since isolation and modes are per session (T18). */

export interface ServerFacts {
  readonly isMariaDb: boolean;
  /** Compares byte by byte and does not pad; its name differs per server. */
  readonly collation: string;
}

type Ask = (text: string) => Promise<readonly Record<string, unknown>[]>;

// PIPES_AS_CONCAT and ANSI_QUOTES make `||` and "names" mean what they mean on SQLite. NO_BACKSLASH_ESCAPES must stay
// out: the driver escapes values with backslashes.
const SQL_MODE =
  'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,ONLY_FULL_GROUP_BY,PIPES_AS_CONCAT,ANSI_QUOTES';

// A body is short: who waits this long for a lock is better run again from the start.
const LOCK_WAIT_S = 10;

/** Reads the server's version and settings once; throws STORE_UNFIT with what to change. */
export async function assertServer(
  ask: Ask,
  given: { label: string; logger: Logger; strict: boolean },
): Promise<ServerFacts> {
  const [row = {}] = await ask(
    'select version() as version, @@log_bin as log_bin, @@sync_binlog as sync_binlog, ' +
      '@@innodb_flush_log_at_trx_commit as flush_at_commit, @@max_allowed_packet as packet_bytes',
  );
  const version = String(row.version);
  const isMariaDb = /mariadb/i.test(version);
  const unfit = (why: string): DaybreakError =>
    new DaybreakError('STORE_UNFIT', `the database ${given.label} (${version}) ${why}`, { details: { ...row } });

  if (!isAtLeast(version, isMariaDb ? [10, 6] : [8, 0])) {
    throw unfit('is too old: MariaDB 10.6 or MySQL 8.0 is needed, or newer');
  }
  if (Number(row.packet_bytes) < 4 * 2 ** 20)
    throw unfit('takes too small packets: set max_allowed_packet to 16M or more');
  const lasting: string[] = [];
  if (Number(row.flush_at_commit) !== 1) lasting.push('innodb_flush_log_at_trx_commit = 1');
  if (Number(row.log_bin) !== 0 && Number(row.sync_binlog) !== 1) lasting.push('sync_binlog = 1');
  if (lasting.length > 0) {
    const error = unfit(`may lose what it has committed when the power goes: set ${lasting.join(' and ')}`);
    if (given.strict) throw error;
    given.logger.warn({ err: error }, 'the store is not durable, and the options say that this is meant');
  }
  return { isMariaDb, collation: await binaryCollation(ask, unfit) };
}

async function binaryCollation(ask: Ask, unfit: (why: string) => DaybreakError): Promise<string> {
  const wanted = ['utf8mb4_0900_bin', 'utf8mb4_nopad_bin'];
  const rows = await ask(
    `select collation_name as name from information_schema.collations where collation_name in ('${wanted.join("', '")}')`,
  );
  const found = wanted.find((name) => rows.some((row) => row.name === name));
  if (!found) throw unfit(`has none of the collations ${wanted.join(', ')}`);
  return found;
}

function isAtLeast(version: string, wanted: readonly [number, number]): boolean {
  const [, major = 0, minor = 0] = (/^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

/** Statements for a fresh connection, in order. No BEGIN is ever sent: with autocommit off, COMMIT to COMMIT is one. */
export function sessionStatements(facts: ServerFacts): readonly string[] {
  return [
    `set names utf8mb4 collate ${facts.collation}`,
    `set session sql_mode = '${SQL_MODE}', time_zone = '+00:00', max_error_count = 65535, innodb_lock_wait_timeout = ${LOCK_WAIT_S}`,
    'set session transaction isolation level read committed',
    'set session autocommit = 0',
  ];
}

/**
 * The first statement of every transaction and read: the store's clock, and whether the session is still as it was
 * set. One round trip, in the place of BEGIN.
 */
export function beginText(facts: ServerFacts): string {
  const isolation = facts.isMariaDb ? '@@session.tx_isolation' : '@@session.transaction_isolation';
  return `select cast(unix_timestamp(now(3)) * 1000 as unsigned) as now_ms, ${isolation} as isolation, @@session.autocommit as autocommit, @@session.sql_mode as sql_mode`;
}

/** The clock out of the answer to `beginText`; throws STORE_UNFIT when a proxy or a pool gave another session. */
export function readBegin(answer: readonly unknown[], label: string): number {
  const [nowMs, isolation, autocommit, sqlMode] = answer;
  const isFit = isolation === 'READ-COMMITTED' && autocommit === 0 && String(sqlMode).includes('STRICT_ALL_TABLES');
  if (typeof nowMs !== 'number' || !isFit) {
    throw new DaybreakError(
      'STORE_UNFIT',
      `a connection to ${label} has lost its settings (isolation ${String(isolation)}, autocommit ${String(autocommit)}): ` +
        'does a proxy share connections between sessions?',
      { details: { isolation, autocommit, sqlMode } },
    );
  }
  return nowMs;
}
