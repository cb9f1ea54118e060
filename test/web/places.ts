import type { FakeState } from './fake-answers.ts';
import { CHAIN } from './fake-night.ts';
import { SCRIPT_JOB } from './fake-scripts.ts';

/** Every page of the page, for pictures and for the checks that each has to pass, of made-up data and of nights that ran. */
export interface Place {
  readonly name: string;
  readonly path: (ids: Ids) => string;
  /** What the made-up data has to be for it. Whoever is in has these places behind them: they are passed by hand. */
  readonly before?: Partial<FakeState>;
  readonly wait?: string;
}

/** What stands in addresses and is another number in each installation. */
export interface Ids {
  readonly run: number;
  readonly failedRun: number;
  readonly log: number;
  readonly job: number;
  /** A job that runs a script. */
  readonly scriptJob: number;
  readonly chain: string;
  readonly requestNo: string;
  readonly executor: number;
  readonly nights: readonly [string, string];
}

export const FAKE_IDS: Ids = {
  run: 9003,
  failedRun: 9005,
  log: 70001,
  job: 14,
  scriptJob: SCRIPT_JOB,
  chain: CHAIN,
  requestNo: 'PRD.C-2026-000401.P.2026-11.1.1',
  executor: 3,
  nights: ['117', '118'],
};

export const PLACES: readonly Place[] = [
  { name: 'login', path: () => '/', before: { isLoggedIn: false }, wait: '.door form' },
  { name: 'setup', path: () => '/setup/abc', before: { isLoggedIn: false, isSetUp: false }, wait: '.door form' },
  { name: 'password', path: () => '/', before: { mustChangePassword: true }, wait: '.door form' },
  { name: 'tonight', path: () => '/', wait: '.graph' },
  { name: 'runs', path: () => '/runs', wait: 'table.list' },
  { name: 'run', path: ({ run }) => `/runs/${run}`, wait: '.shard-row' },
  { name: 'run-failed', path: ({ failedRun }) => `/runs/${failedRun}`, wait: '.shard-row' },
  { name: 'log', path: ({ log }) => `/logs/${log}`, wait: '.log-line' },
  { name: 'reports', path: () => '/reports', wait: 'table.list' },
  { name: 'jobs', path: () => '/jobs', wait: 'table.list' },
  { name: 'job', path: ({ job }) => `/jobs/${job}`, wait: '.facts' },
  { name: 'edit-job', path: ({ job }) => `/jobs/${job}/edit`, wait: '.cron' },
  { name: 'new-job', path: () => '/jobs/new', wait: '.field' },
  { name: 'script-job', path: ({ scriptJob }) => `/jobs/${scriptJob}`, wait: '.code-view' },
  { name: 'script', path: ({ scriptJob }) => `/jobs/${scriptJob}/script`, wait: '.script-line' },
  { name: 'edit-script', path: ({ scriptJob }) => `/jobs/${scriptJob}/script/edit`, wait: '.code-input' },
  { name: 'chains', path: () => '/chains', wait: 'table.list' },
  { name: 'chain', path: ({ chain }) => `/chains/${chain}`, wait: '.graph' },
  { name: 'new-chain', path: () => '/chains/new', wait: '.field' },
  { name: 'edit-chain', path: ({ chain }) => `/chains/${chain}/edit`, wait: '.react-flow__node' },
  { name: 'calendars', path: () => '/calendars', wait: '.months' },
  { name: 'holds', path: () => '/holds', wait: 'table.list' },
  { name: 'items', path: () => '/items?group=settlement', wait: 'table.list' },
  { name: 'item', path: ({ requestNo }) => `/items?group=settlement&request=${requestNo}`, wait: '.history' },
  { name: 'approvals', path: () => '/approvals', wait: '.approval' },
  { name: 'executors', path: () => '/executors', wait: 'table.list' },
  { name: 'executor', path: ({ executor }) => `/executors/${executor}`, wait: '.facts' },
  { name: 'nights', path: () => '/nights?group=settlement', wait: 'table.list' },
  { name: 'night', path: ({ nights: [one] }) => `/nights/settlement/${one}`, wait: 'table.list' },
  {
    name: 'night-compare',
    path: ({ nights: [one, other] }) => `/nights/settlement/${one}?with=${other}`,
    wait: 'table.list',
  },
  { name: 'alarms', path: () => '/alarms', wait: 'table.list' },
  { name: 'channels', path: () => '/alarms?tab=channels', wait: 'table.list' },
  { name: 'rules', path: () => '/alarms?tab=rules', wait: 'table.list' },
  { name: 'messages', path: () => '/alarms?tab=messages', wait: 'table.list' },
  { name: 'users', path: () => '/users', wait: 'table.list' },
  { name: 'keys', path: () => '/users?tab=keys', wait: 'table.list' },
  { name: 'audit', path: () => '/audit', wait: 'table.list' },
  { name: 'me', path: () => '/me', wait: 'table.list' },
];
