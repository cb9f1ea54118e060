import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ProcessFigures } from './processes/tell-figures.ts';

const TOKEN = 'b1g-0123456789abcdefghijklmnopqrs';
export const BIG_USER = { name: 'root', password: 'correct horse battery' };

/** A scheduler and an executor, each a process of its own, and an administrator who is logged in. */
export interface BigWorld {
  readonly url: string;
  readonly cookie: string;
  /** A GET of the admin's API. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Since they were last asked. */
  figures(): Promise<{ readonly scheduler: ProcessFigures; readonly executor: ProcessFigures }>;
  /** Runs `talk` until its log has so many bytes; it goes on, a line each 100 ms. */
  talk(bytes: number): Promise<{ readonly runId: number; readonly logId: number; readonly seconds: number }>;
  /** Runs the job of 1,000 shards to its end. */
  shards(): Promise<{ readonly runId: number; readonly seconds: number }>;
  close(): Promise<void>;
}

export async function openBigWorld(pageFolder = ''): Promise<BigWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-big-'));
  const processes: ChildProcess[] = [];
  const start = async <T>(name: string, args: readonly string[]): Promise<{ child: ChildProcess; said: T }> => {
    const child = fork(fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url)), [...args]);
    processes.push(child);
    return { child, said: await answerOf<T>(child) };
  };
  const close = async (): Promise<void> => {
    for (const child of processes.reverse()) await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const store = `sqlite:${join(dir, 'scheduler.db')}`;
    const scheduler = await start<{ url: string; setupToken: string }>('big-scheduler', [store, TOKEN, pageFolder]);
    const { url, setupToken } = scheduler.said;
    const executor = await start('big-executor', [url, TOKEN, join(dir, 'executor')]);
    const asker = await logIn(url, setupToken);
    const figuresOf = async (child: ChildProcess): Promise<ProcessFigures> => {
      const answer = answerOf<ProcessFigures>(child);
      child.send('figures');
      return answer;
    };
    const world: BigWorld = {
      url,
      cookie: asker.cookie,
      get: (path) => asker.ask('GET', path),
      post: (path, body) => asker.ask('POST', path, body),
      figures: async () => ({
        scheduler: await figuresOf(scheduler.child),
        executor: await figuresOf(executor.child),
      }),
      talk: (bytes) => talk(world, bytes),
      shards: () => shards(world),
      close,
    };
    return world;
  } catch (error) {
    await close();
    throw error;
  }
}

async function talk(world: BigWorld, bytes: number) {
  const startedMs = performance.now();
  const { runId } = await world.post<{ runId: number }>('/jobs/1/run', {
    requestId: `talk ${bytes}`,
    param: `${bytes}`,
  });
  let logId: number | null = null;
  for (;;) {
    await wait(200);
    const { items } = await world.get<{ items: { attempts: { logId: number }[] }[] }>(`/runs/${runId}/shards`);
    logId = items[0]?.attempts[0]?.logId ?? null;
    if (logId === null) continue;
    const { lines } = await world.get<{ lines: { text: string }[] }>(`/logs/${logId}?lastLines=200`);
    if (lines.some(({ text }) => text.includes('the end of the beginning'))) break;
  }
  return { runId, logId, seconds: (performance.now() - startedMs) / 1_000 };
}

async function shards(world: BigWorld) {
  const startedMs = performance.now();
  const { runId } = await world.post<{ runId: number }>('/jobs/2/run', { requestId: 'shards' });
  for (;;) {
    await wait(200);
    const { run } = await world.get<{ run: { endedAtMs: number | null } }>(`/runs/${runId}`);
    if (run.endedAtMs !== null) return { runId, seconds: (performance.now() - startedMs) / 1_000 };
  }
}

async function logIn(url: string, token: string) {
  const at = `${url}api/v1`;
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ token, ...BIG_USER });
  const setup = await fetch(`${at}/setup`, { method: 'POST', headers: json, body });
  const cookie = setup.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrfToken } = (await setup.json()) as { csrfToken: string };
  const ask = async <T>(method: string, path: string, given?: unknown): Promise<T> => {
    const answer = await fetch(`${at}${path}`, {
      method,
      headers: { cookie, 'x-csrf-token': csrfToken, ...(given === undefined ? {} : json) },
      ...(given === undefined ? {} : { body: JSON.stringify(given) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  return { cookie, ask };
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const other = new AbortController();
  const { signal } = other;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [T];
    return message;
  } finally {
    ended.catch(() => undefined);
    other.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(killing);
}
