import { expect, test } from 'vitest';
import type { LogOrder } from '../../../../scheduler/dispatch/executor-client.ts';
import { type LogRange, readAttemptLog, searchAttemptLog } from '../../../../scheduler/run/attempt-log.ts';
import type { LogPage } from '../../../../shared/protocol/wire.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const TEN = Array.from({ length: 10 }, (_, at) => `line ${at + 1}`);

/** An attempt on one executor that answers with this page. */
async function givenAttempt({ foreign = false } = {}) {
  const given = await givenRuns([job(1, 'talk', { route: 'LAST' })]);
  await given.beat(9003, foreign ? null : 'first');
  await given.trigger('talk');
  const sent = only(await given.dispatch());
  const orders: LogOrder[] = [];
  const answer = (page: LogPage | null) => {
    given.client.log = async (_address, order) => {
      orders.push(order);
      return page;
    };
  };
  const log = (range?: LogRange) => readAttemptLog(given.ctx, sent.logId, range);
  return { ...given, sent, orders, answer, log };
}

test('a page is asked for by number and line, and what is written is not at its end', async () => {
  const { answer, log, orders, sent, report } = await givenAttempt();
  answer({ fromLineNum: 1, toLineNum: 2, logContent: 'one\ntwo\n', isEnd: true });
  expect(await log()).toEqual({ fromLine: 1, toLine: 2, lines: ['one', 'two'], isEnd: false, missing: false });
  expect(orders).toEqual([{ logId: sent.logId, logDateTime: sent.logDateTime, fromLineNum: 1 }]);
  await report(sent);
  expect((await log()).isEnd).toBe(true);
  answer({ fromLineNum: 3, toLineNum: 2, logContent: '', isEnd: true });
  expect(await log({ fromLine: 3 })).toEqual({ fromLine: 3, toLine: 2, lines: [], isEnd: true, missing: false });
});

test('the end of a log and what is before a line are asked for in our own words', async () => {
  const { answer, log, orders } = await givenAttempt();
  answer({ fromLineNum: 9, toLineNum: 10, logContent: 'line 9\nline 10\n', isEnd: false });
  expect(await log({ lastLines: 2 })).toMatchObject({ fromLine: 9, toLine: 10, lines: ['line 9', 'line 10'] });
  await log({ beforeLine: 9, lastLines: 4 });
  expect(orders.map(({ fromLineNum, lastLines, beforeLineNum }) => [fromLineNum, lastLines, beforeLineNum])).toEqual([
    [1, 2, undefined],
    [1, 4, 9],
  ]);
});

test.each<[LogRange, number, number]>([
  [{ fromLine: 1 }, 1, 10],
  [{ lastLines: 3 }, 8, 10],
  [{ lastLines: 30 }, 1, 10],
  [{ beforeLine: 8, lastLines: 3 }, 5, 7],
  [{ beforeLine: 2, lastLines: 3 }, 1, 1],
  [{ beforeLine: 1, lastLines: 3 }, 1, 0],
])('of an executor of xxl-job %j is cut from the whole log', async (range, fromLine, toLine) => {
  const { answer, log, orders, report, sent } = await givenAttempt({ foreign: true });
  await report(sent);
  answer({ fromLineNum: 1, toLineNum: 10, logContent: TEN.join('\n'), isEnd: false });
  expect(await log(range)).toEqual({
    fromLine,
    toLine,
    lines: TEN.slice(fromLine - 1, toLine),
    isEnd: toLine === 10,
    missing: false,
  });
  expect(Object.keys(orders[0] ?? {})).toEqual(['logId', 'logDateTime', 'fromLineNum']);
});

test('so many lines are asked for, and cut here where the executor is older than the question', async () => {
  const { answer, log, orders, report, sent } = await givenAttempt();
  await report(sent);
  answer({ fromLineNum: 1, toLineNum: 10, logContent: `${TEN.join('\n')}\n`, isEnd: true });
  expect(await log({ fromLine: 1, linesMax: 4 })).toMatchObject({ toLine: 4, lines: TEN.slice(0, 4), isEnd: false });
  expect(await log({ fromLine: 1, linesMax: 10 })).toMatchObject({ toLine: 10, isEnd: true });
  expect(orders[0]).toMatchObject({ fromLineNum: 1, linesMax: 4 });
});

test('a search is the work of the executor, which says how far it has come', async () => {
  const { ctx, answer, orders, sent } = await givenAttempt();
  const search = () => searchAttemptLog(ctx, sent.logId, { text: 'Line', level: 'warn', fromLine: 5, linesMax: 3 });
  const found = [7, 8, 9, 10].map((no) => ({ no, text: `warn line ${no}` }));
  answer({ fromLineNum: 5, toLineNum: 900, search: { found, isThrough: false } });
  expect(await search()).toEqual({ found: found.slice(0, 3), nextFromLine: 901 });
  answer({ fromLineNum: 5, toLineNum: 900, search: { found: [], isThrough: true } });
  expect(await search()).toEqual({ found: [], nextFromLine: null });
  expect(orders[0]).toMatchObject({ fromLineNum: 5, linesMax: 3, search: { text: 'Line', level: 'warn' } });
});

test('of an executor that cannot search the lines are looked through here, page by page', async () => {
  const { ctx, answer, sent } = await givenAttempt({ foreign: true });
  const search = (linesMax: number) => searchAttemptLog(ctx, sent.logId, { text: 'E 1', fromLine: 1, linesMax });
  answer({ fromLineNum: 1, toLineNum: 10, logContent: TEN.join('\n'), isEnd: false });
  expect(await search(5)).toEqual({
    found: [
      { no: 1, text: 'line 1' },
      { no: 10, text: 'line 10' },
    ],
    nextFromLine: 11,
  });
  expect(await search(1)).toEqual({ found: [{ no: 1, text: 'line 1' }], nextFromLine: 2 });
  answer({ fromLineNum: 11, toLineNum: 10, logContent: '', isEnd: false });
  expect(await search(5)).toEqual({ found: [], nextFromLine: null });
});

test('a log that is not there is said to be missing', async () => {
  const { answer, log } = await givenAttempt();
  answer({ fromLineNum: 1, toLineNum: 0, logContent: 'readLog fail, logFile not exists', isEnd: true });
  expect(await log()).toEqual({ fromLine: 1, toLine: 0, lines: [], isEnd: false, missing: true });
});

test('an executor that cannot be asked, an attempt that is none and lines that are none are errors', async () => {
  const { answer, log, ctx } = await givenAttempt();
  answer(null);
  await expect(log()).rejects.toMatchObject({ code: 'EXECUTOR_UNREACHABLE', retryable: true });
  await expect(readAttemptLog(ctx, 4_711)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(log({ fromLine: 0 })).rejects.toThrow('fromLine is 0: give a whole number from 1');
  await expect(log({ lastLines: 10_001 })).rejects.toThrow('from 1 to 10000');
  await expect(log({ fromLine: 1.5 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
});
