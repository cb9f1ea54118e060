import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseLogsToRemove } from '../../../../executor/node/prune-run-logs.ts';
import { PENDING_BYTES_MAX } from '../../../../executor/node/run-log.ts';
import { neutralise } from '../../../../executor/node/run-log-text.ts';
import { createRunLogs, type RunLogsOptions } from '../../../../executor/node/run-logs.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const AT_MS = Date.UTC(2026, 0, 1, 12);
let dir: string;
let failures: unknown[];
let dropped: number;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daybreak-run-logs-'));
  failures = [];
  dropped = 0;
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const given = (more: Partial<RunLogsOptions> = {}) =>
  createRunLogs({
    dir,
    runtime: createFakeRuntime(),
    bytesMax: 100_000_000,
    linesMax: 1_000_000,
    onWriteError: (_, error) => failures.push(error),
    onDropped: (lines) => {
      dropped += lines;
    },
    ...more,
  });
const pathOf = (logId: number) => join(dir, '2026-01-01', `${logId}.log`);
const textOf = (logId: number) => readFile(pathOf(logId), 'utf8');
const numbersIn = (text: string | undefined) => (text ?? '').match(/(?<=line )\d+/g)?.map(Number) ?? [];
const from = (line: number) => ({ kind: 'from', line }) as const;
const last = (count: number) => ({ kind: 'last', count }) as const;
const above = (line: number, count: number) => ({ kind: 'before', line, count }) as const;

/** A closed log of `line 1` to `line {count}`. */
async function givenLog(count: number, { logId = 91, words = '' } = {}) {
  const logs = given();
  const log = logs.open(logId, AT_MS);
  for (let n = 1; n <= count; n++) log.info(`line ${n}${words}`);
  await log.close();
  return logs;
}

describe('a log', () => {
  test('lies under the day of its run, named by number', async () => {
    const log = given().open(91, AT_MS);
    log.info('hello');
    await log.close();
    expect(await textOf(91)).toBe('2026-11-20T00:00:00.000Z INFO  hello\n');
  });

  test('that has nothing but its end is no file; a line that comes after all goes below the end', async () => {
    const silent = given().open(91, AT_MS);
    expect(silent.end('ended with code 200')).toBe(false);
    await silent.close();
    expect(await readdir(dir)).toEqual([]);
    const late = given().open(92, AT_MS);
    expect(late.end('ended with code 200')).toBe(false);
    late.info('from a pipe');
    late.info('and more');
    await late.close();
    expect((await textOf(92)).replaceAll(/^\S+ INFO {2}/gm, '')).toBe('ended with code 200\nfrom a pipe\nand more\n');
    const talks = given().open(93, AT_MS);
    talks.info('hello');
    expect(talks.end('ended with code 200')).toBe(true);
    await talks.close();
    expect((await textOf(93)).replaceAll(/^\S+ INFO {2}/gm, '')).toBe('hello\nended with code 200\n');
  });

  test('has harmless lines, whatever is written', () => {
    expect(neutralise('a\nb\rc\u001b[2Jd\u2028e\u202ef\u0000g\u009bh\ti')).toBe(
      'a\\nb\\rc\\u001b[2Jd\\u2028e\\u202ef\\u0000g\\u009bh\ti',
    );
    expect(neutralise('x'.repeat(20_000))).toHaveLength(16_384 + ' [line cut]'.length);
  });

  test('has the stack of an error and of its causes', async () => {
    const log = given().open(91, AT_MS);
    log.stack(new Error('outer', { cause: new Error('inner') }));
    await log.close();
    expect(await textOf(91)).toMatch(/ERROR Error: outer\n.*ERROR {5}at .*\n(.*\n)*.*ERROR caused by: Error: inner\n/);
  });

  test('that was closed takes nothing more', async () => {
    const log = given().open(91, AT_MS);
    log.info('line 1');
    await log.close();
    log.info('line 2');
    await log.close();
    expect(numbersIn(await textOf(91))).toEqual([1]);
  });

  test('whose number is used again goes on below, also after a line that was cut short', async () => {
    await givenLog(300);
    await appendFile(pathOf(91), 'line 301, cut sho');
    const logs = given();
    const log = logs.open(91, AT_MS);
    for (let n = 302; n <= 700; n++) log.info(`line ${n}`);
    await log.close();
    expect(numbersIn((await logs.read(91, AT_MS, from(1)))?.content)).toEqual(
      Array.from({ length: 700 }, (_, n) => n + 1),
    );
    expect(numbersIn((await logs.read(91, AT_MS, from(601)))?.content)[0]).toBe(601);
    expect((await stat(`${pathOf(91)}.idx`)).size).toBe(16);
  });
});

describe('a log over its limit', () => {
  test.each([
    ['bytes', { bytesMax: 4_000 }, 4_300],
    ['lines', { linesMax: 100 }, 10_000],
  ])('of %s keeps its beginning and its end, and says what lies between', async (_, limit, textMax) => {
    const logs = given(limit);
    const log = logs.open(91, AT_MS);
    for (let n = 1; n <= 1_000; n++) log.info(`line ${n}`);
    await log.close();
    const text = await textOf(91);
    const lines = text.trimEnd().split('\n');
    const cut = lines.findIndex((line) => line.startsWith('[log cut: '));
    const [, between] = /^\[(\d+) lines \(\d+ bytes\) dropped here\]$/.exec(lines[cut + 1] ?? '') ?? [];
    const [head, tail] = [numbersIn(lines.slice(0, cut).join('\n')), numbersIn(lines.slice(cut + 2).join('\n'))];
    expect(head).toEqual(Array.from({ length: cut }, (_, n) => n + 1));
    expect(tail.at(-1)).toBe(1_000);
    expect(tail).toEqual(Array.from({ length: tail.length }, (_, n) => 1_000 - tail.length + n + 1));
    expect(head.length + Number(between) + tail.length).toBe(1_000);
    expect(tail.length).toBeGreaterThan(20);
    expect(dropped).toBe(Number(between));
    expect(Buffer.byteLength(text)).toBeLessThan(textMax);
  });

  test('that writes nothing after the cut drops nothing', async () => {
    const log = given({ linesMax: 8 }).open(91, AT_MS);
    for (let n = 1; n <= 7; n++) log.info(`line ${n}`);
    await log.close();
    expect(await textOf(91)).not.toContain('dropped');
    expect(numbersIn(await textOf(91))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('shows its last lines while it is written, and never changes the number of a line', async () => {
    const logs = given({ linesMax: 8 });
    const log = logs.open(91, AT_MS);
    for (let n = 1; n <= 20; n++) log.info(`line ${n}`);
    expect(numbersIn((await logs.read(91, AT_MS, last(50)))?.content)).toEqual([1, 2, 3, 4, 5, 6, 19, 20]);
    const live = await logs.read(91, AT_MS, from(1));
    expect([numbersIn(live?.content), live?.toLine]).toEqual([[1, 2, 3, 4, 5, 6], 7]);
    await log.close();
    const rest = await logs.read(91, AT_MS, from(8));
    expect(rest?.content).toMatch(/^\[12 lines \(\d+ bytes\) dropped here\]\n.*line 19\n.*line 20\n$/);
  });

  test('whose node is killed has its last lines all the same, once it is found', async () => {
    const runtime = createFakeRuntime();
    const killed = given({ runtime, linesMax: 20 }).open(91, AT_MS);
    const kept = async () => await readFile(`${pathOf(91)}.last`, 'utf8').catch(() => '');
    for (let n = 1; n <= 100; n++) killed.info(`line ${n}`);
    while (!(await kept()).includes('line 100')) {
      await runtime.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // It says more within the second, and is killed before that is kept.
    killed.info('line 101');

    const logs = given();
    await logs.recover((logId) => logId === 91);
    expect(await kept()).not.toBe('');
    await logs.recover(() => false);
    expect(await kept()).toBe('');
    const page = await logs.read(91, AT_MS, from(1));
    expect(numbersIn(page?.content)).toEqual([...Array.from({ length: 15 }, (_, at) => at + 1), 96, 97, 98, 99, 100]);
    expect(page?.content).toContain('80 lines');
    expect(page?.content).toContain('the node ended before the attempt did');
    expect(await readdir(join(dir, '2026-01-01'))).toEqual(['91.log']);
  });

  test('that was cut and closed leaves nothing beside it', async () => {
    const log = given({ linesMax: 20 }).open(91, AT_MS);
    for (let n = 1; n <= 100; n++) log.info(`line ${n}`);
    await log.flushed();
    await log.close();
    expect(await readdir(join(dir, '2026-01-01'))).toEqual(['91.log']);
  });

  test('written in one breath costs bounded memory: what the disk cannot take is dropped and said', async () => {
    const log = given().open(91, AT_MS);
    const big = 'x'.repeat(10_000);
    for (let n = 1; n <= 1_000; n++) log.info(`line ${n} ${big}`);
    await log.flushed();
    log.info('line 1001');
    await log.close();
    const text = await textOf(91);
    expect(text.length).toBeLessThan(PENDING_BYTES_MAX + 1_000);
    expect(text).toMatch(
      /\n\[(\d+) lines \(\d+ bytes\) dropped: they came faster than the disk takes them\]\n.*line 1001\n$/,
    );
    expect(numbersIn(text).length - 1 + dropped).toBe(1_000);
  });
});

describe('a disk that takes nothing', () => {
  test('fails nothing and is told once', async () => {
    const log = given({ dir: '/dev/null/nowhere' }).open(91, AT_MS);
    log.info('one');
    // The first write is on its way now, and this line waits for the next one.
    await Promise.resolve();
    await Promise.resolve();
    log.info('two');
    await log.flushed();
    log.info('three');
    await log.close();
    expect(failures).toHaveLength(1);
  });

  test('and takes again before the end has the last lines', async () => {
    await writeFile(join(dir, '2026-01-01'), 'a file where the folder should be');
    const logs = given({ linesMax: 8 });
    const log = logs.open(91, AT_MS);
    for (let n = 1; n <= 5; n++) {
      log.info(`line ${n}`);
      await log.flushed();
    }
    await rm(join(dir, '2026-01-01'));
    await log.close();
    expect(failures).toHaveLength(1);
    expect(await textOf(91)).toMatch(/^\[3 lines \(\d+ bytes\) dropped here\]\n.*line 4\n.*line 5\n$/);
  });
});

describe('reading', () => {
  test('what was written just now, found though the asker is a day off', async () => {
    const logs = given();
    const log = logs.open(91, AT_MS);
    for (let n = 1; n <= 5; n++) log.info(`line ${n}`);
    const page = await logs.read(91, AT_MS + 86_400_000, from(4));
    expect(page).toMatchObject({ fromLine: 4, toLine: 5, complete: true });
    expect(numbersIn(page?.content)).toEqual([4, 5]);
    expect(await logs.read(92, AT_MS, from(1))).toBeNull();
    log.info('line 6');
    expect(numbersIn((await logs.read(91, AT_MS, from(6)))?.content)).toEqual([6]);
    await log.close();
  });

  test.each([
    1, 255, 256, 257, 511, 512, 513, 999, 1_000,
  ])('from line %i on, with an index and without', async (line) => {
    const logs = await givenLog(1_000);
    const wanted = Array.from({ length: 1_001 - line }, (_, n) => line + n);
    for (const _ of ['with', 'without']) {
      const page = await logs.read(91, AT_MS, from(line));
      expect(numbersIn(page?.content)).toEqual(wanted);
      expect(page).toMatchObject({ fromLine: line, toLine: 1_000, complete: true });
      await rm(`${pathOf(91)}.idx`, { force: true });
    }
  });

  test.each([
    [last(3), [998, 999, 1_000], true],
    [last(5_000), Array.from({ length: 1_000 }, (_, n) => n + 1), true],
    [above(998, 2), [996, 997], false],
    [above(257, 3), [254, 255, 256], false],
    [above(3, 10), [1, 2], false],
    [above(1, 10), [], false],
    [above(5_000, 1), [1_000], true],
  ])('%j', async (range, lines, complete) => {
    const logs = await givenLog(1_000);
    const page = await logs.read(91, AT_MS, range);
    expect(numbersIn(page?.content)).toEqual(lines);
    expect(page?.complete).toBe(complete);
    if (lines.length > 0) expect(page).toMatchObject({ fromLine: lines[0], toLine: lines.at(-1) });
  });

  test('an empty log and one beyond its end', async () => {
    const logs = await givenLog(3);
    await truncate(pathOf(91), 0);
    expect(await logs.read(91, AT_MS, last(3))).toEqual({ fromLine: 1, toLine: 0, content: '', complete: true });
    await rm(pathOf(91));
    await givenLog(3);
    expect(await logs.read(91, AT_MS, from(20))).toEqual({ fromLine: 20, toLine: 19, content: '', complete: true });
  });

  test('a line that was cut short by a crash is a line; one that is being written is not yet', async () => {
    const logs = await givenLog(2);
    await appendFile(pathOf(91), 'line 3');
    for (const range of [from(1), last(9)])
      expect(numbersIn((await logs.read(91, AT_MS, range))?.content)).toEqual([1, 2, 3]);
    const again = logs.open(91, AT_MS);
    for (const range of [from(1), last(9)])
      expect(numbersIn((await logs.read(91, AT_MS, range))?.content)).toEqual([1, 2]);
    await again.close();
  });

  test('a long log in pages that follow on each other, forwards and backwards', async () => {
    const logs = await givenLog(300, { words: 'x'.repeat(10_000) });
    const forwards: number[] = [];
    for (let line = 1, complete = false; !complete; ) {
      const page = await logs.read(91, AT_MS, from(line));
      expect(page?.content.length).toBeLessThan(1_100_000);
      forwards.push(...numbersIn(page?.content));
      line = (page?.toLine ?? 0) + 1;
      complete = page?.complete ?? true;
    }
    const backwards: number[] = [];
    for (let line = 301; line > 1; ) {
      const page = await logs.read(91, AT_MS, above(line, 200));
      expect(page?.content.length).toBeLessThan(1_100_000);
      backwards.unshift(...numbersIn(page?.content));
      line = page?.fromLine ?? 1;
    }
    expect([forwards, backwards]).toEqual(Array(2).fill(Array.from({ length: 300 }, (_, n) => n + 1)));
  });

  test('an index that does not fit the log is not believed', async () => {
    const logs = await givenLog(600);
    await writeFile(`${pathOf(91)}.idx`, Buffer.alloc(16, 1));
    expect(numbersIn((await logs.read(91, AT_MS, from(599)))?.content)).toEqual([599, 600]);
    const wrong = Buffer.alloc(16);
    wrong.writeBigUInt64LE(5n, 0);
    wrong.writeBigUInt64LE(7n, 8);
    await writeFile(`${pathOf(91)}.idx`, wrong);
    const page = await logs.read(91, AT_MS, last(2));
    expect(numbersIn(page?.content)).toEqual([599, 600]);
    expect(page).toMatchObject({ fromLine: 599, toLine: 600 });
  });
});

describe('keeping', () => {
  const rules = (more: object = {}) => ({ beforeMs: 0, totalBytesMax: 1e12, isRunning: () => false, ...more });

  test('old days go with their indexes, strange files and folders stay', async () => {
    const logs = given();
    for (const day of [1, 2, 3]) {
      const log = logs.open(day, Date.UTC(2026, 0, day));
      for (let n = 0; n < 300; n++) log.info('hello');
      await log.close();
    }
    await writeFile(join(dir, '2026-01-02', 'notes.txt'), 'x');
    const report = await logs.prune(rules({ beforeMs: Date.UTC(2026, 0, 3, 5) }));
    expect(report).toMatchObject({ removedByAge: 2, removedBySize: 0 });
    expect(await readdir(dir, { recursive: true })).toEqual(
      expect.arrayContaining(['2026-01-02/notes.txt', '2026-01-03/3.log', '2026-01-03/3.log.idx']),
    );
    expect(await readdir(dir)).toEqual(['2026-01-02', '2026-01-03']);
    expect(await readdir(join(dir, '2026-01-02'))).toEqual(['notes.txt']);
  });

  test('the oldest go until the rest fits, never one that is written here or runs elsewhere', async () => {
    const logs = given();
    for (const logId of [1, 2, 3, 4, 5]) {
      const log = logs.open(logId, AT_MS);
      log.info('x'.repeat(1_000));
      // 1 stays open, 2 is closed here and runs in another node.
      await (logId === 1 ? log.flushed() : log.close());
      await utimes(pathOf(logId), logId, logId);
    }
    const report = await logs.prune(rules({ totalBytesMax: 3_500, isRunning: (logId: number) => logId === 2 }));
    expect(report).toMatchObject({ removedByAge: 0, removedBySize: 2 });
    expect((await readdir(join(dir, '2026-01-01'))).sort()).toEqual(['1.log', '2.log', '5.log']);
    expect(report.bytes).toBeLessThanOrEqual(3_500);
    expect(await logs.prune(rules({ beforeMs: AT_MS + 1e9, isRunning: (logId: number) => logId === 2 }))).toMatchObject(
      {
        removedByAge: 1,
      },
    );
    expect((await readdir(join(dir, '2026-01-01'))).sort()).toEqual(['1.log', '2.log']);
  });

  test('nothing goes while all fits', () => {
    const log = { path: 'p', logId: 1, day: '2026-01-01', bytes: 100, writtenAtMs: 1 };
    const keep = { beforeDay: '2026-01-01', totalBytesMax: 100, isWritten: () => false };
    expect(chooseLogsToRemove([log], keep)).toEqual({ byAge: [], bySize: [] });
    expect(chooseLogsToRemove([log, { ...log, logId: 2 }], keep).bySize).toMatchObject([{ logId: 1 }]);
  });
});
