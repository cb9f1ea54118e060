// Runs once before the first test (vitest's globalSetup) and hands the servers to the tests by environment variables.
// It uses what is running or starts privately what is installed, and never installs anything.
import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { VARIABLES } from '../support/server-names.ts';
import { CHROMIUMS, findProgram } from './find-program.ts';
import { canConnect, memoryFolder, type PrivateServer, startMariadb, startRedis } from './private-servers.ts';

const MARIADB_AT_HOME = 'mysql://root@127.0.0.1:3306';
const REDIS_AT_HOME = { host: '127.0.0.1', port: 6379 };

/** `npm test` without a filter says so. */
const isWholeRun = (): boolean => process.env.DAYBREAK_TEST_WHOLE === '1';

type Provided = { readonly address: string; readonly giveBack: () => Promise<void> };

/** Returns what gives everything back. A variable that is set already names the server to use, and is left alone. */
export default async function provideServers(): Promise<() => Promise<void>> {
  const provided = await Promise.all([
    provide(VARIABLES.MariaDB, provideMariadb),
    provideMysql8(),
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

// Of a whole run the server is a private one in memory: the tables of a scheduler are made there in 0.1 s, where a disk that
// keeps what it promises takes 2 to 6. For a file or two the start of a server is not worth it while one runs already.
async function provideMariadb(): Promise<Provided | null> {
  const isAtHome = await acceptsRoot(MARIADB_AT_HOME);
  const inMemory = isAtHome && !isWholeRun() ? null : await startInMemory();
  const started = inMemory ?? (isAtHome ? null : await startMariadb());
  if (started === null && !isAtHome) return null;
  const own = await ownDatabase(started?.address ?? MARIADB_AT_HOME);
  return { address: own.address, giveBack: started === null ? own.giveBack : started.stop };
}

/** Null also where it does not start there: a system may confine servers to folders that it names. */
async function startInMemory(): Promise<PrivateServer | null> {
  const memory = memoryFolder();
  if (memory === null) return null;
  try {
    return await startMariadb(memory);
  } catch (cause) {
    process.stdout.write(`No MariaDB in ${memory}, so on a disk: ${(cause as Error).message}\n`);
    return null;
  }
}

/** Only where somebody gives its address. One that names no database gets a database of the run's own. */
async function provideMysql8(): Promise<Provided | null> {
  const variable = VARIABLES['MySQL 8'];
  const given = process.env[variable];
  if (!given || new URL(given).pathname.length > 1) return null;
  const own = await ownDatabase(given.replace(/\/$/, ''));
  process.env[variable] = own.address;
  const giveBack = async (): Promise<void> => {
    process.env[variable] = given;
    await own.giveBack();
  };
  return { ...own, giveBack };
}

async function ownDatabase(server: string): Promise<Provided> {
  const name = `daybreak_test_${randomBytes(4).toString('hex')}`;
  await runOn(server, async (query) => query(`create database ${name}`));
  const giveBack = () =>
    runOn(server, async (query) => {
      // Tests name further databases after this one.
      const names = await query(
        `select schema_name as name from information_schema.schemata where schema_name like '${name}%'`,
      );
      for (const row of names) await query(`drop database \`${String(row.name)}\``);
    });
  return { address: `${server}/${name}`, giveBack };
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
