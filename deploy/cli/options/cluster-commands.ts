import { ADMIN_SETTINGS } from './admin-rows.ts';
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { EXECUTOR } from './executor-rows.ts';
import {
  ACCESS_TOKEN,
  CLUSTER,
  CONFIGURATION,
  drain,
  listening,
  NO_MIGRATE,
  REDIS,
  SCHEDULERS,
  STORE_CONNECTIONS,
  STORE_FILE,
  setting,
  WAIT,
} from './setting-rows.ts';

const STORE: OptionSpec = setting({
  name: 'store',
  value: 'URL',
  meaning:
    'the database: mysql://USER:PASSWORD@HOST:PORT/DATABASE (?tls=verified: over TLS), or sqlite:PATH for one process alone',
});

const scheduler: CommandSpec = {
  name: 'scheduler',
  summary: 'runs a scheduler of a cluster; start as many as you like on one database',
  about: [
    'Fires jobs and chains, hands their shards to executors and hears their results. Schedulers have no leader: each does',
    'what is due, and the database sees to it that nothing is done twice. Serves the admin: the page and its API; as long',
    'as nobody can log in, each start prints a one-time link for the first administrator. Runs until SIGTERM or Ctrl-C.',
  ],
  configured: true,
  options: [
    STORE,
    STORE_FILE,
    STORE_CONNECTIONS,
    REDIS,
    CLUSTER,
    ...listening('8080', 'executors and operators reach it'),
    setting({
      name: 'address',
      value: 'URL',
      meaning: 'what people and the other schedulers call it',
      default: "http://HOST:PORT/, the machine's name for 0.0.0.0",
    }),
    ...ACCESS_TOKEN,
    setting({
      name: 'previous-access-token',
      value: 'TOKEN',
      meaning: 'the token before, still taken while a cluster changes it; not as an option',
      secret: true,
    }),
    setting({
      name: 'jobs',
      value: 'FILE',
      meaning: 'module that exports jobs and chains; what the database has beside them goes on',
      default: 'none',
    }),
    setting({ name: 'settlement', meaning: 'has the chain nightly-settlement and its jobs (their ids are 1 to 5)' }),
    setting({
      name: 'allow-networks',
      value: 'CIDR,CIDR',
      meaning: 'networks in which executors may live',
      default: '127.0.0.0/8,::1/128',
    }),
    setting({
      name: 'arrival-roots',
      value: 'DIR,DIR',
      meaning: 'folders below which jobs may wait for files',
      default: 'none',
    }),
    ...ADMIN_SETTINGS,
    setting({
      name: 'silent-after-ms',
      value: 'MS',
      meaning: 'an executor that is quiet for so long gets no new work, milliseconds, 100 to 3600000',
      default: '45000',
    }),
    setting({
      name: 'gone-after-ms',
      value: 'MS',
      meaning: 'one that is quiet for so long is gone and loses its shards, milliseconds, more than the one above',
      default: '90000',
    }),
    WAIT,
    NO_MIGRATE,
    drain('how long requests under way may take', '10'),
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'ended by SIGTERM or Ctrl-C, in order'],
    [1, 'internal error'],
    [2, 'bad option, no access token, port taken, a server did not come in time, or a night holds the database'],
  ],
};

const gateway: CommandSpec = {
  name: 'gateway',
  summary: 'runs the payment gateway simulator, for trying a cluster out',
  about: [
    'A gateway with books of its own and the faults that real ones have. Calls back on its own machine only.',
    'Runs until SIGTERM or Ctrl-C; the next start goes on from its books. It moves no money.',
  ],
  configured: true,
  options: [
    ...listening('9100', 'it is called'),
    setting({
      name: 'books',
      value: 'FILE',
      meaning: 'file of its books, made when it is not there',
      default: './daybreak-data/gateway-books.db',
    }),
    setting({ name: 'gateway-key-file', value: 'FILE', meaning: 'file that holds the key which callers must show' }),
    setting({ name: 'gateway-key', value: 'KEY', meaning: 'the key itself; not as an option', secret: true }),
    setting({
      name: 'faults',
      value: 'none|moderate|hostile|unsettled',
      meaning: 'what goes wrong with it',
      default: 'none',
    }),
    setting({
      name: 'requests-per-second',
      value: 'N',
      meaning: 'what it says it takes, 1 to 100000',
      default: '200',
    }),
    setting({
      name: 'callback-secret',
      value: 'SECRET',
      meaning: 'what its callbacks are signed with; not as an option',
      default: 'the key',
      secret: true,
    }),
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'ended by SIGTERM or Ctrl-C'],
    [1, 'internal error'],
    [2, 'bad option, no key, or the port is taken'],
  ],
};

const migrate: CommandSpec = {
  name: 'migrate',
  summary: 'brings the tables of a database to this version, or prints their DDL',
  about: [
    'Applies what is missing of the scheduler and the executors, by one process at a time, and says what that was.',
    'With --print nothing is changed: the DDL of the database goes to standard output, for those who run it themselves;',
    'mysql: or sqlite: alone is enough for that. Where the database answers, what it has already is marked.',
  ],
  configured: true,
  options: [
    STORE,
    STORE_FILE,
    { name: 'print', meaning: 'prints the DDL and changes nothing' },
    setting({ ...WAIT, default: '0' }),
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'the tables are those of this version, or the DDL is printed'],
    [1, 'internal error'],
    [2, 'bad option, the database is not reachable, or it was migrated by a newer version'],
  ],
};

const fire: CommandSpec = {
  name: 'fire',
  summary: 'starts a chain or a job of a cluster now, and waits for its end if asked to',
  about: [
    'Asks the first scheduler that answers. The same --request-id for the same chain and date is the same chain run, so a',
    'command whose answer was lost can be given again. With --wait it shows where the run stands and ends as it ends.',
  ],
  positional: 'NAME',
  configured: true,
  options: [
    SCHEDULERS,
    ...ACCESS_TOKEN,
    {
      name: 'date',
      value: 'YYYY-MM-DD',
      meaning: 'business date: the day that is settled',
      default: "today in the chain's or job's zone",
    },
    {
      name: 'param',
      value: 'KEY=VALUE',
      meaning: 'a field of the parameter, which handlers get as JSON; as often as needed',
      default: "each job's own parameter",
      many: true,
    },
    {
      name: 'request-id',
      value: 'TEXT',
      meaning: 'names this order, 1 to 100 characters',
      default: 'a new one, which is printed',
    },
    {
      name: 'cut-off-minutes',
      value: 'N',
      meaning: 'a chain has to be done so many minutes from now, 1 to 100000',
      default: "the chain's own cut-off",
    },
    {
      name: 'by',
      value: 'NAME',
      meaning: 'who asks, for the record, 1 to 64 characters',
      default: 'the user at this machine',
    },
    { name: 'wait', meaning: 'shows progress until the run has ended; the exit code says how' },
    { name: 'json', meaning: 'one JSON document instead of lines, which go to standard error' },
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'started; with --wait: it succeeded'],
    [1, 'internal error'],
    [2, 'bad option, unknown name, wrong token, or no scheduler is reachable'],
    [3, 'with --wait, a settlement: some plans are unresolved at the cut-off'],
    [4, 'with --wait, a settlement: conservation does not hold'],
    [5, 'with --wait: the run failed, was cancelled, discarded or timed out'],
    [130, 'ended by Ctrl-C (143 by SIGTERM): the run goes on'],
  ],
};

export const CLUSTER_COMMANDS: readonly CommandSpec[] = [scheduler, EXECUTOR, gateway, migrate, fire];
