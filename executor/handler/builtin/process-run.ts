import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { guardGroup } from './process-guard.ts';

export interface ProcessOptions {
  /** Absolute path of the program. */
  readonly file: string;
  /** Handed over as they are: no shell reads them. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program: nothing of this process's own is added. */
  readonly env: Readonly<Record<string, string>>;
  /** As whom it runs; without it, as this process. */
  readonly user?: ProcessUser | undefined;
  /** Ends the program and its whole group. */
  readonly signal: AbortSignal;
  /** From SIGTERM to SIGKILL. */
  readonly stopGraceMs: number;
  readonly runtime: Runtime;
  /** Take the output; a slow taker slows the program down. */
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

export type ProcessEnding =
  | { readonly kind: 'exited'; readonly code: number; readonly leftOver: boolean }
  | { readonly kind: 'signalled'; readonly signal: string; readonly leftOver: boolean }
  | { readonly kind: 'not-started'; readonly error: Error };

// A process that left the group can hold the pipes open for ever: its output is not waited for longer than this.
const LAST_OUTPUT_MS = 1_000;
const LOOK_MS = 50;

/**
 * Runs a program in a process group of its own and ends the group with it: on the signal, and also when the program
 * ends by itself and leaves children behind. Rejects with the reason of a signal that was aborted before the start.
 */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnding> {
  options.signal.throwIfAborted();
  const { cwd, env, user } = options;
  const child = spawn(options.file, options.args, {
    cwd,
    env,
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    shell: false,
    windowsHide: true,
  });
  const ended = endOf(child);
  if (child.pid === undefined) return await ended;

  const guard = guardGroup(child.pid);
  const output = readOutput(child, options);
  const stopping = stopOnSignal(child.pid, ended, options);
  try {
    const ending = await ended;
    if (ending.kind === 'not-started') return ending;
    await stopping;
    const leftOver = await endGroup(child.pid, options);
    await settledWithin(LAST_OUTPUT_MS, output, options.runtime);
    return { ...ending, leftOver };
  } finally {
    child.stdout?.destroy();
    child.stderr?.destroy();
    guard.release();
  }
}

function endOf(child: ChildProcess): Promise<ProcessEnding> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', error }));
    child.once('exit', (code, signal) => {
      if (signal !== null) resolve({ kind: 'signalled', signal, leftOver: false });
      else resolve({ kind: 'exited', code: code ?? 1, leftOver: false });
    });
  });
}

/** SIGTERM to the group when the signal aborts, SIGKILL when the program has not ended within the grace. */
async function stopOnSignal(pid: number, ended: Promise<ProcessEnding>, options: ProcessOptions): Promise<void> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  if (!options.signal.aborted) {
    await Promise.race([once(options.signal, 'abort', { signal: over.signal }).catch(ignoreAbort), ended]);
  }
  if (!options.signal.aborted || over.signal.aborted) return;
  signalGroup(pid, 'SIGTERM');
  await options.runtime.sleep(options.stopGraceMs, over.signal).catch(ignoreAbort);
  if (!over.signal.aborted) signalGroup(pid, 'SIGKILL');
}

/** After the program itself: whatever is left of its group gets the same grace, then SIGKILL. Returns if there was any. */
async function endGroup(pid: number, { runtime, stopGraceMs }: ProcessOptions): Promise<boolean> {
  if (!signalGroup(pid, 'SIGTERM')) return false;
  const startedMs = runtime.clock.monotonicMs();
  while (runtime.clock.monotonicMs() - startedMs < stopGraceMs) {
    // They are no children of ours, so nobody tells us of their end.
    await runtime.sleep(LOOK_MS);
    if (!signalGroup(pid, 0)) return true;
  }
  signalGroup(pid, 'SIGKILL');
  return true;
}

/** Whether the group had a member to take the signal. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function readOutput(child: ChildProcess, { stdout, stderr }: ProcessOptions): Promise<void> {
  const pipe = (from: Readable | null, to: Writable) => (from === null ? undefined : pipeline(from, to));
  // Rejects only when the pipes are taken away from a program that has ended: what it said until then is written.
  await Promise.allSettled([pipe(child.stdout, stdout), pipe(child.stderr, stderr)]);
}

async function settledWithin(ms: number, work: Promise<void>, runtime: Runtime): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, runtime.sleep(ms, over.signal).catch(ignoreAbort)]);
  over.abort();
}

/** The signals of this file only say that a wait is over. */
function ignoreAbort(reason: unknown): void {
  if (!(reason instanceof Error) || reason.name !== 'AbortError') throw reason;
}
