import { expect, test } from 'vitest';
import type { ChainDefinition } from '../../../../scheduler/definition/chain-definition.ts';
import { readDefinitions } from '../../../../scheduler/definition/read-definitions.ts';
import { addDefinitions, replaceDefinitions } from '../../../../scheduler/firing/replace-definitions.ts';
import { createLogger } from '../../../../shared/logger.ts';
import { type GivenFiring, givenFiring } from '../../../support/given-firing.ts';
import { job } from '../../../support/given-scheduler.ts';

const every10s = { schedule: { kind: 'fixed_rate', everyMs: 10_000 } } as const;
const hourly: ChainDefinition = {
  name: 'hourly',
  nodes: ['b'],
  edges: [],
  schedule: { kind: 'cron', dialect: 'quartz', text: '0 0 * * * ?', zone: 'UTC' },
};
const replace = (given: GivenFiring, jobs: ReturnType<typeof job>[], chains: ChainDefinition[] = []) =>
  replaceDefinitions(given.ctx, { calendars: [], ...readDefinitions(jobs, chains) });

test('what is defined no more fires no more, and its version and its fires stay', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await replace(given, [job(1, 'a', every10s), job(2, 'b')], [hourly]);
  await given.passUntil('2026-11-20T00:00:25Z');
  const fired = (await given.fires(1)).length;
  expect(fired).toBeGreaterThan(1);

  await replace(given, [job(2, 'b')]);
  await given.passUntil('2026-11-20T01:00:10Z');
  const decided = (await given.fires(1)).filter(({ state }) => state === 'fired');
  expect(decided.length).toBeLessThanOrEqual(fired);
  expect(await given.api.nextFires({ job: 'a' }, 5)).toEqual([]);
  expect(await given.api.nextFires({ chain: 'hourly' }, 5)).toEqual([]);
  expect(await given.rows(`select name, version, enabled from s_job order by id`)).toEqual([
    { name: 'a', version: 2, enabled: 0 },
    { name: 'b', version: 1, enabled: 1 },
  ]);
});

test('a definition that comes back fires again, and the same definitions once more change nothing', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await replace(given, [job(1, 'a', every10s)]);
  await replace(given, []);
  await replace(given, [job(1, 'a', every10s)]);
  await replace(given, [job(1, 'a', every10s)]);
  expect(await given.api.nextFires({ job: 'a' }, 2)).toHaveLength(2);
  expect(await given.rows(`select version, enabled from s_job`)).toEqual([{ version: 3, enabled: 1 }]);
});

test('definitions that cannot work change nothing', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await replace(given, [job(1, 'a', every10s)]);
  await expect(replace(given, [job(2, 'a', every10s)])).rejects.toThrow('the name belongs to id 1');
  expect(await given.rows(`select id, name, enabled from s_job`)).toEqual([{ id: 1, name: 'a', enabled: 1 }]);
});

test('jobs that programs added over the API are in no definitions, and go on', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  await given.define([job(7, 'api-7', every10s)]);
  await replace(given, [job(1, 'a', every10s)]);
  expect(await given.api.nextFires({ job: 'api-7' }, 1)).toHaveLength(1);
});

test('definitions that are added stop nobody, and what else fires is named in the log', async () => {
  const given = await givenFiring('2026-11-20T00:00:00Z');
  const warned: unknown[] = [];
  const tell = (line: { level: string; names: unknown; count: unknown }) =>
    line.level === 'warn' && warned.push({ names: line.names, count: line.count });
  const logger = createLogger({ destination: { write: (line) => void tell(JSON.parse(line)) } });
  const add = (...jobs: ReturnType<typeof job>[]) =>
    addDefinitions({ ...given.ctx, logger }, { calendars: [], ...readDefinitions(jobs, []) });
  await add(job(1, 'a', every10s), job(2, 'b'));
  await add(job(2, 'b'));
  expect(warned).toEqual([{ names: ['a'], count: 1 }]);
  expect(await given.api.nextFires({ job: 'a' }, 1)).toHaveLength(1);
  await add(job(1, 'a', every10s), job(2, 'b'));
  expect(warned).toHaveLength(1);
});
