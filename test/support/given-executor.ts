import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExecutor, type Executor, type ExecutorOptions, type Handler } from '../../executor/index.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { RunRequest } from '../../shared/protocol/wire.ts';

export const TEST_TOKEN = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';

export interface GivenExecutor extends Executor {
  readonly dataDir: string;
  /** The answer of one verb, its HTTP status checked to be 200. */
  ask(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly code: number;
  readonly msg?: string;
  readonly data?: unknown;
  readonly content?: unknown;
  readonly busy?: boolean;
}

/** A started executor on a free port with a folder of its own. */
export async function givenExecutor(
  options: Partial<ExecutorOptions> & { schedulers: readonly string[]; handlers: readonly Handler[] },
): Promise<GivenExecutor> {
  const dataDir = options.dataDir ?? (await tempDir());
  const executor = createExecutor({
    appname: 'orders',
    accessToken: TEST_TOKEN,
    port: 0,
    heartbeatIntervalMs: 1_000,
    logger: silentLogger,
    ...options,
    dataDir,
  });
  await executor.start();
  const ask = (path: string, body?: unknown, headers?: Record<string, string>) =>
    askExecutor(executor.address, path, body, headers);
  return Object.defineProperties(Object.create(executor), { dataDir: { value: dataDir }, ask: { value: ask } });
}

export async function askExecutor(
  address: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { 'xxl-job-access-token': TEST_TOKEN },
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const init = { method: 'POST', headers, ...(text === undefined ? {} : { body: text }) };
  const response = await fetch(`${address.replace(/\/$/, '')}${path}`, init);
  if (response.status !== 200) throw new Error(`${path} answered HTTP ${response.status}`);
  return (await response.json()) as Answer;
}

let lastLogId = 1_000;

/** A run request as a Daybreak scheduler sends it, with what differs. */
export function runRequest(differing: Partial<RunRequest> = {}): RunRequest {
  lastLogId += 1;
  return {
    jobId: 7,
    executorHandler: 'work',
    executorParams: '',
    executorBlockStrategy: 'SERIAL_EXECUTION',
    executorTimeout: 0,
    logId: lastLogId,
    logDateTime: 1_767_225_600_000,
    glueType: 'BEAN',
    broadcastIndex: 0,
    broadcastTotal: 1,
    runId: lastLogId,
    attempt: 1,
    businessDate: '2026-01-01',
    ...differing,
  };
}

export const tempDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'daybreak-executor-'));
export const removeDir = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });

/** A promise and the hands to settle it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}
