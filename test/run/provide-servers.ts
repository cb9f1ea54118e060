// Runs once before the first test (vitest's globalSetup) and hands the servers to the tests by environment variables.
// It uses what is running, starts privately what is merely installed, and never installs anything.
import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { VARIABLES } from '../support/server-names.ts';
import { CHROMIUMS, findProgram } from './find-program.ts';
import { canConnect, startMariadb, startRedis } from './private-servers.ts';

const MARIADB_AT_HOME = 'mysql://root@127.0.0.1:3306';
const REDIS_AT_HOME = { host: '127.0.0.1', port: 6379 };

type Provided = { readonly address: string; readonly giveBack: () => Promise<void> };

/** Returns what gives everything back. A variable that is set already names the server to use, and is left alone. */
export default async function provideServers(): Promise<() => Promise<void>> {
  const provided = await Promise.all([
    provide(VARIABLES.MariaDB, provideMariadb),
    provide(VARIABLES.Redis, provideRedis),
    provide(VARIABLES.Chromium, async () => withoutReturn(findProgram(CHROMIUMS))),
  ]);
  return async () => {
    for (const each of provided) await each?.giveBack();
  };
}

async function provide(variable: string, find: () => Promise<Provided | null>): Promise<Provided | null> {
  if (process.env[variable]) return null;
  const found = await find();
  if (found === null) return null;
  process.env[variable] = found.address;
  const giveBack = async (): Promise<void> => {
    // Who runs tests once more in this environment must not look for what is gone.
    delete process.env[variable];
    await found.giveBack();
  };
  return { ...found, giveBack };
}

async function provideMariadb(): Promise<Provided | null> {
  const started = (await acceptsRoot(MARIADB_AT_HOME)) ? null : await startMariadb();
  const server = started?.address ?? MARIADB_AT_HOME;
  if (started === null && !(await acceptsRoot(server))) return null;
  const name = `daybreak_test_${randomBytes(4).toString('hex')}`;
  await runOn(server, async (query) => query(`create database ${name}`));
  const dropAll = () =>
    runOn(server, async (query) => {
      // Tests name further databases after this one.
      const names = await query(
        `select schema_name as name from information_schema.schemata where schema_name like '${name}%'`,
      );
      for (const row of names) await query(`drop database \`${String(row.name)}\``);
    });
  return { address: `${server}/${name}`, giveBack: started === null ? dropAll : started.stop };
}

async function acceptsRoot(server: string): Promise<boolean> {
  try {
    await runOn(server, async (query) => query('select 1'));
    return true;
  } catch {
    // Nobody there, or somebody else's server with a password: both mean that it is not ours to use.
    return false;
  }
}

type Query = (text: string) => Promise<Record<string, unknown>[]>;

async function runOn<T>(server: string, work: (query: Query) => Promise<T>): Promise<void> {
  const connection = await createConnection({ uri: server, connectTimeout: 5_000 });
  try {
    await work(async (text) => (await connection.query(text))[0] as Record<string, unknown>[]);
  } finally {
    await connection.end();
  }
}

// A private one is better than the machine's: it starts in a blink, and tests may flush it.
async function provideRedis(): Promise<Provided | null> {
  const started = await startRedis();
  if (started !== null) return { address: started.address, giveBack: started.stop };
  return (await canConnect(REDIS_AT_HOME))
    ? withoutReturn(`redis://${REDIS_AT_HOME.host}:${REDIS_AT_HOME.port}`)
    : null;
}

const withoutReturn = (address: string | null): Provided | null =>
  address === null ? null : { address, giveBack: async () => undefined };
