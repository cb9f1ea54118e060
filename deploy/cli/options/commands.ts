import { ADMIN_COMMANDS } from './admin-commands.ts';
import { CLUSTER_COMMANDS } from './cluster-commands.ts';
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { ACCESS_TOKEN, HELP, SCHEDULERS } from './setting-rows.ts';

const WHERE: readonly OptionSpec[] = [
  {
    name: 'home',
    value: 'DIR',
    meaning: 'folder of the embedded store, the reports and the logs',
    default: './daybreak-data',
  },
  {
    name: 'store',
    value: 'URL',
    meaning: 'where all nights are kept: sqlite:PATH, or mysql://USER:PASSWORD@HOST:PORT/DATABASE',
    default: 'sqlite:HOME/daybreak.db',
    env: 'DAYBREAK_STORE',
  },
];

const night: CommandSpec = {
  name: 'night',
  summary: 'runs one settlement night to its end, or takes up one that was cut off',
  about: [
    'Imports the plan file, debits premiums, then principals whose premium succeeded, settles what was left unclear,',
    'and reconciles with the gateway. Without --plans and --date it runs the sample against its own simulator.',
    'The same command goes on with a night that was cut off; nothing is debited twice for it.',
  ],
  options: [
    { name: 'date', value: 'YYYY-MM-DD', meaning: 'business date: the day that is settled', default: "the sample's" },
    { name: 'plans', value: 'FILE', meaning: 'plan file (CSV) with what is to be debited', default: 'the sample' },
    {
      name: 'gateway',
      value: 'URL',
      meaning: 'payment gateway, http:// or https://',
      default: 'an own simulator, its books beside the store',
    },
    { name: 'gateway-key', value: 'KEY', meaning: 'key of the gateway', env: 'DAYBREAK_GATEWAY_KEY' },
    { name: 'gateway-key-file', value: 'FILE', meaning: 'file that holds the key (keeps it out of the process list)' },
    {
      name: 'gateway-timeout-ms',
      value: 'MS',
      meaning: 'longest wait for one answer of the gateway, milliseconds, 100 to 600000',
      default: '10000; 2000 with the simulator',
    },
    {
      name: 'callback-port',
      value: 'N',
      meaning: 'opens POST /gateway/callbacks on 127.0.0.1 at this port, 1 to 65535',
      default: 'closed',
    },
    {
      name: 'callback-secret',
      value: 'SECRET',
      meaning: 'secret of the callback signature',
      default: 'the gateway key',
      env: 'DAYBREAK_CALLBACK_SECRET',
    },
    { name: 'executors', value: 'N', meaning: 'how many executors share the work, 1 to 64', default: '3' },
    ...WHERE,
    {
      name: 'redis',
      value: 'URL',
      meaning:
        'redis:// (or rediss://, over TLS) server for wake-ups and live progress; it must answer at the start, and may be gone at any time after it',
      default: 'none',
    },
    { name: 'chunk-size', value: 'N', meaning: 'items in one transaction, 1 to 100000', default: '1000' },
    {
      name: 'cut-off',
      value: 'HH:MM',
      meaning: "no send is waited for after it: the next such time after the night's first start",
      default: 'two hours after the first start',
    },
    {
      name: 'time-zone',
      value: 'ZONE',
      meaning: 'time zone of the cut-off, e.g. Asia/Shanghai',
      default: "the machine's",
    },
    { name: 'report', value: 'DIR', meaning: 'folder the report is written to', default: 'HOME/nights/DATE' },
    {
      name: 'max-reject-percent',
      value: 'PERCENT',
      meaning: 'nothing is debited when more lines of the file than this are rejected, 0 to 100',
      default: '1',
    },
    {
      name: 'faults',
      value: 'none|moderate|hostile',
      meaning: "the simulator's faults (not with --gateway)",
      default: 'moderate',
    },
    { name: 'fresh', meaning: 'starts another night for a date whose night has ended; paid plans are not due again' },
    { name: 'json', meaning: 'lines go to standard error; the last line of standard output is the report as JSON' },
    HELP,
  ],
  exitCodes: [
    [0, 'every due plan ended in SUCCESS, FAILED or BLOCKED, and conservation holds'],
    [1, 'internal error, or the store was lost: state is kept, the same command goes on'],
    [2, 'bad input: file refused, bad option, store or gateway not reachable; nothing was debited'],
    [3, 'conservation holds, but some plans are unresolved at the cut-off: each is listed'],
    [4, 'conservation does not hold, or no settlement file could be had: each difference is listed'],
    [130, 'ended by Ctrl-C (143 by SIGTERM): the same command goes on'],
  ],
};

const dev: CommandSpec = {
  name: 'dev',
  summary: 'runs a scheduler to try things out with, and a sample night again and again',
  about: [
    'Runs a scheduler on an embedded store, with executors that settle a small sample night, in one process, until Ctrl-C.',
    'It prints a one-time token by which executors of yours join, and a line for each event. Times are short: an executor',
    'that is killed is silent after 3 s and gone after 10 s. A second start goes on from the store. Not for production.',
  ],
  options: [
    { name: 'home', value: 'DIR', meaning: 'its files lie in DIR/dev', default: './daybreak-data' },
    {
      name: 'port',
      value: 'N',
      meaning: 'where executors register, 0 to 65535; 0 takes any free one',
      default: '8080',
      env: 'DAYBREAK_DEV_PORT',
    },
    {
      name: 'host',
      value: 'HOST',
      meaning:
        'address to listen on; for another than this machine, 0.0.0.0: then executors of private networks may join',
      default: '127.0.0.1',
    },
    {
      name: 'cron',
      value: 'TEXT',
      meaning: 'when the sample night is fired: five fields as in Unix, or six or seven as in Quartz',
      default: '0 */5 * * * ?',
    },
    {
      name: 'zone',
      value: 'ZONE',
      meaning: 'time zone of cron and dates, e.g. Asia/Shanghai',
      default: "the machine's",
    },
    {
      name: 'jobs',
      value: 'FILE',
      meaning: 'module that exports jobs and chains of yours; read again when it changes',
      default: 'none',
    },
    {
      name: 'faults',
      value: 'none|moderate|hostile|unsettled',
      meaning: "what the sample night's gateway does wrong; unsettled leaves items to people",
      default: 'moderate',
    },
    {
      name: 'night-lasts',
      value: 'SECONDS',
      meaning: 'from the fire of a sample night to its cut-off, 20 to 3600',
      default: '180',
    },
    { name: 'now', meaning: 'fires the sample night at the start as well' },
    { name: 'no-samples', meaning: 'neither the sample night nor its executors' },
    { name: 'token', meaning: 'prints a new join token of the dev that runs in this home, and ends' },
    { name: 'fire', value: 'NAME', meaning: 'has the dev that runs in this home fire this job or chain, and ends' },
    { name: 'json', meaning: 'one JSON object per event on standard output instead of lines' },
    HELP,
  ],
  exitCodes: [
    [0, 'asked (--token, --fire)'],
    [1, 'internal error, or the store was lost: state is kept, the same command goes on'],
    [2, 'bad option or jobs file, port taken, or another process works in this home'],
    [130, 'ended by Ctrl-C (143 by SIGTERM)'],
  ],
};

const status: CommandSpec = {
  name: 'status',
  summary: 'shows what runs, what is open and since when, and the last nights',
  about: [
    'Works while a night runs (it asks the running process) and when none does (it reads the store).',
    'With --schedulers it asks a cluster instead: its executors, its open runs and its chain runs.',
  ],
  options: [
    ...WHERE,
    SCHEDULERS,
    ...ACCESS_TOKEN,
    { name: 'json', meaning: 'one JSON document instead of tables' },
    HELP,
  ],
  exitCodes: [
    [0, 'shown'],
    [1, 'internal error'],
    [2, 'bad option, or neither store nor scheduler is reachable'],
  ],
};

const resolve: CommandSpec = {
  name: 'resolve',
  summary: 'settles an item that only people can judge (MANUAL): two names and a reason',
  about: ['Works while a night runs and when none does. Prints the history of the item.'],
  positional: 'REQUEST_NO',
  options: [
    {
      name: 'as',
      value: 'success|failed|retry',
      meaning: 'what the debit came to; retry: certainly not executed, present it again',
    },
    { name: 'by', value: 'NAME', meaning: 'who judged it' },
    { name: 'approved-by', value: 'NAME', meaning: 'who approved it: another person' },
    { name: 'reason', value: 'TEXT', meaning: 'on what ground' },
    ...WHERE,
    { name: 'json', meaning: 'one JSON document instead of text' },
    HELP,
  ],
  exitCodes: [
    [0, 'resolved'],
    [1, 'internal error'],
    [2, 'unknown request number, not MANUAL, the same name twice, no reason, or the store is not reachable'],
  ],
};

export const COMMANDS: readonly CommandSpec[] = [night, dev, ...CLUSTER_COMMANDS, ...ADMIN_COMMANDS, status, resolve];
