import { describe, expect, test } from 'vitest';
import type { ChainDefinition } from '../../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../../scheduler/definition/read-definitions.ts';
import { readSettings } from '../../../scheduler/settings.ts';

const job = (id: number, name: string, more: Partial<JobDefinition> = {}): JobDefinition => ({
  id,
  name,
  handler: name,
  group: 'orders',
  route: 'ROUND',
  ...more,
});
const chain = (more: Partial<ChainDefinition> = {}): ChainDefinition => ({
  name: 'night',
  nodes: ['a', 'b'],
  edges: [{ from: 'a', to: 'b', milestone: 'SETTLED' }],
  ...more,
});
const read =
  (jobs: JobDefinition[], chains: ChainDefinition[] = []) =>
  () =>
    readDefinitions(jobs, chains);
const jobs = [job(1, 'a'), job(2, 'b')];

describe('readDefinitions', () => {
  test('two spellings of one definition have one hash, another value has another', () => {
    const hash = (definition: JobDefinition) => readDefinitions([definition], []).jobs[0]?.configHash;
    const { id, name, ...rest } = job(1, 'a');
    expect(hash({ ...rest, name, id })).toBe(hash({ ...job(1, 'a'), param: '', retry: { count: 0 } }));
    expect(hash(job(1, 'a', { retry: { count: 1 } }))).not.toBe(hash(job(1, 'a')));
  });

  test.each<[string, JobDefinition[], ChainDefinition[], string]>([
    ['an id that peers cannot read', [job(2 ** 31, 'a')], [], 'id'],
    ['an id twice', [job(1, 'a'), job(1, 'b')], [], 'job id "1" is there twice'],
    [
      'a parameter with a mistyped name',
      [job(1, 'a', { param: '{businesDate}' })],
      [],
      'job "a": param has {businesDate}: there is no such name; there are {businessDate}',
    ],
    [
      'a shard’s parameter with a mistyped name',
      [job(1, 'a', { paramByShard: { '0': '{shardIndx}' } })],
      [],
      'paramByShard[0] has {shardIndx}',
    ],
    ['a parameter for no shard', [job(1, 'a', { paramByShard: { north: '' } })], [], 'its keys are shard indexes'],
    [
      'a first wait beyond the longest',
      [job(1, 'a', { retry: { firstMs: 60_000 } })],
      [],
      'retry.maxMs must be at least retry.firstMs (60000)',
    ],
    [
      'retries of nothing',
      [job(1, 'a', { retry: { count: 1, on: [] } })],
      [],
      'retry.on must name what is tried again',
    ],
    ['a name twice', [job(1, 'a'), job(2, 'a')], [], 'job name "a" is there twice'],
    ['an empty handler', [job(1, 'a', { handler: '' })], [], 'handler'],
    ['a period that is too short', [job(1, 'a', { schedule: { kind: 'fixed_rate', everyMs: 1 } })], [], 'everyMs'],
    [
      'a cron text that is none, by field and column',
      [job(1, 'a', { schedule: { kind: 'cron', dialect: 'quartz', text: '0 61 * * * ?', zone: 'UTC' } })],
      [],
      'job "a": schedule.text is no quartz cron: minute',
    ],
    [
      'a dialect of another cron',
      [job(1, 'a', { schedule: { kind: 'cron', dialect: 'vixie' as 'unix', text: '* * * * *', zone: 'UTC' } })],
      [],
      'schedule.dialect',
    ],
    [
      'a rate that rolls',
      [job(1, 'a', { schedule: { kind: 'fixed_rate', everyMs: 1_000 }, limits: { roll: 'next' } })],
      [],
      'limits.roll must be skip',
    ],
    ['a roll that is none', [job(1, 'a', { limits: { roll: 'up' as 'next' } })], [], 'limits.roll must be one of'],
    ['a calendar without a name', [job(1, 'a', { limits: { calendar: '' } })], [], 'limits.calendar'],
    ['a misfire policy that is none', [job(1, 'a', { misfire: { policy: 'LATER' as 'SKIP' } })], [], 'misfire.policy'],
    ['a cut-off at no time', jobs, [chain({ cutOff: { kind: 'time', time: '6', zone: 'UTC' } })], 'cutOff.time'],
    ['a cut-off nowhere', jobs, [chain({ cutOff: { kind: 'time', time: '06:00', zone: 'X' } })], 'cutOff.zone'],
    ['a cut-off at once', jobs, [chain({ cutOff: { kind: 'after', afterMs: 0 } })], 'cutOff.afterMs'],
    [
      'a cron of a chain',
      jobs,
      [chain({ schedule: { kind: 'cron', dialect: 'unix', text: '0', zone: 'UTC' } })],
      'schedule.text',
    ],
    ['a node that is no job', jobs, [chain({ nodes: ['a', 'b', 'x'] })], 'there is no job "x"'],
    ['an edge to no node', jobs, [chain({ edges: [{ from: 'a', to: 'x', milestone: 'SETTLED' }] })], '"x"'],
    ['a sweep without a schedule', [...jobs, job(3, 's')], [chain({ sweeps: ['s'] })], 'fixed_rate'],
    [
      'a circle',
      jobs,
      [
        chain({
          edges: [
            { from: 'a', to: 'b', milestone: 'SETTLED' },
            { from: 'b', to: 'a', milestone: 'SETTLED' },
          ],
        }),
      ],
      'circle',
    ],
  ])('%s is refused in words', (_what, someJobs, chains, words) => {
    expect(read(someJobs, chains)).toThrow(words);
  });
});

test('settings that cannot work are refused by name', () => {
  expect(() => readSettings({ executorGoneAfterMs: 10, executorSilentAfterMs: 20 })).toThrow('executorGoneAfterMs');
  expect(() => readSettings({ planAheadMs: 10 })).toThrow('planAheadMs');
  expect(() => readSettings({ refusalsMax: -1 })).toThrow('refusalsMax');
});
