import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUMS, findProgram } from '../run/find-program.ts';
import { launchBrowser } from '../web/browser.ts';
import { type BigSteps, lookAtBig } from './big-page.ts';
import { type BigWorld, openBigWorld } from './big-world.ts';
import type { Measured } from './parts.ts';

const LONGEST_TASK_MS_MAX = 500;
const END_MS_MAX = 3_000;
const OTHERS_P95_MS_MAX = 300;
const GROWTH_MB_MAX = 250;
const BUILT = fileURLToPath(new URL('../../dist/scheduler/web', import.meta.url));

/** A run of 1,000 shards and a log of so many bytes: on the page, and what they cost everybody else. */
export async function bigPart(bytes: number, say: (line: string) => void): Promise<Measured[]> {
  const world = await openBigWorld(BUILT);
  try {
    const { runId, seconds } = await world.shards();
    say(`the run of 1,000 shards took ${seconds.toFixed(1)} s`);
    const { logId, seconds: writing } = await world.talk(bytes);
    const log = `a log of ${(bytes / 1e6).toFixed(0)} MB`;
    say(`${log} was written in ${writing.toFixed(1)} s, and goes on`);
    const measured = [...(await onThePage(world, { runId, logId, log }, say))];
    measured.push(...(await overTheApi(world, { logId, log }, say)));
    return measured;
  } finally {
    await world.close();
  }
}

interface Big {
  readonly runId: number;
  readonly logId: number;
  readonly log: string;
}

async function onThePage(world: BigWorld, big: Big, say: (line: string) => void): Promise<Measured[]> {
  const chromium = findProgram(CHROMIUMS);
  if (chromium === null || !existsSync(join(BUILT, 'index.html'))) {
    say('there is no Chromium, or the page is not built (npm run build): its figures are left out');
    return [];
  }
  const browser = await launchBrowser(chromium);
  try {
    const steps = await lookAtBig(browser, world, big);
    for (const { what, ms, longestMs, heapMb } of steps) {
      say(`${what}: ${ms.toFixed(0)} ms, longest task ${longestMs.toFixed(0)} ms, heap ${heapMb.toFixed(0)} MB`);
    }
    return [longest(steps, big), untilTheEnd(steps, big)];
  } finally {
    await browser.close();
  }
}

function longest(steps: BigSteps, { log }: Big): Measured {
  const worst = steps.reduce((a, b) => (a.longestMs >= b.longestMs ? a : b));
  const heap = Math.max(...steps.map(({ heapMb }) => heapMb));
  return {
    id: 'big-page',
    value: Math.round(worst.longestMs),
    unit: 'ms',
    holds: worst.longestMs < LONGEST_TASK_MS_MAX,
    text: `a run of 1,000 shards and ${log} in Chromium: the longest that the page did not answer was ${worst.longestMs.toFixed(0)} ms (${worst.what}; under ${LONGEST_TASK_MS_MAX}), its heap at most ${heap.toFixed(0)} MB`,
  };
}

function untilTheEnd(steps: BigSteps, { log }: Big): Measured {
  const { ms } = steps.find(({ what }) => what === 'the log is opened') ?? { ms: Number.POSITIVE_INFINITY };
  return {
    id: 'big-log-end',
    value: Math.round(ms),
    unit: 'ms',
    holds: ms < END_MS_MAX,
    text: `the end of ${log} is on the screen after ${ms.toFixed(0)} ms (under ${END_MS_MAX})`,
  };
}

async function overTheApi(world: BigWorld, { logId, log }: Omit<Big, 'runId'>, say: (line: string) => void) {
  await world.figures();
  const before = await world.figures();
  const others: number[] = [];
  const done = new AbortController();
  const asking = askOthers(world, others, done.signal);
  const started = performance.now();
  const pieces = await searchAll(world, logId);
  const searched = performance.now();
  const bytes = await download(world, logId);
  const ended = performance.now();
  done.abort();
  await asking;
  const after = await world.figures();
  const stalled = await stalledDownload(world, logId);
  const s = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  say(
    `searched to its end in ${s(searched - started)}, in ${pieces} pieces; downloaded in ${s(ended - searched)} (${(bytes / 1e6).toFixed(0)} MB)`,
  );
  const growth = Math.max(
    after.scheduler.peakRssMb - before.scheduler.rssMb,
    after.executor.peakRssMb - before.executor.rssMb,
    stalled.scheduler.peakRssMb - before.scheduler.rssMb,
    stalled.executor.peakRssMb - before.executor.rssMb,
  );
  others.sort((a, b) => a - b);
  const p95 = others[Math.floor(others.length * 0.95)] ?? Number.POSITIVE_INFINITY;
  const lag = `their event loops were held up by at most ${after.scheduler.lagMaxMs.toFixed(0)} and ${after.executor.lagMaxMs.toFixed(0)} ms`;
  return [
    {
      id: 'big-memory',
      value: Math.round(growth),
      unit: 'MB',
      holds: growth < GROWTH_MB_MAX,
      text: `${log} searched, downloaded, and downloaded by somebody who does not read: scheduler and executor grew by at most ${growth.toFixed(0)} MB (under ${GROWTH_MB_MAX})`,
    },
    {
      id: 'big-others',
      value: Math.round(p95),
      unit: 'ms',
      holds: p95 < OTHERS_P95_MS_MAX,
      text: `meanwhile a list of runs took ${p95.toFixed(0)} ms (95th percentile; under ${OTHERS_P95_MS_MAX}) and at most ${(others.at(-1) ?? 0).toFixed(0)} ms; ${lag}`,
    },
  ];
}

async function askOthers(world: BigWorld, took: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedMs = performance.now();
    await world.get('/runs?limit=50');
    took.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function searchAll(world: BigWorld, logId: number): Promise<number> {
  let pieces = 0;
  for (let from: number | null = 1; from !== null; pieces++) {
    const reply: { nextFromLine: number | null } = await world.get(
      `/logs/${logId}/search?text=no%20such%20text&fromLine=${from}`,
    );
    from = reply.nextFromLine;
  }
  return pieces;
}

const downloadOf = (world: BigWorld, logId: number, init: RequestInit = {}): Promise<Response> =>
  fetch(`${world.url}api/v1/logs/${logId}/download`, { ...init, headers: { cookie: world.cookie } });

async function download(world: BigWorld, logId: number): Promise<number> {
  let bytes = 0;
  for await (const part of (await downloadOf(world, logId)).body ?? []) bytes += part.length;
  return bytes;
}

/** Somebody asks for it all and reads nothing: what lies here for them must not grow. */
async function stalledDownload(world: BigWorld, logId: number) {
  const stopping = new AbortController();
  await downloadOf(world, logId, { signal: stopping.signal });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const figures = await world.figures();
  stopping.abort();
  return figures;
}
