import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRunLogs } from '../../../../executor/node/run-logs.ts';
import { SEARCH_MS_MAX, searchRunLog } from '../../../../executor/node/search-run-log.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const AT_MS = Date.UTC(2026, 0, 1, 12);
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-search-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const still = { monotonicMs: () => 0 };
const pathOf = () => join(dir, '2026-01-01', '91.log');
const search = (more: object = {}, clock = still) =>
  searchRunLog(pathOf(), { text: '', fromLine: 1, linesMax: 100, ...more }, clock);
const numbersOf = (looked: Awaited<ReturnType<typeof search>>) => looked?.found.map(({ no }) => no);

/** 20,000 lines, some 1.2 MB and so several blocks: each 1,000th is an error, each 100th a warning. */
async function givenLog() {
  const logs = createRunLogs({
    dir,
    runtime: createFakeRuntime(),
    bytesMax: 100_000_000,
    linesMax: 1_000_000,
    onWriteError: (_, error) => expect.fail(String(error)),
  });
  const log = logs.open(91, AT_MS);
  for (let n = 1; n <= 20_000; n++) {
    const level = n % 1_000 === 0 ? 'error' : n % 100 === 0 ? 'warn' : 'info';
    log[level](`line ${n} of Ärger and Zahlung${n === 19_999 ? ' Ünbezahlt' : ''}`);
  }
  await log.close();
  return logs;
}

test('what holds a text is found with its number, whatever its case, and up to the last line', async () => {
  await givenLog();
  expect(await search({ text: 'üNBEZAHLT' })).toMatchObject({
    found: [{ no: 19_999, text: expect.stringContaining('line 19999 of') }],
    toLine: 20_000,
    complete: true,
  });
  expect(await search({ text: 'nothing of this' })).toEqual({ found: [], toLine: 20_000, complete: true });
  expect(await search({ text: 'line', fromLine: 20_001 })).toEqual({ found: [], toLine: 20_000, complete: true });
});

test('a level finds itself and what is graver, beside a text or alone', async () => {
  await givenLog();
  expect(numbersOf(await search({ level: 'error' }))).toEqual(Array.from({ length: 20 }, (_, n) => (n + 1) * 1_000));
  expect(numbersOf(await search({ level: 'warn', linesMax: 500 }))).toHaveLength(200);
  expect(numbersOf(await search({ level: 'error', text: 'line 7000 ' }))).toEqual([7_000]);
  expect(numbersOf(await search({ level: 'error', text: 'line 7001 ' }))).toEqual([]);
});

test('there is an end to what is found at once, and it goes on behind it', async () => {
  await givenLog();
  const first = await search({ level: 'error', linesMax: 7 });
  expect(first).toMatchObject({ toLine: 7_000, complete: false });
  const second = await search({ level: 'error', fromLine: (first?.toLine ?? 0) + 1 });
  expect([...(numbersOf(first) ?? []), ...(numbersOf(second) ?? [])]).toHaveLength(20);
  expect(second?.complete).toBe(true);
});

test('it looks no longer than its time, a block at least, and passes no line over', async () => {
  await givenLog();
  let now = 0;
  const slow = { monotonicMs: () => (now += SEARCH_MS_MAX) };
  const found: number[] = [];
  let pieces = 0;
  for (let from = 1, isThrough = false; !isThrough; pieces++) {
    const looked = await search({ text: 'line', fromLine: from, linesMax: 100_000 }, slow);
    found.push(...(numbersOf(looked) ?? []));
    expect(looked?.toLine).toBeGreaterThanOrEqual(from);
    from = (looked?.toLine ?? 0) + 1;
    isThrough = looked?.complete === true;
  }
  expect(pieces).toBeGreaterThan(2);
  expect(found).toEqual(Array.from({ length: 20_000 }, (_, n) => n + 1));
});

test('a last line that was cut short is looked at, a log that is not there is none', async () => {
  const logs = await givenLog();
  await appendFile(pathOf(), 'a line without its en');
  expect(await search({ text: 'without' })).toEqual({
    found: [{ no: 20_001, text: 'a line without its en' }],
    toLine: 20_001,
    complete: true,
  });
  expect(await logs.search(91, AT_MS - 86_400_000, { text: 'without', fromLine: 1, linesMax: 1 })).toMatchObject({
    toLine: 20_001,
  });
  expect(await logs.search(92, AT_MS, { text: '', fromLine: 1, linesMax: 1 })).toBeNull();
});
