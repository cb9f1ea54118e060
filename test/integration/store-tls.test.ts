import { copyFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type StoreLocation, storeLocation } from '../../deploy/cli/options/store-location.ts';
import { holdMysqlStore } from '../../deploy/cli/owner/mysql-store-lock.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { readMysqlPlace } from '../../shared/sql/mysql-place.ts';
import { wayTo } from '../../shared/sql/mysql-way.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type Authority, type Certificate, newAuthority } from '../support/certificates.ts';
import { loggedLines } from '../support/logged-lines.ts';
import { nightBench } from '../support/night-command.ts';
import { type PrivateMariadb, startPrivateMariadb } from '../support/private-mariadb.ts';
import { describeWith } from '../support/servers.ts';
import { createTcpProxy } from '../support/tcp-proxy.ts';

const runtime = systemRuntime();

describeWith(['MariaDB'], 'a database that takes connections over TLS alone', () => {
  let authority: Authority;
  let stranger: Authority;
  let named: Certificate;
  let db: PrivateMariadb;

  /** A URL of the server; of `localhost`, which is what its certificate is for. */
  const url = (query: string, { host = 'localhost', user = 'batch:hush' } = {}): string =>
    `mysql://${user}@${host}:${db.port}/daybreak_private${query}`;
  const verified = (more = ''): string => `?tls=verified&tls-ca-file=${authority.ca}${more}`;
  const ours = ({ cert, key }: Certificate): string => `&tls-cert-file=${cert}&tls-key-file=${key}`;
  const open = async (at: string): Promise<SqlStore> => {
    const store = await openSqlStore({ url: at, connections: 3, reserved: 2 }, { runtime, logger });
    onTestFinished(() => store.close());
    return store;
  };
  const cipher = "show session status like 'Ssl_cipher'";
  /** From now on the server shows this one. */
  const shows = async ({ cert, key }: Certificate): Promise<void> => {
    copyFileSync(cert, `${authority.folder}/shown.pem`);
    copyFileSync(key, `${authority.folder}/shown.key`);
    if (db !== undefined) await asRoot('flush ssl');
  };
  const asRoot = async (...statements: readonly string[]): Promise<void> => {
    const way = wayTo(readMysqlPlace(url('?tls=unverified', { user: 'root' })));
    const connection = await createConnection({ ...way });
    for (const text of statements) await connection.query(text);
    await connection.end();
  };

  beforeAll(async () => {
    [authority, stranger] = [newAuthority(), newAuthority()];
    named = authority.sign('named', 'DNS:localhost');
    await shows(named);
    const shown = [`--ssl-cert=${authority.folder}/shown.pem`, `--ssl-key=${authority.folder}/shown.key`];
    db = await startPrivateMariadb([`--ssl-ca=${authority.ca}`, ...shown]);
    await db.admin(
      "create user batch@'%' identified by 'hush'",
      'grant all on daybreak_private.* to batch',
      "create user certified@'%' identified by 'hush' require x509",
      'grant all on daybreak_private.* to certified',
      'set global require_secure_transport = 1',
    );
  });
  afterAll(async () => {
    await db?.end();
    authority?.remove();
    stranger?.remove();
  });

  test('every connection of a store is encrypted', async () => {
    const store = await open(url(verified()));
    const ciphers = await Promise.all([
      ...[1, 2, 3].map(() => store.read('look', (tx) => tx.arrays(cipher))),
      store.transaction('look', (tx) => tx.arrays(cipher), { urgent: true }),
      store.transaction('look', (tx) => tx.arrays(cipher), { ownSession: true }),
    ]);
    expect(ciphers.map(([row]) => row?.[1])).toEqual(Array(5).fill(expect.stringMatching(/^(TLS|ECDHE|DHE)/)));
    expect(store.label).toBe(`mysql://batch:***@localhost:${db.port}/daybreak_private`);
  });

  test('connections that are made later are as verified and as encrypted as the first', async () => {
    const at = url(verified(ours(authority.sign('client', 'DNS:client'))), { user: 'certified:hush' });
    const store = await openSqlStore({ url: at, connections: 1, reconnectMs: 0 }, { runtime, logger });
    onTestFinished(() => store.close());
    const look = () => store.read('look', (tx) => tx.arrays(cipher));
    const cutOff = async (): Promise<void> => {
      const [row] = await store.transaction('look', (tx) => tx.arrays('select connection_id()'));
      await asRoot(`kill ${row?.[0]}`);
    };
    // The second and the third resume the session of the one before.
    for (let n = 0; n < 3; n++) {
      await cutOff();
      expect((await look())[0]?.[1]).toMatch(/^(TLS|ECDHE|DHE)/);
    }
    await cutOff();
    await shows(stranger.sign('named', 'DNS:localhost'));
    onTestFinished(() => shows(named));
    await expect(look()).rejects.toThrow(/does not verify/);
    await shows(named);
    expect((await look())[0]?.[1]).toMatch(/^(TLS|ECDHE|DHE)/);
  });

  test('a certificate for an address is taken for that address, and none for "localhost" is', async () => {
    const at = url(verified(), { host: '127.0.0.1' });
    // The driver by itself would compare with "localhost" here.
    await expect(open(at)).rejects.toThrow(/not for 127\.0\.0\.1 but for DNS:localhost.*tls-name/);
    expect((await open(`${at}&tls-name=localhost`)).dialect).toBe('mysql');
    await shows(authority.sign('address', 'IP:127.0.0.1'));
    onTestFinished(() => shows(named));
    expect((await open(at)).dialect).toBe('mysql');
    await expect(open(url(verified()))).rejects.toThrow(/not for localhost but for IP Address:127\.0\.0\.1/);
  });

  test.each<[string, () => string, RegExp]>([
    ['that another authority signed', () => `?tls=verified&tls-ca-file=${stranger.ca}`, /does not verify.*tls-ca-file/],
    ['that this machine does not know', () => '?tls=verified', /does not verify.*tls-ca-file/],
    ['of another name', () => verified('&tls-name=db.example'), /not for db\.example but for DNS:localhost/],
  ])('a certificate %s is refused', async (_, query, words) => {
    const refused = open(url(query()));
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: false });
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.not.toThrow(/hush/);
  });

  test('a certificate that is out of date is refused', async () => {
    await shows(authority.sign('old', 'DNS:localhost', -1));
    onTestFinished(() => shows(named));
    await expect(open(url(verified()))).rejects.toThrow(/does not verify \(certificate has expired\)/);
  });

  test('a URL without TLS is told what to write', async () => {
    await expect(open(url(''))).rejects.toThrow(/require_secure_transport.*write tls=verified/);
    await expect(open(url('?tls=off'))).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retryable: false });
  });

  test('a user may have to show a certificate', async () => {
    const certified = { user: 'certified:hush' };
    await expect(open(url(verified(), certified))).rejects.toThrow(/REQUIRE X509.*tls-cert-file and tls-key-file/);
    await expect(open(url(verified(ours(stranger.sign('x', 'DNS:x'))), certified))).rejects.toThrow(
      /does not agree on TLS.*tls-cert-file/,
    );
    const store = await open(url(verified(ours(authority.sign('client', 'DNS:client'))), certified));
    expect(store.dialect).toBe('mysql');
  });

  test('a file that cannot be used is named before anything is asked, a key without its path', async () => {
    const key = `${authority.folder}/hush.key`;
    await expect(open(url('?tls=verified&tls-ca-file=/nowhere/ca.pem'))).rejects.toThrow(
      /tls-ca-file "\/nowhere\/ca\.pem" cannot be read \(ENOENT\)/,
    );
    await expect(open(url(`?tls=verified&tls-ca-file=${named.key}`))).rejects.toThrow(/holds no certificate/);
    await expect(open(url(verified(ours({ cert: named.cert, key }))))).rejects.toThrow(
      /^(?!.*hush).*tls-key-file cannot/,
    );
    const other = authority.sign('other', 'DNS:other');
    await expect(open(url(verified(ours({ cert: named.cert, key: other.key }))))).rejects.toThrow(/do not go together/);
  });

  test('unverified is encrypted, whoever the server is', async () => {
    const store = await open(url('?tls=unverified', { host: '127.0.0.1' }));
    const [row] = await store.read('look', (tx) => tx.arrays(cipher));
    expect(row?.[1]).toMatch(/^(TLS|ECDHE|DHE)/);
  });

  test('a connection that breaks off in the handshake is made again, and no log line holds a password', async () => {
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: db.port });
    onTestFinished(() => proxy.close());
    // The name that is asked for goes in clear; with an answer held back there would be no handshake yet.
    proxy.cutBefore('localhost');
    const { key } = authority.sign('hush', 'DNS:client');
    const query = verified(`&tls-name=localhost${ours({ cert: `${authority.folder}/hush.pem`, key })}`);
    const { logger: told, lines } = loggedLines();
    const at = `mysql://batch:hush@127.0.0.1:${proxy.port}/daybreak_private${query}`;
    const store = await openSqlStore({ url: at, connections: 1, waitMs: 60_000 }, { runtime, logger: told });
    onTestFinished(() => store.close());
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^waiting for the store: no connection/),
      'the store is there',
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/hush(?!\.pem)/);
  });

  test('the night holds its lock over TLS', async () => {
    const location = storeLocation(url(verified()), '/tmp', '/tmp') as Extract<StoreLocation, { kind: 'mysql' }>;
    const held = await holdMysqlStore(location, { waitMs: 5_000, runtime, logger, command: 'daybreak night' });
    expect(held.lost.aborted).toBe(false);
    await held.release();
  });

  test('commands believe what this machine believes, and import reads over TLS', async () => {
    const bench = nightBench();
    onTestFinished(() => bench.remove());
    const trusts = { SSL_CERT_FILE: authority.ca };
    const [migrated, refused, doubted, imported, plain] = await Promise.all([
      bench.run(['migrate', '--store', url('?tls=verified')], trusts),
      bench.run(['migrate', '--store', url('?tls=required')]),
      bench.run(['migrate', '--wait', '3600', '--store', url('?tls=verified')]),
      bench.run(['import', 'xxl-job', url('?tls=verified'), '--zone', 'UTC'], trusts),
      bench.run(['import', 'xxl-job', url(''), '--zone', 'UTC']),
    ]);
    expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('applied scheduler 0500-definitions') });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('none of off, verified, unverified') });
    // Waiting makes no certificate better.
    expect(doubted).toMatchObject({ code: 2, stderr: expect.stringContaining('--store: the database server') });
    expect(doubted.stderr).toContain('does not verify');
    // There is no xxl_job_group in it: it was asked.
    expect(imported).toMatchObject({ code: 2, stderr: expect.stringContaining('ER_NO_SUCH_TABLE') });
    expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('write tls=verified') });
    for (const { stdout, stderr } of [migrated, refused, imported, plain])
      expect(stdout + stderr).not.toContain('hush');
  });
});
