import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import type { Reply } from '../../scheduler/api/admin/contract/routes.ts';
import type { RunView } from '../../scheduler/run/run-view.ts';
import { givenExecutor, removeDir, tempDir } from '../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';

/** A log of 50 MB, and a run of 1,000 shards, by a real executor and over the API: nothing of either is asked for whole. */
const BYTES = 50_000_000;
const SHARDS = 1_000;
/** The instant, the level and the line break. */
const PREFIX_BYTES = 32;
const NEEDLE = 'the needle, Ünbezahlt';

async function givenBig() {
  let lines = 0;
  let setupToken = '';
  const given = await givenScheduler({
    jobs: [job(1, 'talk', { route: 'ROUND' }), job(2, 'shards', { shardTotal: SHARDS })],
    admin: { requestsPerSecond: 10_000, onSetupLink: ({ url }) => (setupToken = url.split('#')[1] ?? '') },
  });
  const dataDir = await tempDir();
  const talk = defineHandler('talk', async (ctx) => {
    for (let bytes = 0; bytes < BYTES; ) {
      // A quarter of what may wait for the disk at once; what comes before that is there would be dropped.
      for (let n = 0; n < 5_000; n++) {
        lines += 1;
        const text = `${lines} of the log, with as many words as a line of a debit usually has: taken over`;
        bytes += text.length + PREFIX_BYTES;
        if (lines % 10_000 === 0) ctx.log.error(text);
        else ctx.log.info(text);
      }
      await sizeOf(join(dataDir, 'logs'), ctx.logId, bytes);
    }
    lines += 1;
    ctx.log.warn(NEEDLE);
  });
  const executor = await givenExecutor({
    dataDir,
    schedulers: [given.scheduler.url],
    handlers: [talk, defineHandler('shards', async () => undefined)],
    runLogBytesMax: 2 * BYTES,
    runLogLinesMax: 10_000_000,
    queueMax: 2 * SHARDS,
  });
  onTestFinished(async () => {
    await executor.stop();
    await removeDir(dataDir);
  });
  const at = `${given.scheduler.url}api/v1`;
  const body = JSON.stringify({ token: setupToken, name: 'root', password: 'correct horse battery' });
  const setup = await fetch(`${at}/setup`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const cookie = setup.headers.get('set-cookie')?.split(';')[0] ?? '';
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${at}${path}`, { headers: { cookie } });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const ended = async (name: string): Promise<RunView> => {
    const { runId } = await given.scheduler.triggerJob({ job: name, businessDate: '2026-11-20', requestId: name });
    return runOf(given.scheduler, runId, 'succeeded');
  };
  return { at, cookie, get, ended, lines: () => lines, logs: join(dataDir, 'logs') };
}

test('a log of 50 MB is read from both ends and searched to its last line without ever being asked for whole', async () => {
  const big = await givenBig();
  const { get } = big;
  const logId = (await big.ended('talk')).shards[0]?.attempts[0]?.logId ?? 0;
  // With what the executor says of the end.
  const lines = big.lines() + 1;
  type Page = Reply<'GET /logs/:logId'>;
  const page = (query: string) => get<Page>(`/logs/${logId}?${query}`);
  const range = ({ fromLine, toLine, lines: { length }, isEnd }: Page) => [fromLine, toLine, length, isEnd];

  const end = await page('lastLines=500');
  expect(range(end)).toEqual([lines - 499, lines, 500, true]);
  expect(end.lines.at(-2)).toMatchObject({ no: lines - 1, level: 'warn', text: expect.stringContaining(NEEDLE) });
  expect(range(await page('fromLine=1&linesMax=300'))).toEqual([1, 300, 300, false]);
  const middle = Math.floor(lines / 2);
  const around = await page(`fromLine=${middle}&linesMax=100`);
  expect(range(around)).toEqual([middle, middle + 99, 100, false]);
  expect(around.lines[0]?.text).toContain(` ${middle} of the log`);
  expect(range(await page(`beforeLine=${middle}&lastLines=100`))).toEqual([middle - 100, middle - 1, 100, false]);
  expect(range(await page(`fromLine=${lines + 1}&linesMax=500`))).toEqual([lines + 1, lines, 0, true]);

  expect((await searched(get, logId, `text=${encodeURIComponent('üNBEZAHLT')}`)).map(({ no }) => no)).toEqual([
    lines - 1,
  ]);
  expect(await searched(get, logId, 'text=nowhere')).toEqual([]);
  expect(await searched(get, logId, 'level=error')).toHaveLength(Math.floor(lines / 10_000));
  expect(await searched(get, logId, 'level=warn')).toHaveLength(Math.floor(lines / 10_000) + 1);

  const [day = ''] = await readdir(big.logs);
  const path = join(big.logs, day, `${logId}.log`);
  expect((await stat(path)).size).toBeGreaterThan(BYTES);
  const download = await fetch(`${big.at}/logs/${logId}/download`, { headers: { cookie: big.cookie } });
  expect(await hashOf(download.body ?? [])).toBe(await hashOf(createReadStream(path)));
});

/** Once a log has so many bytes. */
async function sizeOf(logs: string, logId: number, bytes: number): Promise<void> {
  for (;;) {
    const [day = ''] = await readdir(logs).catch(() => []);
    const size = await stat(join(logs, day, `${logId}.log`)).catch(() => null);
    if (size !== null && size.size >= bytes) return;
    await wait(2);
  }
}

/** A search as the page makes it: until it is through. */
async function searched(get: <T>(path: string) => Promise<T>, logId: number, query: string) {
  const found: Reply<'GET /logs/:logId/search'>['lines'][number][] = [];
  for (let from: number | null = 1; from !== null; ) {
    const piece: Reply<'GET /logs/:logId/search'> = await get(`/logs/${logId}/search?${query}&fromLine=${from}`);
    found.push(...piece.lines);
    expect(piece.nextFromLine ?? Number.MAX_SAFE_INTEGER).toBeGreaterThan(from);
    from = piece.nextFromLine;
  }
  return found;
}

async function hashOf(parts: AsyncIterable<Uint8Array> | readonly never[]): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of parts) hash.update(part);
  return hash.digest('hex');
}

test('a run of 1,000 shards is shown in pages, and its timeline ends where a page can hold it', async () => {
  const { get, ended } = await givenBig();
  const { id: runId } = await ended('shards');
  type Shards = Reply<'GET /runs/:runId/shards'>;
  const seen: number[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: Shards = await get(`/runs/${runId}/shards?limit=200${after === '' ? '' : `&after=${after}`}`);
    expect(page.items.length).toBeLessThanOrEqual(200);
    seen.push(...page.items.map(({ index }) => index));
    after = page.next;
  }
  expect(seen).toEqual(Array.from({ length: SHARDS }, (_, n) => n));
  const timeline = await get<Reply<'GET /runs/:runId/timeline'>>(`/runs/${runId}/timeline`);
  expect(timeline.items).toHaveLength(1_000);
  expect(timeline.items.at(-1)).toMatchObject({ kind: 'run_succeeded' });
  const detail = await get<Reply<'GET /runs/:runId'>>(`/runs/${runId}`);
  expect(detail.shardCounts).toMatchObject({ succeeded: SHARDS });
});
