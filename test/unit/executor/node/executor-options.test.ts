import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { createExecutor, type ExecutorOptions } from '../../../../executor/index.ts';
import { settleExecutorOptions } from '../../../../executor/node/executor-options.ts';

const good: ExecutorOptions = {
  appname: 'orders',
  schedulers: ['http://127.0.0.1:8080/xxl-job-admin'],
  accessToken: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
  handlers: [],
};

test.each<[string, Partial<ExecutorOptions>, RegExp]>([
  ['no token', { accessToken: '' }, /accessToken: it has 0 bytes and needs 32 or more/],
  ['the sample token', { accessToken: 'default_token' }, /accessToken: it has 13 bytes/],
  [
    'the sample token, three times',
    { accessToken: 'default_token_default_token_default_token' },
    /accessToken: it is a sample/,
  ],
  ['one letter, often', { accessToken: 'a'.repeat(64) }, /accessToken: it is a sample or repeats itself/],
  ['no scheduler', { schedulers: [] }, /schedulers: give the address of at least one/],
  ['a scheduler that is no URL', { schedulers: ['10.0.0.5:8080'] }, /schedulers: "10.0.0.5:8080" must be like http/],
  [
    'a scheduler with a password',
    { schedulers: ['http://me:pw@host/'] },
    /schedulers: "http:\/\/me:\*\*\*@host\/" must be .*no user/,
  ],
  ['an empty appname', { appname: '' }, /appname: give 1 to 64 characters/],
  ['no slots', { slots: 0 }, /slots: 0 must be a whole number from 1/],
  ['a port too far', { port: 70_000 }, /port: 70000 must be a whole number from 0 to 65535/],
  ['a label without a name', { labels: { '': 'x' } }, /labels: "" must have 1 to 64 characters/],
  ['a label too long', { labels: { region: 'x'.repeat(256) } }, /labels: region must be a text of at most 255/],
  ['a zone that is none', { timeZone: 'Mars/Base' }, /timeZone: "Mars\/Base" is no time zone/],
])('%s is refused in words', (_, differing, words) => {
  expect(() => createExecutor({ ...good, ...differing })).toThrow(words);
});

test('two handlers of one name are refused', () => {
  const handler = { name: 'work', run: async () => undefined };
  expect(() => createExecutor({ ...good, handlers: [handler, handler] })).toThrow(/"work" is given twice/);
});

test('a refusal does not repeat the secret', () => {
  try {
    createExecutor({ ...good, accessToken: 'hunter2' });
    expect.unreachable();
  } catch (error) {
    expect(String(error)).not.toContain('hunter2');
  }
});

test('slots come from the cores of the machine: four for each and eight at least, because handlers mostly wait', () => {
  const slotsOf = (more: Partial<ExecutorOptions>) =>
    settleExecutorOptions({ ...good, ...more }).slotPools.all.map(({ slots }) => slots);
  expect(slotsOf({})).toEqual([Math.max(8, 4 * availableParallelism())]);
  expect(slotsOf({ slots: 3 })).toEqual([3]);
});
