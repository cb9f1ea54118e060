import { expect, test } from 'vitest';
import { askWhetherItCame } from '../../../../scheduler/dispatch/ask-whether-it-came.ts';

const request = { jobId: 7, executorHandler: 'debit', logId: 91, logDateTime: 1_767_225_600_000 };
const none = { fromLineNum: 1, toLineNum: 0, logContent: 'readLog fail, logFile not exists', isEnd: true };
const some = { fromLineNum: 1, toLineNum: 4, logContent: '----------- job begins', isEnd: false };
const empty = { fromLineNum: 1, toLineNum: 0, isEnd: false };

test.each([
  ['idle and without a log of it', 'idle', none, 'did not come'],
  ['idle with a log of it: it was quick', 'idle', some, 'came'],
  ['idle with an empty log of it', 'idle', empty, 'came'],
  ['busy with a log of it', 'busy', some, 'came'],
  ['busy without a log of it: it may wait in line', 'busy', none, 'unclear'],
  ['idle, and says nothing about logs', 'idle', null, 'unclear'],
  ['silent', 'unclear', none, 'unclear'],
] as const)('a peer that is %s', async (_, node, page, expected) => {
  const asked: string[] = [];
  const client = {
    async idleBeat() {
      asked.push('idleBeat');
      return node;
    },
    async log() {
      asked.push('log');
      return page;
    },
  };
  expect(await askWhetherItCame(client, 'http://10.0.0.7:9999/', request)).toBe(expected);
  // Asked the other way round, a run that begins and ends in between would seem never to have come.
  expect(asked[0]).toBe('idleBeat');
});
