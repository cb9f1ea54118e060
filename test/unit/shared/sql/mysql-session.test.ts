import { expect, test } from 'vitest';
import { silentLogger } from '../../../../shared/logger.ts';
import { type BeginGiven, begin } from '../../../../shared/sql/mysql-begin.ts';
import type { MysqlConnection, MysqlPool } from '../../../../shared/sql/mysql-pool.ts';
import { assertServer } from '../../../../shared/sql/mysql-server.ts';
import {
  isOn,
  readBegin,
  type ServerFacts,
  SQL_MODE,
  sessionStatements,
} from '../../../../shared/sql/mysql-session.ts';
import type { SqlValue } from '../../../../shared/sql/sql.ts';
import { createFigureBook } from '../../../../shared/sql/store-figures.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { loggedLines } from '../../../support/logged-lines.ts';

const FIT: SqlValue[] = [1_700_000_000_000, 'READ-COMMITTED', 0, SQL_MODE, '+00:00', 0];
const facts: ServerFacts = {
  isMariaDb: true,
  rowTable: 'values',
  warningsKept: 65_535,
  collation: 'utf8mb4_nopad_bin',
  isolationVariable: 'tx_isolation',
  sessionVariables: ['lock_wait_timeout'],
};

test('a session as it was set has no faults', () => {
  expect(readBegin(FIT)).toEqual({ nowMs: 1_700_000_000_000, isReadOnly: false, faults: [] });
});

test.each([
  [1, 'REPEATABLE-READ', 'isolation = REPEATABLE-READ, not READ-COMMITTED'],
  [2, 1, 'autocommit = 1, not 0'],
  [3, SQL_MODE.replace('ANSI_QUOTES', 'ANSI'), /^sql_mode = /],
  [3, `${SQL_MODE},NO_BACKSLASH_ESCAPES`, /^sql_mode = .*NO_BACKSLASH_ESCAPES/],
  [4, 'SYSTEM', 'time_zone = SYSTEM, not +00:00'],
  [0, null, /a clock/],
] as const)('each setting that is another is named', (index, value, fault) => {
  const answer = FIT.with(index, value);
  expect(readBegin(answer).faults).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)]);
});

test.each([
  [0, false],
  ['OFF', false],
  [null, false],
  [1, true],
  ['ON', true],
  ['NO_LOCK_NO_ADMIN', true],
])('read_only = %j keeps writes out: %s', (value, expected) => expect(isOn(value)).toBe(expected));

test('only settings that the server has are set', () => {
  const [, set = ''] = sessionStatements(facts);
  expect(set).toContain('lock_wait_timeout = 60');
  expect(set).not.toContain('innodb_snapshot_isolation');
});

/** A pool of one connection that answers the first statement of a transaction with these, one after the other. */
function poolAnswering(...answers: (readonly SqlValue[])[]) {
  const done: string[] = [];
  const connection = {
    arrays: async () => [[...(answers.shift() ?? FIT)]],
    change: async (text: string) => void done.push(text),
    release: () => done.push('released'),
    destroy: () => done.push('destroyed'),
  } as unknown as MysqlConnection;
  const pool = { take: async () => connection, prepare: async () => void done.push('set') } as unknown as MysqlPool;
  return { pool, done };
}

const given = (): BeginGiven => {
  const runtime = createFakeRuntime();
  const book = createFigureBook({ nowMs: () => 0, slowStatementMs: 1 });
  return { facts, label: 'mysql://db/x', runtime, book, reconnectMs: 0, onReset: () => undefined };
};

test('a connection that does not keep what is set is refused, and closed', async () => {
  const reset = FIT.with(1, 'REPEATABLE-READ');
  const { pool, done } = poolAnswering(reset, reset);
  await expect(begin(pool, given())).rejects.toMatchObject({
    code: 'STORE_UNFIT',
    message: expect.stringMatching(/does not keep its settings \(isolation = REPEATABLE-READ.*proxy/),
  });
  expect(done).toEqual(['rollback', 'set', 'destroyed']);
});

test('a server that takes no writes is refused at the begin, before anything was done', async () => {
  const { pool, done } = poolAnswering(FIT.with(5, 1));
  await expect(begin(pool, given())).rejects.toMatchObject({ code: 'STORE_READ_ONLY', retryable: true });
  expect(done).toEqual(['destroyed']);
});

const FIT_SERVER = {
  version: '10.11.6-MariaDB',
  log_bin: 'OFF',
  sync_binlog: '0',
  innodb_flush_log_at_trx_commit: '1',
  max_allowed_packet: '16777216',
  max_connections: '151',
  read_only: 'OFF',
  tx_isolation: 'REPEATABLE-READ',
  lock_wait_timeout: '86400',
};
const askServer =
  (more: Record<string, string>) =>
  async (text: string): Promise<Record<string, unknown>[]> =>
    text.startsWith('show global variables')
      ? Object.entries({ ...FIT_SERVER, ...more }).map(([name, value]) => ({ Variable_name: name, Value: value }))
      : [{ name: 'utf8mb4_nopad_bin' }];
const look = (more: Record<string, string>, strict = true) =>
  assertServer(askServer(more), { label: 'mysql://db/x', logger: silentLogger, strict, connections: 12 });

test('a server as it has to be gives its facts', async () => {
  expect(await look({})).toEqual(facts);
  expect(await look({ transaction_isolation: 'x' })).toMatchObject({ isolationVariable: 'transaction_isolation' });
});

test.each([
  ['8.0.18', 'union'],
  ['8.0.19', 'rows'],
  ['8.0.33-log', 'rows'],
  ['8.4.0', 'rows'],
  ['10.0.0', 'rows'],
])('MySQL %s gets lists of rows as %s', async (version, rowTable) => {
  expect(await look({ version })).toMatchObject({ isMariaDb: false, rowTable });
});

test.each([
  [{ version: '10.5.9-MariaDB' }, 'STORE_UNFIT', /too old: MariaDB 10\.6 or MySQL 8\.0/],
  [{ version: '5.7.40' }, 'STORE_UNFIT', /too old/],
  [{ version: '7.9.99' }, 'STORE_UNFIT', /too old/],
  [{ max_allowed_packet: '1048576' }, 'STORE_UNFIT', /max_allowed_packet = 1048576\): set it to 16M/],
  [{ innodb_flush_log_at_trx_commit: '2' }, 'STORE_UNFIT', /set innodb_flush_log_at_trx_commit = 1$/],
  [{ log_bin: 'ON' }, 'STORE_UNFIT', /set sync_binlog = 1$/],
  [{ read_only: 'ON' }, 'STORE_READ_ONLY', /read_only = ON.*Name the primary/],
  [{ innodb_read_only: 'ON' }, 'STORE_READ_ONLY', /read_only/],
] as const)('a server with %j is refused, with the setting and the way out', async (more, code, message) => {
  await expect(look(more)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('how many warnings are kept is the server of MySQL to say, and too few are refused', async () => {
  const mysql = { version: '8.0.33' };
  expect(await look({ ...mysql, max_error_count: '1024' })).toMatchObject({ warningsKept: 1024 });
  await expect(look({ ...mysql, max_error_count: '10' })).rejects.toMatchObject({
    code: 'STORE_UNFIT',
    message: expect.stringMatching(/max_error_count = 10\): set it to 1024/),
  });
  expect(await look({ max_error_count: '10' })).toMatchObject({ warningsKept: 65_535 });
  const set = (isMariaDb: boolean) => sessionStatements({ ...facts, isMariaDb }).join('; ');
  expect([set(true), set(false)].map((text) => text.includes('max_error_count'))).toEqual([true, false]);
});

test('a server that takes fewer connections than this process may open is warned of', async () => {
  const { logger, lines } = loggedLines();
  await assertServer(askServer({ max_connections: '8' }), { label: 'x', logger, strict: true, connections: 12 });
  expect(lines).toMatchObject([
    { level: 'warn', msg: expect.stringMatching(/8 connections .* 12: set max_connections/) },
  ]);
});
