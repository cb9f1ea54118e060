/** What a test may need beside Node. The run finds them, or starts them, before the first test. */
export type Server = SqlServer | 'Redis' | 'Chromium' | 'built page';

/** `MariaDB`: the run's database server, whichever kind it is. `MySQL 8`: a second one, where somebody gives its address. */
export type SqlServer = 'MariaDB' | 'MySQL 8';

/** The environment variable by which each comes to the tests. */
export const VARIABLES: Readonly<Record<Server, string>> = {
  MariaDB: 'DAYBREAK_TEST_MYSQL_URL',
  'MySQL 8': 'DAYBREAK_TEST_MYSQL8_URL',
  Redis: 'DAYBREAK_TEST_REDIS_URL',
  Chromium: 'DAYBREAK_TEST_CHROMIUM',
  'built page': 'DAYBREAK_TEST_PAGE',
};

/** What brings each of them, for whoever reads that tests were left out. */
export const COMMANDS: Readonly<Record<Server, string>> = {
  MariaDB: 'npm run test:servers',
  'MySQL 8': 'DAYBREAK_TEST_MYSQL8_URL=mysql://USER:PASSWORD@HOST:PORT npm test',
  Redis: 'npm run test:servers',
  Chromium: 'npm run test:servers',
  'built page': 'npm ci --prefix scheduler/web',
};

/** Left out and counted even where everything is required: the system's packages do not bring it. */
export const NEVER_REQUIRED: ReadonlySet<Server> = new Set(['MySQL 8']);

/** Put behind the title of tests that are left out, so that the end of the run can say for want of what. */
export const markMissing = (servers: readonly Server[]): string => `(needs ${servers.join(', ')})`;

/** Reads the marks in a test's full title. */
export function serversInTitle(title: string): Server[] {
  const names = [...title.matchAll(/\(needs ([\w, ]+)\)/g)].flatMap((match) => (match[1] as string).split(', '));
  return [...new Set(names)].filter((name): name is Server => Object.hasOwn(VARIABLES, name));
}
