import type { Body } from '../../../../api/admin/contract/routes.ts';
import type { Setting } from '../../edit/settings.tsx';

export type JobInput = Body<'POST /jobs'>['job'];

const ROUTES = [
  'FIRST',
  'LAST',
  'ROUND',
  'RANDOM',
  'CONSISTENT_HASH',
  'LEAST_FREQUENTLY_USED',
  'LEAST_RECENTLY_USED',
  'FAILOVER',
  'BUSYOVER',
  'SHARDING_BROADCAST',
];
const GLUE_TYPES = [
  'BEAN',
  'GLUE_SHELL',
  'GLUE_PYTHON',
  'GLUE_PYTHON2',
  'GLUE_NODEJS',
  'GLUE_PHP',
  'GLUE_POWERSHELL',
  'GLUE_GROOVY',
];

export interface Known {
  readonly groups: readonly string[];
  readonly handlers: readonly string[];
  readonly tags: readonly string[];
  readonly owners: readonly string[];
  readonly calendars: readonly string[];
  readonly zones: readonly string[];
}

/** All settings of a job in the order in which people think of them. What does nothing as things stand is switched off. */
export function jobSettings(
  job: {
    readonly route: string;
    readonly glueType?: string;
    readonly block?: string;
    readonly arrival?: unknown;
    readonly window?: unknown;
  },
  known: Known,
): readonly { readonly name: string; readonly settings: readonly Setting[] }[] {
  const isScript = job.glueType !== undefined && job.glueType !== 'BEAN';
  const hasFile = job.arrival != null;
  return [
    {
      name: 'identity',
      settings: [
        { path: 'name', kind: 'text' },
        { path: 'title', kind: 'text' },
        { path: 'owner', kind: 'suggest', options: known.owners },
        { path: 'tags', kind: 'tags', options: known.tags },
        { path: 'enabled', kind: 'switch' },
      ],
    },
    {
      name: 'work',
      settings: [
        { path: 'group', kind: 'suggest', options: known.groups },
        { path: 'glueType', kind: 'select', options: GLUE_TYPES },
        { path: 'handler', kind: 'suggest', options: known.handlers, isOff: isScript },
        { path: 'labels', kind: 'pairs', example: 'zone = east' },
        { path: 'route', kind: 'select', options: ROUTES },
        {
          path: 'shardTotal',
          kind: 'number',
          orNull: true,
          min: 1,
          max: 10_000,
          isOff: job.route !== 'SHARDING_BROADCAST',
        },
        { path: 'param', kind: 'code' },
        { path: 'paramFields', kind: 'fields', orNull: true },
        { path: 'paramByShard', kind: 'pairs', example: '0 = north', isOff: job.route !== 'SHARDING_BROADCAST' },
        { path: 'beforeRun', kind: 'suggest', options: known.handlers, orNull: true },
        { path: 'afterRun', kind: 'suggest', options: known.handlers, orNull: true },
      ],
    },
    { name: 'schedule', settings: scheduleSettings(known) },
    {
      name: 'running',
      settings: [
        { path: 'block', kind: 'select', options: ['SERIAL_EXECUTION', 'DISCARD_LATER', 'COVER_EARLY', 'PARALLEL'] },
        { path: 'parallelMax', kind: 'number', min: 0, isOff: job.block !== 'PARALLEL' },
        { path: 'priority', kind: 'number', min: 1, max: 9 },
        { path: 'timeoutSeconds', kind: 'number', min: 0 },
        { path: 'slowAfterSeconds', kind: 'number', min: 0, orNull: true },
        { path: 'enabledWhile', kind: 'select', options: ['always', 'chain_running'] },
      ],
    },
    {
      name: 'failure',
      settings: [
        { path: 'retry.count', kind: 'number', min: 0 },
        { path: 'retry.firstMs', kind: 'duration' },
        { path: 'retry.factor', kind: 'number', min: 1 },
        { path: 'retry.maxMs', kind: 'duration' },
        { path: 'retry.jitter', kind: 'number', min: 0, max: 1 },
        { path: 'retry.on', kind: 'tags', options: ['FAILED', 'TIMEOUT'] },
        { path: 'onNodeLoss', kind: 'select', options: ['auto', 'reassign', 'fail'] },
        { path: 'sliced', kind: 'switch' },
        { path: 'tellsSettled', kind: 'switch' },
      ],
    },
    {
      name: 'arrival',
      settings: [
        { path: 'arrival.path', kind: 'text' },
        { path: 'arrival.doneMarker', kind: 'text', orNull: true, isOff: !hasFile },
        { path: 'arrival.stableMs', kind: 'duration', isOff: !hasFile },
        { path: 'arrival.pollMs', kind: 'duration', isOff: !hasFile },
        { path: 'arrival.lateAfterMs', kind: 'duration', orNull: true, isOff: !hasFile },
      ],
    },
    {
      name: 'guard',
      settings: [
        { path: 'window.from', kind: 'text' },
        { path: 'window.to', kind: 'text' },
        { path: 'window.timeZone', kind: 'select', options: known.zones, isOff: job.window == null },
        { path: 'loadGuard.roundTripP95Ms', kind: 'duration' },
        { path: 'loadGuard.connectionWaitP95Ms', kind: 'duration' },
      ],
    },
  ];
}

/** Of jobs and chains alike. */
export const scheduleSettings = (known: Pick<Known, 'calendars' | 'zones'>): readonly Setting[] => [
  { path: 'limits.calendar', kind: 'select', options: known.calendars, orNull: true },
  { path: 'limits.roll', kind: 'select', options: ['skip', 'next', 'previous'] },
  { path: 'limits.startAtMs', kind: 'instant', orNull: true },
  { path: 'limits.endAtMs', kind: 'instant', orNull: true },
  { path: 'businessDate.offsetDays', kind: 'number', min: -366, max: 366 },
  { path: 'businessDate.zone', kind: 'select', options: known.zones, orNull: true },
  { path: 'misfire.policy', kind: 'select', options: ['SKIP', 'FIRE_ONCE', 'CATCH_UP'] },
  { path: 'misfire.afterMs', kind: 'duration' },
  { path: 'misfire.max', kind: 'number', min: 0 },
  { path: 'misfire.windowMs', kind: 'duration' },
  { path: 'misfire.holdAfterMs', kind: 'duration', orNull: true },
];

/** What a job is when nothing is said of it. */
export const NEW_JOB: JobInput = {
  name: '',
  handler: '',
  group: '',
  route: 'FAILOVER',
  schedule: { kind: 'none' },
  retry: { count: 0, firstMs: 0, factor: 2, maxMs: 5_000, jitter: 0, on: ['FAILED', 'TIMEOUT'] },
  misfire: { policy: 'FIRE_ONCE', afterMs: 5_000, max: 100, windowMs: 86_400_000, holdAfterMs: null },
  limits: { startAtMs: null, endAtMs: null, calendar: null, roll: 'skip' },
  businessDate: { zone: null, offsetDays: 0 },
  block: 'SERIAL_EXECUTION',
  priority: 5,
  glueType: 'BEAN',
  onNodeLoss: 'auto',
  enabledWhile: 'always',
  timeoutSeconds: 0,
  parallelMax: 0,
  shardTotal: null,
  slowAfterSeconds: null,
  arrival: null,
  enabled: true,
};
