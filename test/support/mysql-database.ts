import { createConnection } from 'mysql2/promise';
import type { SqlServer } from './server-names.ts';
import { mysqlUrl } from './servers.ts';

let made = 0;

/** An empty database of its own on the run's server, for one test file or test; `drop` removes it. */
export async function createMysqlDatabase(
  server: SqlServer = 'MariaDB',
): Promise<{ url: string; name: string; drop(): Promise<void> }> {
  const url = new URL(mysqlUrl(server));
  // After the run's own database: what a test that was killed leaves behind goes when that one does.
  const name = `${url.pathname.slice(1)}_${process.pid}_${++made}`;
  url.pathname = `/${name}`;
  await runOnServer([`drop database if exists ${name}`, `create database ${name}`], server);
  return { url: url.toString(), name, drop: () => runOnServer([`drop database if exists ${name}`], server) };
}

/** Runs statements over a connection of its own, outside every store. */
export async function runOnServer(statements: readonly string[], server: SqlServer = 'MariaDB'): Promise<void> {
  const connection = await createConnection({ uri: mysqlUrl(server) });
  try {
    for (const text of statements) await connection.query(text);
  } finally {
    await connection.end();
  }
}
