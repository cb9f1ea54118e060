import { describe, test } from 'vitest';
import { COMMANDS, markMissing, NEVER_REQUIRED, type Server, type SqlServer, VARIABLES } from './server-names.ts';

/** A MariaDB or MySQL and a database of this run's own on it: `mysql://root@127.0.0.1:3306/daybreak_test_4f2a`. */
export const mysqlUrl = (server: SqlServer = 'MariaDB'): string => addressOf(server);

/** A Redis: `redis://127.0.0.1:41234`. */
export const redisUrl = (): string => addressOf('Redis');

/** The path of a Chromium that Playwright can drive. */
export const chromiumPath = (): string => addressOf('Chromium');

/** The folder of the page as it is built from these sources. */
export const pageFolder = (): string => addressOf('built page');

/** Whether this machine has it, for a test that does more where it is. */
export const hasServer = (server: Server): boolean => Boolean(process.env[VARIABLES[server]]);

/**
 * A `describe` whose tests need these servers. Where one is missing they are left out and the run says so at its end;
 * where everything is required (DAYBREAK_TEST_REQUIRE_ALL=1, as in continuous integration) they fail instead, but for
 * what is never required.
 *
 * @example
 * describeWith(['MariaDB'], 'the slice store', () => {
 *   test('a claim moves the epoch', async () => { const pool = createPool(mysqlUrl()); });
 * });
 */
export function describeWith(servers: readonly Server[], title: string, body: () => void): void {
  const missing = servers.filter((server) => !hasServer(server));
  if (missing.length === 0) {
    describe(title, body);
  } else if (process.env.DAYBREAK_TEST_REQUIRE_ALL === '1' && !missing.some((server) => NEVER_REQUIRED.has(server))) {
    describe(`${title} ${markMissing(missing)}`, () => {
      test('has the servers that it needs', () => {
        const commands = [...new Set(missing.map((server) => COMMANDS[server]))].join('; ');
        throw new Error(`${missing.join(' and ')} not found; install what is missing with: ${commands}`);
      });
    });
  } else {
    describe.skip(`${title} ${markMissing(missing)}`, body);
  }
}

function addressOf(server: Server): string {
  const address = process.env[VARIABLES[server]];
  if (!address) throw new Error(`a test uses ${server} outside describeWith(['${server}'], ...)`);
  return address;
}
