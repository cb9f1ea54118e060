import { describe, expect, test } from 'vitest';
import { differencesOf } from '../../../../scheduler/admin/definition/diff.ts';
import { readJobInput } from '../../../../scheduler/admin/definition/problems.ts';
import { dryRunJob } from '../../../../scheduler/admin/dry-run/dry-run-job.ts';
import { startChain } from '../../../../scheduler/chain/start-chain.ts';
import { configHash } from '../../../../scheduler/definition/config-hash.ts';
import type { Job, JobDefinition } from '../../../../scheduler/definition/job-definition.ts';
import { type ParamFields, paramFault, withDefaults } from '../../../../scheduler/definition/param-fields.ts';
import { readDefinitions } from '../../../../scheduler/definition/read-definitions.ts';
import { backfill } from '../../../../scheduler/firing/backfills.ts';
import type { ChainParams } from '../../../../scheduler/firing/job-param.ts';
import { storeDefinitions } from '../../../../scheduler/firing/store-definitions.ts';
import { triggerJob } from '../../../../scheduler/firing/trigger-job.ts';
import { rerun } from '../../../../scheduler/run/rerun.ts';
import { givenRuns } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const FIELDS: ParamFields = {
  region: { type: 'text', required: true, oneOf: ['north', 'south'] },
  limit: { type: 'integer', default: 100, min: 1, max: 1_000 },
  rate: { type: 'number' },
  day: { type: 'date' },
  isFinal: { type: 'boolean', default: false },
  more: { type: 'json' },
};

describe('a parameter', () => {
  test.each([
    '{"region":"north"}',
    '{"region":"north","limit":1,"rate":0.5,"day":"2026-11-20","isFinal":true,"more":[1,{"a":null}]}',
    '{"region":"{result.choose.region}","limit":{result.count},"day":"{businessDate}","more":{result.all}}',
    '{"region":{result.choose},"limit":{runId},"day":{businessDate},"isFinal":{result.is}}',
  ])('that fits: %s', (text) => {
    expect(paramFault(FIELDS, text)).toBeNull();
  });

  test.each([
    ['north', 'must be a JSON object with the fields region, limit, rate, day, isFinal, more, but is "north"'],
    ['[1]', 'must be a JSON object'],
    ['', 'lacks "region", which is required: a text'],
    ['{"region":"east"}', 'has "region", which is "east" and must be one of "north", "south"'],
    ['{"region":"north","limt":1}', 'has "limt": there is no such field; there are region, limit'],
    ['{"region":"north","limit":"12"}', 'has "limit", which is "12" and must be a whole number'],
    ['{"region":"north","limit":0}', 'has "limit", which is 0 and must be 1 or more'],
    ['{"region":"north","limit":1001}', 'has "limit", which is 1001 and must be 1000 or less'],
    ['{"region":"north","rate":"fast"}', 'has "rate", which is "fast" and must be a number'],
    ['{"region":"north","day":"20.11.2026"}', 'has "day", which is "20.11.2026" and must be a date like 2026-11-20'],
    ['{"region":"north","day":"{businessDate:yyyyMMdd}"}', 'has "day", which is "20000101" and must be a date'],
    ['{"region":"north","isFinal":{shardIndex}}', 'has "isFinal", which is 0 and must be true or false'],
    ['{"region":"north","limit":{secret.PIN}}', 'and must be a whole number'],
    ['{"toString":1}', 'has "toString": there is no such field'],
  ])('%s does not fit', (text, words) => {
    expect(paramFault(FIELDS, text)?.words).toContain(words);
  });

  test('of a job without fields may be any text', () => {
    expect(paramFault(null, 'north')).toBeNull();
    expect(withDefaults(null, 'north')).toBe('north');
  });

  test('that leaves out what has a default gets it, and is otherwise as it was', () => {
    expect(withDefaults(FIELDS, '')).toBe('{"limit":100,"isFinal":false}');
    expect(withDefaults(FIELDS, '{ }')).toBe('{ "limit":100,"isFinal":false}');
    expect(withDefaults(FIELDS, '{"at":{shardIndex}, "limit":7}\n')).toBe(
      '{"at":{shardIndex}, "limit":7,"isFinal":false}\n',
    );
    expect(withDefaults(FIELDS, '{"limit":1,"isFinal":true}')).toBe('{"limit":1,"isFinal":true}');
    const dated: ParamFields = { day: { type: 'date', default: '{businessDate}' } };
    expect(withDefaults(dated, '{}')).toBe('{"day":"{businessDate}"}');
  });
});

describe('a definition', () => {
  const define = (more: Partial<JobDefinition>) => readDefinitions([job(1, 'debit', more)], []);
  const cron = { kind: 'cron', dialect: 'quartz', text: '0 0 2 * * ?', zone: 'UTC' } as const;

  test.each<[string, Partial<JobDefinition>, string]>([
    ['a parameter', { param: '{"limit":"x"}' }, 'job "debit": param has "limit", which is "x"'],
    ['one of a shard', { paramByShard: { '1': '{"limit":0}' } }, 'paramByShard[1] has "limit"'],
    ['what is missing when it fires by itself', { schedule: cron }, 'param lacks "region", which is required'],
  ])('is refused for %s', (_, more, words) => {
    expect(() => define({ paramFields: FIELDS, ...more })).toThrow(words);
  });

  test.each<[ParamFields, string]>([
    [{ 'a b': { type: 'text' } }, 'paramFields has "a b": name fields by letters'],
    [{ a: { type: 'string' as never } }, 'paramFields.a.type must be one of text, integer'],
    [{ a: { type: 'text', min: 1 } }, 'paramFields.a has min or max, which are for numbers, and is of type text'],
    [{ a: { type: 'integer', min: 2, max: 1 } }, 'paramFields.a.max must be at least min (2)'],
    [{ a: { type: 'text', oneOf: [] } }, 'paramFields.a.oneOf must have a value, or be left out'],
    [{ a: { type: 'integer', required: true, default: 1 } }, 'paramFields.a is required and has a default'],
    [{ a: { type: 'integer', default: 'x' } }, 'paramFields.a.default is "x" and must be a whole number'],
    [{ a: { type: 'text', default: '{typo}' } }, 'paramFields.a.default has {typo}: there is no such name'],
    [{ a: { type: 'text', needed: true } as never }, 'must not have "needed"'],
  ])('is refused for fields that cannot be: %j', (paramFields, words) => {
    expect(() => define({ paramFields })).toThrow(words);
  });

  test('of a file or a form is told all that is wrong with it, field by field', () => {
    const paths = (more: object) => {
      const read = readJobInput(job(1, 'debit', more));
      return read.kind === 'wrong' ? read.problems.map(({ path, message }) => [path, message]).toSorted() : [];
    };
    expect(paths({ paramFields: FIELDS, param: '{"limit":"x"}', priority: 10 })).toEqual([
      ['param', 'has "limit", which is "x" and must be a whole number'],
      ['priority', 'must be 1 to 9'],
    ]);
    expect(paths({ paramFields: { a: { type: 'text', min: 1 } }, retry: { count: -1 } })).toEqual([
      ['paramFields.a', 'has min or max, which are for numbers, and is of type text'],
      ['retry.count', 'must be 0 or more'],
    ]);
    expect(paths({ paramFields: { a: { type: 'text', needed: 1 } } })).toEqual([
      ['paramFields.a', 'must not have "needed"'],
    ]);
    expect(paths({ paramFields: { a: {} } })).toEqual([['paramFields.a.type', 'is missing']]);
  });

  test('may leave out what is required when somebody starts it, alone or by a chain', () => {
    const jobs = [job(1, 'debit', { paramFields: FIELDS })];
    const chain = { name: 'night', nodes: ['debit'], edges: [] };
    expect(readDefinitions(jobs, [chain]).jobs[0]?.paramFields).toEqual(FIELDS);
    expect(() => readDefinitions(jobs, [{ ...chain, schedule: cron }])).toThrow(
      'chain "night": schedule starts job "debit", whose param lacks "region"',
    );
  });

  test('whose fields stand in another order is another version, as people are asked in that order', () => {
    const backwards = Object.fromEntries(Object.entries(FIELDS).toReversed());
    const hashes = [FIELDS, backwards].map((paramFields) => define({ paramFields }).jobs[0]?.configHash);
    expect(new Set(hashes).size).toBe(2);
    expect(differencesOf({ paramFields: FIELDS }, { paramFields: backwards })).toEqual([
      { path: 'paramFields', before: Object.keys(FIELDS), after: Object.keys(FIELDS).toReversed() },
    ]);
    expect(differencesOf({ labels: { a: '1', b: '2' } }, { labels: { b: '2', a: '1' } })).toEqual([]);
  });

  test('without fields has the version that it had before there were any', () => {
    const [now, fielded] = [define({}), define({ paramFields: FIELDS })].map(({ jobs: [first] }) => first);
    const { configHash: hash, paramFields, window, loadGuard, ...before } = now as Job;
    expect([paramFields, configHash(before)]).toEqual([null, hash]);
    expect(fielded?.configHash).not.toBe(hash);
  });
});

test('whoever starts a job is told which field does not fit, and the handler gets the defaults', async () => {
  const given = await givenRuns([job(1, 'debit', { route: 'FIRST', paramFields: FIELDS })]);
  const start = (requestId: string, param?: string) =>
    triggerJob(given.ctx, {
      job: 'debit',
      businessDate: '2026-11-20',
      requestId,
      ...(param === undefined ? {} : { param }),
    });
  await expect(start('one')).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: 'param of job "debit" lacks "region", which is required: a text',
    details: { path: 'param.region', why: 'is required: a text', job: 'debit' },
  });
  const { runId } = await start('two', '{"region":"south"}');
  const [sent] = await given.dispatch();
  expect(sent?.executorParams).toBe('{"region":"south","limit":100,"isFinal":false}');
  if (sent !== undefined) await given.report(sent);
  const again = { kind: 'all', requestId: 'three', by: 'ana', param: '{"region":"south","limit":1.5}' } as const;
  await expect(rerun(given.ctx, runId, again)).rejects.toThrow('has "limit", which is 1.5 and must be a whole number');
  const days = { fromDate: '2026-11-20', toDate: '2026-11-20', by: 'ana' };
  await expect(backfill(given.ctx, { job: 'debit', requestId: 'four', ...days })).rejects.toThrow('lacks "region"');
  await expect(dryRunJob(given.ctx, { job: 'debit', businessDate: '2026-11-20' })).rejects.toThrow('lacks "region"');
});

test('whoever starts a chain is told which of its jobs would not get what it needs', async () => {
  const given = await givenRuns([job(1, 'debit', { paramFields: FIELDS })]);
  const chain = { name: 'night', nodes: ['debit'], edges: [] };
  const jobs = [job(1, 'debit', { paramFields: FIELDS })];
  await storeDefinitions(given.ctx, { calendars: [], ...readDefinitions(jobs, [chain]) });
  const start = (params?: ChainParams) =>
    startChain(given.ctx, {
      chain: 'night',
      businessDate: '2026-11-20',
      cutOffAtMs: null,
      requestId: 'one',
      ...(params === undefined ? {} : { params }),
    });
  await expect(start()).rejects.toThrow('params of job "debit" lacks "region", which is required');
  await expect(start({ debit: '{"region":"east"}' })).rejects.toMatchObject({
    message: expect.stringContaining('which is "east" and must be one of'),
    details: { path: 'params.region', job: 'debit' },
  });
  expect(await start({ '*': '{"region":"north"}' })).toMatchObject({ created: true });
});
