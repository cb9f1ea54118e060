import type { FakeState } from './fake-answers.ts';

/** Every page of the page, for pictures and for the checks that each has to pass. */
export interface Place {
  readonly name: string;
  readonly path: string;
  readonly before?: Partial<FakeState>;
  readonly wait?: string;
}
export const PLACES: readonly Place[] = [
  { name: 'login', path: '/', before: { isLoggedIn: false }, wait: '.door form' },
  { name: 'setup', path: '/setup/abc', before: { isLoggedIn: false, isSetUp: false }, wait: '.door form' },
  { name: 'password', path: '/', before: { mustChangePassword: true }, wait: '.door form' },
  { name: 'tonight', path: '/', wait: '.graph' },
  { name: 'runs', path: '/runs', wait: 'table.list' },
  { name: 'run', path: '/runs/9003', wait: '.shard-row' },
  { name: 'run-failed', path: '/runs/9005', wait: '.shard-row' },
  { name: 'log', path: '/logs/70001', wait: '.log-line' },
  { name: 'reports', path: '/reports', wait: 'table.list' },
  { name: 'jobs', path: '/jobs', wait: 'table.list' },
  { name: 'job', path: '/jobs/14', wait: '.facts' },
  { name: 'edit-job', path: '/jobs/14/edit', wait: '.cron' },
  { name: 'new-job', path: '/jobs/new', wait: '.field' },
  { name: 'chains', path: '/chains', wait: 'table.list' },
  { name: 'chain', path: '/chains/nightly-settlement', wait: '.graph' },
  { name: 'edit-chain', path: '/chains/nightly-settlement/edit', wait: '.react-flow__node' },
  { name: 'calendars', path: '/calendars', wait: '.months' },
  { name: 'holds', path: '/holds', wait: 'table.list' },
  { name: 'items', path: '/items', wait: 'table.list' },
  { name: 'item', path: '/items?group=settlement&request=PRD.C-2026-000401.P.2026-11.1.1', wait: '.history' },
  { name: 'approvals', path: '/approvals', wait: '.approval' },
  { name: 'executors', path: '/executors', wait: 'table.list' },
  { name: 'executor', path: '/executors/3', wait: 'table.list' },
  { name: 'nights', path: '/nights', wait: 'table.list' },
  { name: 'night', path: '/nights/settlement/117', wait: 'table.list' },
  { name: 'night-compare', path: '/nights/settlement/117?with=118', wait: 'table.list' },
  { name: 'alarms', path: '/alarms', wait: 'table.list' },
  { name: 'channels', path: '/alarms?tab=channels', wait: 'table.list' },
  { name: 'users', path: '/users', wait: 'table.list' },
  { name: 'audit', path: '/audit', wait: 'table.list' },
  { name: 'me', path: '/me', wait: 'table.list' },
];
