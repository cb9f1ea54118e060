import type { OptionSpec } from './command-spec.ts';

/** Rows that several commands share. */
export const HELP: OptionSpec = { name: 'help', meaning: 'shows this text' };

/** An option that has the variable which its name gives: `gateway-timeout-ms` is DAYBREAK_GATEWAY_TIMEOUT_MS. */
export const setting = (row: Omit<OptionSpec, 'env'>): OptionSpec => ({ ...row, env: variableOf(row.name) });

export const variableOf = (name: string): string => `DAYBREAK_${name.replaceAll('-', '_').toUpperCase()}`;

export const STORE_FILE = setting({
  name: 'store-file',
  value: 'FILE',
  meaning: 'file that holds the URL of the database, for one with a password in it',
});

export const STORE_CONNECTIONS = setting({
  name: 'store-connections',
  value: 'N',
  meaning: 'connections of each process to the database, 2 to 1000, and two more that only renew leases',
  default: '10',
});

export const SCHEDULERS = setting({
  name: 'schedulers',
  value: 'URL,URL',
  meaning: 'addresses of the schedulers, e.g. http://10.0.0.5:8080; one that does not answer is passed over',
});

export const ACCESS_TOKEN: readonly OptionSpec[] = [
  setting({
    name: 'access-token-file',
    value: 'FILE',
    meaning: 'file that holds the token which schedulers and executors share, 32 bytes or more',
  }),
  setting({
    name: 'access-token',
    value: 'TOKEN',
    meaning: 'the token itself; not as an option, which the process list would show',
    secret: true,
  }),
];

/** For commands that take a configuration file. */
export const CONFIGURATION: readonly OptionSpec[] = [
  setting({
    name: 'config',
    value: 'FILE',
    meaning: 'JSON file with these options, names like gatewayTimeoutMs; a variable wins over it, an option over both',
    default: 'none',
  }),
  {
    name: 'print-config',
    meaning: 'shows each option with its value (secrets masked) and where it comes from, and ends',
  },
  HELP,
];

export const REDIS = setting({
  name: 'redis',
  value: 'URL',
  meaning:
    'redis:// (or rediss://, over TLS) server for wake-ups and spare rate; it may be gone at any time, and only latency changes',
  default: 'none',
});

export const CLUSTER = setting({
  name: 'cluster',
  value: 'NAME',
  meaning:
    'what the cluster is called: a database belongs to the first name, a Redis may serve several; 1 to 64 letters, digits, "_", ".", ":" or "-"',
  default: 'daybreak',
});

export const WAIT = setting({
  name: 'wait',
  value: 'SECONDS',
  meaning: 'how long the start waits for servers that are not there yet, 0 to 86400',
  default: '60',
});

export const NO_MIGRATE = setting({
  name: 'no-migrate',
  meaning: 'refuses to start when the tables are older than this version, instead of bringing them up to date',
});

export const drain = (what: string, standard: string): OptionSpec =>
  setting({
    name: 'drain',
    value: 'SECONDS',
    meaning: `after SIGTERM or Ctrl-C: ${what}, 0 to 3600; a second signal ends at once`,
    default: standard,
  });

/** Where a server of ours listens. */
export const listening = (port: string, who: string): readonly OptionSpec[] => [
  setting({
    name: 'host',
    value: 'HOST',
    meaning: 'address to listen on; 0.0.0.0 for every one of this machine',
    default: '127.0.0.1',
  }),
  setting({
    name: 'port',
    value: 'N',
    meaning: `where ${who}, 0 to 65535; 0 takes any free one`,
    default: port,
  }),
];
