import { DaybreakError } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { HandlerContext } from '../handler-context.ts';
import { type ProcessEnding, type ProcessUser, runProcess } from './process-run.ts';

export interface Program {
  /** What people call it, for messages: `tar`, `script 7`. */
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user?: ProcessUser | undefined;
  /** null = no limit but the attempt's own. */
  readonly timeoutMs: number | null;
  readonly stopGraceMs: number;
  readonly runtime: Runtime;
}

export const STOP_GRACE_MS = 4_000;
export const SEARCH_DIRS: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/**
 * The environment of every program: enough to find other programs and to speak UTF-8, and what the run is about. The
 * node's own environment stays out, since it holds the node's secrets.
 */
export function programEnv(ctx: HandlerContext, more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: SEARCH_DIRS.join(':'),
    LANG: 'C.UTF-8',
    DAYBREAK_RUN_ID: String(ctx.runId),
    DAYBREAK_LOG_ID: String(ctx.logId),
    DAYBREAK_ATTEMPT: String(ctx.attempt),
    DAYBREAK_SHARD_INDEX: String(ctx.shardIndex),
    DAYBREAK_SHARD_TOTAL: String(ctx.shardTotal),
    DAYBREAK_BUSINESS_DATE: ctx.businessDate,
    ...more,
  };
}

/**
 * Runs a program for an attempt, its output into the run log. Resolves when it ended with 0.
 * Throws PROCESS_FAILED (could not be started, another code, a signal), DEADLINE_PASSED (its own timeout), or the
 * reason of the attempt's signal.
 */
export async function runProgram(ctx: HandlerContext, program: Program): Promise<void> {
  const { title, timeoutMs, runtime } = program;
  const signal = timeoutMs === null ? ctx.signal : runtime.deadline(timeoutMs, ctx.signal);
  const ending = await runProcess({
    ...program,
    signal,
    stdout: ctx.log.stream('info'),
    stderr: ctx.log.stream('warn'),
  });
  if (ending.kind !== 'not-started' && ending.leftOver) {
    ctx.log.warn(`${title} left processes behind: they were ended with it`);
  }
  ctx.signal.throwIfAborted();
  if (signal.aborted) {
    throw new DaybreakError('DEADLINE_PASSED', `${title} did not end within ${timeoutMs} ms: it was stopped`, {
      retryable: true,
    });
  }
  const failure = failureOf(title, ending);
  if (failure !== null) throw failure;
}

function failureOf(title: string, ending: ProcessEnding): DaybreakError | null {
  switch (ending.kind) {
    case 'exited':
      if (ending.code === 0) return null;
      return new DaybreakError('PROCESS_FAILED', `${title} ended with code ${ending.code}`, {
        details: { exitCode: ending.code },
      });
    case 'signalled':
      return new DaybreakError('PROCESS_FAILED', `${title} was ended by ${ending.signal}`, {
        details: { signal: ending.signal },
      });
    case 'not-started':
      return new DaybreakError('PROCESS_FAILED', `${title} could not be started: ${ending.error.message}`, {
        cause: ending.error,
        // A program that is not there, or may not be run, is not there a minute later either.
        retryable: ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(codeOf(ending.error)),
      });
  }
}

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? '';
