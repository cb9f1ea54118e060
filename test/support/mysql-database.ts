import { createConnection } from 'mysql2/promise';
import { mysqlUrl } from './servers.ts';

let made = 0;

/** An empty database of its own on the run's MySQL server, for one test file or test; `drop` removes it. */
export async function createMysqlDatabase(): Promise<{ url: string; name: string; drop(): Promise<void> }> {
  const url = new URL(mysqlUrl());
  // After the run's own database: what a test that was killed leaves behind goes when that one does.
  const name = `${url.pathname.slice(1)}_${process.pid}_${++made}`;
  url.pathname = `/${name}`;
  await runOnServer([`drop database if exists ${name}`, `create database ${name}`]);
  return { url: url.toString(), name, drop: () => runOnServer([`drop database if exists ${name}`]) };
}

/** Runs statements over a connection of its own, outside every store. */
export async function runOnServer(statements: readonly string[]): Promise<void> {
  const connection = await createConnection({ uri: mysqlUrl() });
  try {
    for (const text of statements) await connection.query(text);
  } finally {
    await connection.end();
  }
}
