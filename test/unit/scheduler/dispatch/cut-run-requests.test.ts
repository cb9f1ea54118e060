import { expect, test } from 'vitest';
import { cutRunRequests } from '../../../../scheduler/dispatch/cut-run-requests.ts';
import { judgeRunsAnswer } from '../../../../scheduler/dispatch/read-executor-answer.ts';

const request = (logId: number, executorParams = '') => ({
  jobId: 1,
  executorHandler: 'h',
  logId,
  logDateTime: 0,
  executorParams,
});

test('requests are cut by count and by bytes, in order, and each message holds one at least', () => {
  const list = Array.from({ length: 900 }, (_, at) => request(at));
  const byCount = cutRunRequests(list);
  expect(byCount.map(({ requests }) => requests.length)).toEqual([400, 400, 100]);
  expect(byCount.flatMap(({ body }) => (JSON.parse(body) as { requests: unknown[] }).requests)).toEqual(list);
  const large = [request(1, 'x'.repeat(500)), request(2), request(3), request(4, 'x'.repeat(500))];
  const byBytes = cutRunRequests(large, { bytesMax: 400 });
  expect(byBytes.map(({ requests }) => requests.map(({ logId }) => logId))).toEqual([[1], [2, 3], [4]]);
  expect(cutRunRequests([])).toEqual([]);
});

test('an answer that does not say which requests it means says nothing about any', () => {
  const yes = { code: 200, msg: 'Success' };
  const kinds = (answer: object) => judgeRunsAnswer(answer as never, 2).map(({ kind }) => kind);
  expect(kinds({ code: 200, data: [yes, { code: 500, msg: 'no' }] })).toEqual(['accepted', 'refused']);
  expect(kinds({ code: 500, msg: 'the store is away' })).toEqual(['refused', 'refused']);
  for (const data of [[yes], [yes, yes, yes], 'yes', undefined, [yes, {}]]) {
    expect(kinds({ code: 200, data })).toEqual(['unclear', 'unclear']);
  }
});
