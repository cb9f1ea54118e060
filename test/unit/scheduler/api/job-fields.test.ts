import { describe, expect, test } from 'vitest';
import { type JobFields, readJobFields } from '../../../../scheduler/api/job-fields.ts';
import type { Schedule } from '../../../../scheduler/definition/schedule-definition.ts';

const all: JobFields = {
  name: '日终扣款',
  author: 'ops',
  scheduleType: 'CRON',
  scheduleConf: '0 0 2 * * ?',
  misfireStrategy: 'DO_NOTHING',
  executorRouteStrategy: 'SHARDING_BROADCAST',
  executorHandler: 'debit',
  executorParam: 'p',
  executorBlockStrategy: 'DISCARD_LATER',
  executorTimeout: 60,
  executorFailRetryCount: 2,
  glueType: 'BEAN',
};

test('the fields of xxl-job are ours under other names', () => {
  expect(readJobFields(all, null)).toEqual({
    kind: 'fields',
    fields: {
      title: '日终扣款',
      owner: 'ops',
      handler: 'debit',
      param: 'p',
      route: 'SHARDING_BROADCAST',
      block: 'DISCARD_LATER',
      misfire: { policy: 'SKIP' },
      timeoutSeconds: 60,
      retry: { count: 2 },
      schedule: { kind: 'cron', dialect: 'quartz', text: '0 0 2 * * ?', zone: 'UTC' },
    },
  });
});

test('what is left out is left as it is', () => {
  expect(readJobFields({}, null)).toEqual({ kind: 'fields', fields: {} });
});

describe('a schedule', () => {
  const cron: Schedule = { kind: 'cron', dialect: 'quartz', text: '0 0 1 * * ?', zone: 'Asia/Shanghai' };
  const parent: Schedule = { kind: 'parent', jobs: ['import'], on: 'success' };
  const scheduleOf = (given: JobFields, schedule?: Schedule) => {
    const read = readJobFields(given, schedule === undefined ? null : { schedule });
    return read.kind === 'fields' ? read.fields.schedule : read.why;
  };

  test('in seconds', () => {
    expect(scheduleOf({ scheduleType: 'FIX_RATE', scheduleConf: '30' })).toEqual({
      kind: 'fixed_rate',
      everyMs: 30_000,
    });
    for (const scheduleConf of ['0', '-1', '1.5', 'x', '']) {
      expect(scheduleOf({ scheduleType: 'FIX_RATE', scheduleConf })).toContain('must be a number of seconds');
    }
  });

  test('keeps its zone, unless another one is said', () => {
    const given = { scheduleType: 'CRON', scheduleConf: '0 0 2 * * ?' };
    expect(scheduleOf(given, cron)).toMatchObject({ zone: 'Asia/Shanghai' });
    expect(scheduleOf({ ...given, timeZone: 'Europe/Berlin' }, cron)).toMatchObject({ zone: 'Europe/Berlin' });
  });

  test('of none does not cut a child off from its parents', () => {
    expect(scheduleOf({ scheduleType: 'NONE' }, parent)).toBeUndefined();
    expect(scheduleOf({ scheduleType: 'NONE' }, cron)).toEqual({ kind: 'none' });
  });
});

test.each<[JobFields, string]>([
  [{ glueType: 'GLUE_SHELL' }, 'glueType [GLUE_SHELL]'],
  [{ scheduleType: 'SOMETIMES' }, 'scheduleType [SOMETIMES] is not valid'],
  [{ scheduleConf: '5' }, 'needs a scheduleType'],
  [{ executorRouteStrategy: 'ANY' }, 'executorRouteStrategy [ANY] is not valid'],
  [{ executorBlockStrategy: 'ANY' }, 'executorBlockStrategy [ANY] is not valid'],
  [{ misfireStrategy: 'ANY' }, 'misfireStrategy [ANY] is not valid'],
  [{ misfireStrategy: 'constructor' }, 'misfireStrategy [constructor] is not valid'],
])('%j is refused', (given, why) => {
  expect(readJobFields(given, null)).toMatchObject({ kind: 'wrong', why: expect.stringContaining(why) });
});
