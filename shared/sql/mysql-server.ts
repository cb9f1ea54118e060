import { DaybreakError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { isOn, OPTIONAL_VARIABLES, readOnlyError, type ServerFacts } from './mysql-session.ts';

/** What a server as a whole must be like: looked at once, when a store is opened. */

type Ask = (text: string) => Promise<readonly Record<string, unknown>[]>;

const PACKET_MIN = 4 * 2 ** 20;
// What MariaDB lets any session set; and MySQL, where it is the server's own, should keep some.
const WARNINGS_MAX = 65_535;
const WARNINGS_MIN = 64;

export interface LookGiven {
  readonly label: string;
  readonly logger: Logger;
  /** Refuses a server that may lose commits, instead of warning. */
  readonly strict: boolean;
  /** So many connections this store may open. */
  readonly connections: number;
}

/** Reads the server's version and settings; throws STORE_UNFIT or STORE_READ_ONLY, each naming setting and way out. */
export async function assertServer(ask: Ask, given: LookGiven): Promise<ServerFacts> {
  const settings = await settingsOf(ask);
  const version = settings.get('version') ?? '';
  const isMariaDb = /mariadb/i.test(version) || /mariadb/i.test(settings.get('version_comment') ?? '');
  const unfit = (why: string): DaybreakError =>
    new DaybreakError('STORE_UNFIT', `the database ${given.label} (${version}) ${why}`, {
      details: Object.fromEntries(settings),
    });

  if (!isAtLeast(version, isMariaDb ? [10, 6] : [8, 0])) {
    throw unfit('is too old: MariaDB 10.6 or MySQL 8.0 is needed, or newer');
  }
  if (isOn(settings.get('read_only')) || isOn(settings.get('innodb_read_only'))) throw readOnlyError(given.label);
  const packetBytes = Number(settings.get('max_allowed_packet') ?? PACKET_MIN);
  if (packetBytes < PACKET_MIN) {
    throw unfit(`takes too small packets (max_allowed_packet = ${packetBytes}): set it to 16M or more`);
  }
  const warningsKept = isMariaDb ? WARNINGS_MAX : Number(settings.get('max_error_count') ?? WARNINGS_MIN);
  if (warningsKept < WARNINGS_MIN) {
    throw unfit(`keeps too few warnings (max_error_count = ${warningsKept}): set it to 1024, as it is by default`);
  }
  assertDurable(settings, unfit, given);
  const most = Number(settings.get('max_connections') ?? given.connections);
  if (most < given.connections) {
    given.logger.warn(
      { store: given.label, max_connections: most, wanted: given.connections },
      `the database takes ${most} connections and this process alone may open ${given.connections}: set max_connections higher, or give this process fewer`,
    );
  }
  return {
    isMariaDb,
    rowTable: isMariaDb ? 'values' : isAtLeast(version, [8, 0, 19]) ? 'rows' : 'union',
    collation: await binaryCollation(ask, unfit),
    warningsKept,
    isolationVariable: settings.has('transaction_isolation') ? 'transaction_isolation' : 'tx_isolation',
    sessionVariables: Object.keys(OPTIONAL_VARIABLES).filter((name) => settings.has(name)),
  };
}

const ASKED = [
  'version',
  'version_comment',
  'log_bin',
  'sync_binlog',
  'innodb_flush_log_at_trx_commit',
  'max_allowed_packet',
  'max_connections',
  'max_error_count',
  'read_only',
  'innodb_read_only',
  'tx_isolation',
  'transaction_isolation',
  ...Object.keys(OPTIONAL_VARIABLES),
];

/** Names that a server does not know are not there, where `select @@name` would fail. */
async function settingsOf(ask: Ask): Promise<Map<string, string>> {
  const rows = await ask(`show global variables where variable_name in ('${ASKED.join("', '")}')`);
  return new Map(rows.map((row) => [String(row.Variable_name).toLowerCase(), String(row.Value)]));
}

function assertDurable(settings: Map<string, string>, unfit: (why: string) => DaybreakError, given: LookGiven): void {
  const lasting: string[] = [];
  if ((settings.get('innodb_flush_log_at_trx_commit') ?? '1') !== '1')
    lasting.push('innodb_flush_log_at_trx_commit = 1');
  if (isOn(settings.get('log_bin') ?? '0') && settings.get('sync_binlog') !== '1') lasting.push('sync_binlog = 1');
  if (lasting.length === 0) return;
  const error = unfit(`may lose what it has committed when the power goes: set ${lasting.join(' and ')}`);
  if (given.strict) throw error;
  given.logger.warn({ err: error }, 'the store is not durable, and the options say that this is meant');
}

async function binaryCollation(ask: Ask, unfit: (why: string) => DaybreakError): Promise<string> {
  const wanted = ['utf8mb4_0900_bin', 'utf8mb4_nopad_bin'];
  const rows = await ask(
    `select collation_name as name from information_schema.collations where collation_name in ('${wanted.join("', '")}')`,
  );
  const found = wanted.find((name) => rows.some((row) => row.name === name));
  if (!found) throw unfit(`has none of the collations ${wanted.join(', ')}; MySQL has its own since 8.0.17`);
  return found;
}

function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const parts = (/^(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [])
    .slice(1)
    .map((part) => Number(part ?? 0));
  const at = wanted.findIndex((part, i) => part !== (parts[i] ?? 0));
  return at < 0 || (parts[at] ?? 0) > (wanted[at] ?? 0);
}
