import type { CommandName, CommandSpec, OptionSpec } from './command-spec.ts';
import { CONFIGURATION, SCHEDULERS, setting } from './setting-rows.ts';

/** How commands reach /api/v1: with a key that has rights of its own (docs/admin.md). */
const API: readonly OptionSpec[] = [
  SCHEDULERS,
  setting({ name: 'api-key-file', value: 'FILE', meaning: 'file that holds the key, which begins with dbk_' }),
  setting({ name: 'api-key', value: 'KEY', meaning: 'the key itself; not as an option', secret: true }),
];
const JSON_LINES: OptionSpec = { name: 'json', meaning: 'one JSON document instead of a table' };
const FAILED: CommandSpec['exitCodes'] = [
  [1, 'internal error'],
  [2, 'bad option, no key, a key without the right, nothing of that name, or no scheduler is reachable'],
];

const apply: CommandSpec = {
  name: 'apply',
  summary: 'makes the groups, calendars, jobs, chains and people of a file, after showing what would change',
  about: [
    'FILE is YAML or JSON. What it names is made or changed in one transaction, all of it or nothing; what it does not name',
    'is not touched. The same file again changes nothing. A wrong field is named with its path and line. People need the',
    'key of an administrator; who is new gets a first password, shown once.',
  ],
  positional: 'FILE',
  configured: true,
  options: [
    ...API,
    { name: 'yes', meaning: 'does not ask; needed where nobody can be asked' },
    { name: 'dry-run', meaning: 'shows what would change and changes nothing' },
    {
      name: 'first-passwords',
      value: 'FILE',
      meaning:
        'makes this file, which only its owner may read, with the first passwords of people who are new, instead of showing them; needed with --json and where there is no terminal',
    },
    JSON_LINES,
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'applied, or there was nothing to change'],
    [1, 'internal error'],
    [
      2,
      'the file is refused, nobody agreed, bad option, no key or no right, or no scheduler is reachable; nothing changed',
    ],
    [130, 'ended by Ctrl-C at the question; nothing changed'],
  ],
};

const exportSpec: CommandSpec = {
  name: 'export',
  summary: 'prints the groups, calendars, jobs and chains of a scheduler as a file for daybreak apply',
  about: [
    'YAML without what is default. Applied again it changes nothing. Texts of scripts are no part of it; people and their',
    'rights are, with the key of an administrator.',
  ],
  configured: true,
  options: [...API, { name: 'json', meaning: 'JSON instead of YAML' }, ...CONFIGURATION],
  exitCodes: [[0, 'printed'], ...FAILED],
};

const importSpec: CommandSpec = {
  name: 'import',
  summary: 'prints what an xxl-job database has as a file for daybreak apply, and what could not be carried',
  about: [
    'Reads groups, jobs with their schedules and child links, and users of xxl-job, and changes nothing anywhere. The file',
    'goes to standard output; a line on standard error says for each row what is not in it, and what is to be done.',
  ],
  positional: 'xxl-job mysql://USER@HOST:PORT/DATABASE',
  configured: true,
  options: [
    { name: 'zone', value: 'ZONE', meaning: 'time zone of the machine that xxl-job runs on; must be given' },
    setting({
      name: 'source-file',
      value: 'FILE',
      meaning: 'file that holds the mysql:// URL, for one with a password in it',
    }),
    setting({
      name: 'source',
      value: 'URL',
      meaning: 'the URL itself, instead of the one that is typed',
      secret: true,
    }),
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'printed'],
    [1, 'internal error'],
    [2, 'bad option, or the database cannot be read'],
  ],
};

const jobs: CommandSpec = {
  name: 'jobs',
  summary: 'lists the jobs of a scheduler: schedule, next fire, last outcome',
  about: ['Jobs by name, as far as the key may see them.'],
  configured: true,
  options: [
    ...API,
    { name: 'search', value: 'TEXT', meaning: 'a part of name, title, handler or owner' },
    { name: 'group', value: 'NAME', meaning: 'only those of this group of executors' },
    { name: 'tag', value: 'TEXT', meaning: 'only those with this tag' },
    JSON_LINES,
    ...CONFIGURATION,
  ],
  exitCodes: [[0, 'shown'], ...FAILED],
};

const runs: CommandSpec = {
  name: 'runs',
  summary: 'lists runs, the newest first, or shows one with its shards',
  about: ['With a RUN_ID: that run, its shards and the reason of each that failed. Without: the last ones.'],
  positional: 'RUN_ID',
  configured: true,
  options: [
    ...API,
    { name: 'job', value: 'NAME', meaning: 'only those of this job' },
    { name: 'chain', value: 'NAME', meaning: 'only those of this chain' },
    {
      name: 'state',
      value: 'WORD',
      meaning: 'one state such as failed; or open, or bad (failed, timed out, cancelled)',
    },
    { name: 'date', value: 'YYYY-MM-DD', meaning: 'only those of this business date' },
    { name: 'limit', value: 'N', meaning: 'how many, 1 to 10000', default: '20' },
    JSON_LINES,
    ...CONFIGURATION,
  ],
  exitCodes: [[0, 'shown'], ...FAILED],
};

const trigger: CommandSpec = {
  name: 'trigger',
  summary: 'runs a job or starts a chain now, with an API key, and prints the id of the run',
  about: [
    'A job of that name, else a chain. The same --request-id is the same run, so a command whose answer was lost can be',
    'given again. daybreak fire does the same with the access token of the cluster, and can wait for the end.',
  ],
  positional: 'NAME',
  configured: true,
  options: [
    ...API,
    {
      name: 'date',
      value: 'YYYY-MM-DD',
      meaning: 'business date; a chain needs one',
      default: "today in the job's zone",
    },
    { name: 'param', value: 'TEXT', meaning: 'the parameter, as the handler gets it', default: "the job's own" },
    { name: 'request-id', value: 'TEXT', meaning: 'names this order, 1 to 100 characters', default: 'a new one' },
    { name: 'despite-hold', meaning: 'although it is held' },
    { name: 'dry-run', meaning: 'says what would happen: shards, executors, what it would wait for; nothing does' },
    { name: 'json', meaning: 'one JSON document instead of a line' },
    ...CONFIGURATION,
  ],
  exitCodes: [[0, 'started, or it was by the same request id; or the dry run is told'], ...FAILED],
};

const logs: CommandSpec = {
  name: 'logs',
  summary: 'prints the log of a run, and follows it if asked to',
  about: [
    'The log of one attempt of one shard: by default of the first shard that failed, else the first, its last attempt.',
  ],
  positional: 'RUN_ID',
  configured: true,
  options: [
    ...API,
    { name: 'shard', value: 'N', meaning: 'which shard, from 0', default: 'the first that failed, else the first' },
    { name: 'lines', value: 'N', meaning: 'how many of the last lines, 1 to 2000', default: '200' },
    { name: 'follow', meaning: 'goes on until the attempt has ended, or Ctrl-C' },
    { name: 'json', meaning: 'one JSON object per line' },
    ...CONFIGURATION,
  ],
  exitCodes: [[0, 'printed'], ...FAILED, [130, 'ended by Ctrl-C (143 by SIGTERM)']],
};

const kill: CommandSpec = {
  name: 'kill',
  summary: 'ends a run',
  about: [
    'What its executors do is cancelled; a debit that is under way stays unknown until the gateway says what it was.',
  ],
  positional: 'RUN_ID',
  configured: true,
  options: [
    ...API,
    { name: 'reason', value: 'TEXT', meaning: 'why, for the record; must be given' },
    { name: 'json', meaning: 'one JSON document instead of a line' },
    ...CONFIGURATION,
  ],
  exitCodes: [[0, 'ended, or it had ended before'], ...FAILED],
};

const audit: CommandSpec = {
  name: 'audit',
  summary: 'verifies the chain of hashes of the audit log: daybreak audit verify',
  about: [
    'The scheduler recomputes every hash from the first entry on, 20,000 entries per request. Write down elsewhere what it',
    'prints and give it with --anchor later: then it shows, too, when the end was cut off or the log made anew. Needs the',
    'key of an administrator.',
  ],
  positional: 'verify',
  configured: true,
  options: [
    ...API,
    {
      name: 'anchor',
      value: 'HASH@NUMBER',
      meaning: 'what an earlier verification printed, kept elsewhere: the entry of that number has to have that hash',
    },
    { name: 'head', value: 'HASH', meaning: 'a hash that was written down before: it has to be in the log' },
    { name: 'json', meaning: 'one JSON document instead of a line' },
    ...CONFIGURATION,
  ],
  exitCodes: [
    [0, 'every entry fits'],
    ...FAILED,
    [3, 'an entry was changed, taken out or put in, or the hash is not there'],
  ],
};

export const ADMIN_COMMANDS: readonly CommandSpec[] = [
  jobs,
  runs,
  trigger,
  logs,
  kill,
  apply,
  exportSpec,
  importSpec,
  audit,
];

/** What a configuration file may have an object of options for. */
export const ADMIN_COMMAND_NAMES: readonly CommandName[] = ADMIN_COMMANDS.map(({ name }) => name);
