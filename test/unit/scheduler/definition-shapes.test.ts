import { expect, test } from 'vitest';
import type { ChainDefinition } from '../../../scheduler/definition/chain-definition.ts';
import { type JobDefinition, readJob } from '../../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../../scheduler/definition/read-definitions.ts';

// Each field there is: a field that is added to the type and not to the shape fails here.
const JOB: Required<JobDefinition> = {
  id: 1,
  name: 'settle',
  title: 'Settle',
  owner: 'ann',
  tags: ['night'],
  handler: 'settle',
  group: 'orders',
  labels: { region: 'north' },
  route: 'SHARDING_BROADCAST',
  shardTotal: 2,
  param: '{"day":1}',
  paramFields: { day: { type: 'integer', required: true, oneOf: [1], min: 1, max: 1 } },
  paramByShard: { '0': '{}' },
  timeoutSeconds: 10,
  slowAfterSeconds: 5,
  retry: { count: 1, firstMs: 1, factor: 2, maxMs: 5, jitter: 0.5, on: ['TIMEOUT'] },
  sliced: true,
  onNodeLoss: 'auto',
  schedule: { kind: 'none' },
  limits: { startAtMs: 1, endAtMs: null, calendar: 'cn', roll: 'next' },
  misfire: { policy: 'CATCH_UP', afterMs: 1, max: 2, windowMs: 3, holdAfterMs: null },
  businessDate: { zone: 'UTC', offsetDays: -1 },
  block: 'PARALLEL',
  parallelMax: 2,
  window: { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' },
  loadGuard: { roundTripP95Ms: 20, connectionWaitP95Ms: 500 },
  priority: 5,
  arrival: { path: '/in/x.csv', doneMarker: null, stableMs: 1_000, pollMs: 1_000, lateAfterMs: 1 },
  beforeRun: 'before',
  afterRun: null,
  enabledWhile: 'always',
  tellsSettled: false,
  enabled: true,
  glueType: 'BEAN',
};
const CHAIN: Required<ChainDefinition> = {
  name: 'night',
  title: 'Night',
  owner: 'ann',
  tags: [],
  nodes: ['settle', 'report'],
  edges: [
    {
      from: 'settle',
      to: 'report',
      when: 'success',
      milestone: 'SETTLED',
      graceMs: 'auto',
      orCutOff: true,
      deadlineMs: 1,
      onDeadline: 'go',
    },
  ],
  joinAny: ['report'],
  sweeps: [],
  schedule: { kind: 'none' },
  limits: {},
  misfire: {},
  businessDate: {},
  cutOff: { kind: 'time', time: '06:00', zone: 'UTC' },
  enabled: true,
};
const REPORT: JobDefinition = { id: 2, name: 'report', handler: 'report', group: 'orders', route: 'ROUND' };
const readChain = (more: object) => readDefinitions([JOB, REPORT], [{ ...CHAIN, ...more }]);

test('every field there is may be given, and one that is undefined has its default', () => {
  expect(readJob(JOB)).toMatchObject({ name: 'settle', retry: { count: 1 } });
  expect(readChain({}).chains).toMatchObject([{ name: 'night' }]);
  const bare = readJob({ ...REPORT, param: undefined, retry: { count: undefined } } as unknown as JobDefinition);
  expect(bare).toMatchObject({ param: '', retry: { count: 0 } });
});

test.each<[object, string]>([
  [{ shedule: { kind: 'none' } }, 'job "settle": the definition must not have "shedule"'],
  [{ name: 7 }, 'job 7: "name" is 7 and must be string'],
  [{ group: undefined }, 'job "settle": the definition must have "group"'],
  [{ labels: { region: 1 } }, '"labels.region" is 1 and must be string'],
  [{ onNodeLoss: 'maybe' }, '"onNodeLoss" is "maybe" and must be one of "reassign", "fail", "auto"'],
  [{ enabledWhile: 'night' }, '"enabledWhile" is "night" and must be one of'],
  [{ retry: { count: '2' } }, '"retry.count" is "2" and must be number'],
  [{ retry: { times: 2 } }, '"retry" must not have "times"'],
  [{ arrival: { path: '/in/x', every: 5 } }, 'must not have "every"'],
  [{ schedule: { kind: 'weekly' } }, '"schedule.kind" is "weekly" and must be one of "none", "cron", "fixed_rate"'],
  [{ schedule: { kind: 'fixed_rate', every: 5 } }, 'job "settle", schedule of kind fixed_rate: the definition'],
  [{ schedule: { kind: 'parent', jobs: ['report'], on: 'done' } }, '"on" is "done" and must be one of "success"'],
  [{ misfire: { policy: 'SKIP', holdAfter: 5 } }, '"misfire" must not have "holdAfter"'],
])('a job with %j is refused with the field', (more, why) => {
  expect(() => readJob({ ...JOB, ...more } as JobDefinition)).toThrow(why);
});

const edge = (more: object) => ({ edges: [{ from: 'settle', to: 'report', ...more }] });
test.each<[object, string]>([
  [{ node: ['settle'] }, 'chain "night": the definition must not have "node"'],
  [edge({ when: 'sometimes' }), '"edges.0.when" is "sometimes" and must be one of "success", "failure", "always"'],
  [edge({ milestone: 'DONE' }), '"edges.0.milestone" is "DONE" and must be one of "SETTLED", "DISPATCHED"'],
  [edge({ deadlineMs: -4 }), 'edge settle>report: deadlineMs must be a positive number'],
  [edge({ onDeadline: 'go' }), 'edge settle>report: onDeadline needs a deadlineMs'],
  [{ cutOff: { kind: 'time', at: '06:00' } }, 'chain "night", cutOff of kind time: the definition'],
  [{ cutOff: { kind: 'never' } }, '"cutOff.kind" is "never" and must be one of "none", "time", "after"'],
])('a chain with %j is refused with the field', (more, why) => {
  expect(() => readChain(more)).toThrow(why);
});

test('what is no object at all is refused', () => {
  expect(() => readJob(null as unknown as JobDefinition)).toThrow('a definition must be an object');
});
