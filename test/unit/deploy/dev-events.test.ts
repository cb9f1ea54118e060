import { expect, test } from 'vitest';
import { type DevPicture, type SeenExecutor, type Told, tellNews } from '../../../deploy/cli/dev/dev-events.ts';
import { eventLine } from '../../../deploy/cli/dev/event-words.ts';
import type { RecentChainRun, RecentRun } from '../../../scheduler/storage/sql/recent-queries.ts';

const START_MS = 1_000_000;
const fresh: Told = {
  sinceMs: START_MS,
  executors: new Map(),
  lastRunId: 10,
  openRuns: new Set(),
  waitingTold: new Set(),
  lastChainRunId: 5,
  openChainRuns: new Set(),
  lastAlarmId: 0,
};
const nothing: DevPicture = { executors: [], runs: [], chainRuns: [], alarms: [], nowMs: START_MS + 60_000 };
const executor = (differing: Partial<SeenExecutor> = {}): SeenExecutor => ({
  appName: 'my-app',
  address: 'http://127.0.0.1:9999/',
  incarnation: 'first',
  state: 'alive',
  lastBeatAt: START_MS + 1,
  ...differing,
});
const run = (id: number, differing: Partial<RecentRun> = {}): RecentRun => ({
  id,
  job: 'greet',
  group: 'my-app',
  chainRunId: null,
  isSweep: false,
  state: 'running',
  waitsFor: null,
  reason: null,
  businessDate: '2026-11-20',
  createdAt: START_MS,
  endedAt: null,
  ...differing,
});
const chainRun = (id: number, differing: Partial<RecentChainRun> = {}): RecentChainRun => ({
  id,
  chain: 'night',
  businessDate: '2026-11-20',
  state: 'running',
  reason: null,
  createdAt: START_MS,
  endedAt: null,
  ...differing,
});

/** The words of each picture in turn. */
function told(...pictures: Partial<DevPicture>[]): string[][] {
  let now = fresh;
  return pictures.map((picture) => {
    const news = tellNews(now, { ...nothing, ...picture });
    now = news.told;
    return news.events.map(({ event }) => event);
  });
}
const lives = (...states: (Partial<SeenExecutor> | null)[]) =>
  told(...states.map((state) => ({ executors: state === null ? [] : [executor(state)] })));

test('an executor is told as it joins, falls silent, comes back and is gone, each once', () => {
  const silent = { state: 'silent' } as const;
  expect(lives({}, {}, silent, silent, {}, silent, null, null)).toEqual([
    ['executor_joined'],
    [],
    ['executor_silent'],
    [],
    ['executor_back'],
    ['executor_silent'],
    ['executor_gone'],
    [],
  ]);
});

test('an executor that says goodbye has left, and is not told as gone as well', () => {
  expect(lives({}, { state: 'draining' }, null)).toEqual([['executor_joined'], ['executor_left'], []]);
});

test('another process at the same address has joined anew, once it has answered', () => {
  const second = { incarnation: 'second' };
  expect(lives({}, { ...second, state: 'joining' }, second)).toEqual([['executor_joined'], [], ['executor_joined']]);
  expect(lives({}, second)).toEqual([['executor_joined'], ['executor_joined']]);
});

test('an executor of an earlier start is told only when it is heard again', () => {
  const old = { lastBeatAt: START_MS - 1 };
  expect(lives(old, { ...old, state: 'silent' }, null)).toEqual([[], [], []]);
  expect(lives(old, {})).toEqual([[], ['executor_joined']]);
});

test('a job is told as it is fired and as it ends, and one that was at work before only as it ends', () => {
  const ended = { state: 'succeeded', endedAt: START_MS + 1_500 } as const;
  expect(told({ runs: [run(11)] }, { runs: [run(11)] }, { runs: [run(11, ended)] })).toEqual([
    ['fired'],
    [],
    ['run_ended'],
  ]);
  expect(told({ runs: [run(12, ended)] })).toEqual([['fired', 'run_ended']]);
  expect(told({ runs: [run(9)] }, { runs: [run(9, ended)] })).toEqual([[], ['run_ended']]);
});

test('a chain is told as it is fired and ends, and of its runs the end; sweeps and discarded runs are not told', () => {
  const ended = { state: 'succeeded', endedAt: START_MS + 1 } as const;
  const runs = [
    run(11, { ...ended, chainRunId: 6, job: 'import' }),
    run(12, { ...ended, chainRunId: 6, isSweep: true }),
    run(13, { state: 'discarded', endedAt: START_MS }),
  ];
  expect(told({ chainRuns: [chainRun(6)], runs }, { chainRuns: [chainRun(6, ended)] })).toEqual([
    ['chain_fired', 'run_ended'],
    ['chain_ended'],
  ]);
});

test('a run that nobody is there for says so after two seconds, once', () => {
  const waits = { runs: [run(11, { state: 'waiting', waitsFor: 'executors' })] };
  expect(told({ ...waits, nowMs: START_MS + 1_999 }, { ...waits, nowMs: START_MS + 2_000 }, waits)).toEqual([
    ['fired'],
    ['run_waits'],
    [],
  ]);
  expect(told({ runs: [run(11, { state: 'waiting', waitsFor: 'earlier' })] })).toEqual([['fired']]);
});

test('what is open, and what was told last, is asked for at the next look', () => {
  const picture = { ...nothing, runs: [run(11), run(12, { state: 'failed', endedAt: 1 })], chainRuns: [chainRun(6)] };
  const alarms = [{ id: 3, kind: 'RUN_FAILED', severity: 'warning', message: 'run 12 failed' }];
  const news = tellNews(fresh, { ...picture, alarms });
  expect(news.told).toMatchObject({ lastRunId: 12, lastChainRunId: 6, lastAlarmId: 3 });
  expect([...news.told.openRuns]).toEqual([11]);
  expect([...news.told.openChainRuns]).toEqual([6]);
  expect(news.events.at(-1)).toMatchObject({ event: 'alarm', kind: 'RUN_FAILED' });
});

test('lines say what happened, and show nothing that could steer a terminal', () => {
  const ended = {
    event: 'run_ended',
    job: 'greet',
    runId: 4,
    state: 'succeeded',
    reason: null,
    tookMs: 2_100,
  } as const;
  expect(eventLine(ended, { greeted: 'you' })).toMatchObject({ text: 'greet (run 4) in 2 s: {"greeted":"you"}' });
  expect(eventLine({ ...ended, state: 'failed', reason: 'no\u001b[2J' }).text).toBe(
    'greet (run 4) in 2 s: no\\u001b[2J',
  );
  expect(eventLine(ended, 'x'.repeat(900)).text).toContain('x'.repeat(900));
  const long = eventLine(ended, 'x'.repeat(5_000)).text;
  expect(long).toMatch(/x\.\.\. \(5002 characters; the page shows all of them\)$/);
  expect(long.length).toBeLessThan(1_200);
  const waits = eventLine({ event: 'run_waits', job: 'greet', group: 'my-app', runId: 4 });
  expect(`${waits.word} ${waits.text}`).toBe('waits greet (run 4): no executor "my-app" is there');
});
