import { DaybreakError, messageOf } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { AttemptStopped } from '../attempt.ts';
import type { HandlerEnding } from '../classify-outcome.ts';
import type { Handler } from '../handler-context.ts';
import type { HandlerCall, HandlerHost } from '../handler-host.ts';
import { type CrossedEnding, reviveEnding, reviveError } from './cross-ending.ts';
import { passed } from './passed.ts';
import { createWorkerPool, type Post, type WorkerPoolOptions } from './worker-pool.ts';

export interface IsolatedHostOptions extends WorkerPoolOptions {
  readonly what: 'thread' | 'process';
  readonly readParams: (call: HandlerCall) => unknown;
  readonly executorAddress: string;
}

/** Whoever does not even hear the stop is blocked: its grace ends here, so that a `while (true)` is gone within 5 s. */
export const UNHEARD_MS_MAX = 3_000;
/** Left over for the killing itself, before the attempt counts as stuck. */
const KILL_MS = 5_000;

/**
 * Runs a handler in threads or processes, one attempt at a time in each. One that was told to stop, or crashed, is
 * never used again: nobody knows what it left behind.
 */
export function createIsolatedHost(handler: Handler, options: IsolatedHostOptions): HandlerHost {
  const { what, stopGraceMs } = options;
  const pool = createWorkerPool(handler, options);

  async function run(call: HandlerCall): Promise<HandlerEnding> {
    try {
      const params = options.readParams(call);
      call.signal.throwIfAborted();
      return await runAt(pool.take(), call, params);
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  async function runAt(post: Post, call: HandlerCall, params: unknown): Promise<HandlerEnding> {
    const { attempt, signal, log } = call;
    const over = new AbortController();
    const stop = createStop(post, signal, { over: over.signal, stopGraceMs, runtime: options.runtime });
    const ending = new Promise<CrossedEnding | DaybreakError>((resolve) => {
      listen(post, call, { stopHeard: stop.heard, ended: resolve });
      void post.worker.ended.then((how) => resolve(crashed(how)));
    });
    post.log = log;
    const { executorAddress } = options;
    post.worker.send({ kind: 'run', attempt, executorAddress, ...(params === undefined ? {} : { params }) });
    const reached = await ending;
    over.abort();
    if (stop.forcedAfterMs !== null) return { kind: 'forced', graceMs: stop.forcedAfterMs, what };
    if (reached instanceof DaybreakError) return { kind: 'threw', error: reached };
    if (signal.aborted) pool.giveUp(post);
    else pool.keep(post);
    return reviveEnding(reached, signal.reason);
  }

  function listen(
    post: Post,
    { log, signal }: HandlerCall,
    tell: { stopHeard: () => void; ended: (ending: CrossedEnding | DaybreakError) => void },
  ): void {
    post.onMessage = (message) => {
      switch (message.kind) {
        case 'log':
          log[message.level](message.text);
          break;
        case 'flush':
          void (log.flushed?.() ?? Promise.resolve()).then(() => post.worker.send({ kind: 'flushed' }));
          break;
        case 'stop-heard':
          tell.stopHeard();
          break;
        case 'ended':
          tell.ended(message.ending);
          break;
        case 'crashed':
          tell.ended(crashed('by an error that nothing caught', reviveError(message.error, signal.reason)));
      }
    };
  }

  function crashed(how: string, cause?: unknown): DaybreakError {
    const said = cause === undefined ? '' : `: ${messageOf(cause)}`;
    const why = `the ${what} of handler "${handler.name}" ended ${how} before its attempt did${said}`;
    return new DaybreakError('HANDLER_CRASHED', why, { details: { handler: handler.name }, cause });
  }

  return { run, stuckAfterMs: stopGraceMs + KILL_MS, close: pool.close };
}

/** Tells the other side to stop, gives it its grace, and then ends it by force. */
function createStop(
  { worker }: Post,
  signal: AbortSignal,
  limits: { over: AbortSignal; stopGraceMs: number; runtime: Pick<Runtime, 'sleep'> },
) {
  const { over, stopGraceMs, runtime } = limits;
  let heard = false;
  const stop = {
    forcedAfterMs: null as number | null,
    heard: () => {
      heard = true;
    },
  };

  async function enforce(): Promise<void> {
    worker.send({ kind: 'stop', why: signal.reason instanceof AttemptStopped ? signal.reason.kind : 'killed' });
    const unheardMs = Math.min(stopGraceMs, UNHEARD_MS_MAX);
    if (!(await passed(unheardMs, over, runtime))) return;
    if (heard && !(await passed(stopGraceMs - unheardMs, over, runtime))) return;
    stop.forcedAfterMs = heard ? stopGraceMs : unheardMs;
    worker.kill();
  }

  signal.addEventListener('abort', () => void enforce(), { once: true, signal: over });
  return stop;
}
