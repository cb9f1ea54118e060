import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { OpenRunLog } from '../node/run-log.ts';
import { endInWords } from '../node/run-log-text.ts';
import { type Attempt, type AttemptOutcome, AttemptStopped } from './attempt.ts';
import type { ScriptRunner } from './builtin/script-runner.ts';
import { classifyOutcome, type HandlerEnding } from './classify-outcome.ts';
import { fillInSecrets } from './fill-in-secrets.ts';
import type { Handler } from './handler-context.ts';
import type { HandlerHosts } from './handler-hosts.ts';
import type { HandlerRegistry } from './handler-registry.ts';
import { maskLog, maskOutcome, maskValues } from './mask-values.ts';
import type { Secrets } from './secrets.ts';

export interface RunHandlerDeps {
  readonly handlers: HandlerRegistry;
  /** Makes the handler of a script job; without it scripts are not run here. */
  readonly scripts?: ScriptRunner | null;
  /** Puts in what parameters name; without it an attempt that names any fails. */
  readonly secrets?: Secrets | null;
  readonly hosts: Pick<HandlerHosts, 'hostOf'>;
  readonly runtime: Pick<Runtime, 'sleep'>;
}

/** What running an attempt needs of its log; whoever opened it closes it. */
export type AttemptLog = Pick<OpenRunLog, 'info' | 'warn' | 'error' | 'stack' | 'end' | 'flushed'>;

export interface HandlerRun {
  readonly outcome: AttemptOutcome;
  /** It was told to stop and still runs: its outcome stands, and what it does from now on counts no more. */
  readonly stuck: boolean;
  /** Nothing was written into its log. */
  readonly silent: boolean;
  /** Resolves when the handler has really returned; later than the outcome for one that did not heed its signal. */
  readonly gone: Promise<void>;
}

/** One attempt from start to outcome. Never rejects: whatever a handler does is an outcome. */
export async function runHandler(
  given: Attempt,
  stop: AbortController,
  log: AttemptLog,
  deps: RunHandlerDeps,
): Promise<HandlerRun> {
  if (given.secrets === undefined) return await runFilled(given, stop, log, deps);
  try {
    const { attempt, values } = await fillInSecrets(given, deps.secrets ?? null);
    const mask = maskValues(values);
    const run = await runFilled(attempt, stop, maskLog(log, mask), deps);
    return { ...run, outcome: maskOutcome(run.outcome, mask) };
  } catch (error) {
    const ending = { kind: 'threw', error } as const;
    const outcome = classifyOutcome(ending, stoppedBy(stop.signal));
    return { outcome, stuck: false, silent: !reportToLog(ending, outcome, log), gone: Promise.resolve() };
  }
}

async function runFilled(
  attempt: Attempt,
  stop: AbortController,
  log: AttemptLog,
  deps: RunHandlerDeps,
): Promise<HandlerRun> {
  const host = deps.hosts.hostOf(resolveHandler(attempt, deps));
  const over = new AbortController();
  openDeadline(attempt, stop, over.signal, deps);
  const call = host.run({ attempt, signal: stop.signal, log });
  const stuck = stuckAfterStop(stop.signal, { over: over.signal, graceMs: host.stuckAfterMs }, deps);
  const ending = await Promise.race([call, stuck]);
  over.abort();
  const outcome = classifyOutcome(ending, stoppedBy(stop.signal));
  const silent = !reportToLog(ending, outcome, log);
  return { outcome, stuck: ending.kind === 'stuck', silent, gone: call.then(() => undefined) };
}

/** The node refuses unknown names when they arrive, so a missing one here is a mistake of ours: the call fails. */
function resolveHandler(attempt: Attempt, deps: RunHandlerDeps): Handler {
  const missing: Handler = {
    name: attempt.handler,
    run: () => Promise.reject(new Error(`job handler [${attempt.handler}] not found.`)),
  };
  if (attempt.script) return deps.scripts?.handlerOf(attempt, attempt.script) ?? missing;
  return deps.handlers.get(attempt.handler) ?? missing;
}

/** Counts from the handler's start, on this process's own clock: time in the queue is not the handler's. */
function openDeadline(attempt: Attempt, stop: AbortController, over: AbortSignal, deps: RunHandlerDeps): void {
  if (attempt.timeoutMs === null) return;
  void sleptThrough(attempt.timeoutMs, over, deps).then((late) => {
    if (late) stop.abort(new AttemptStopped('timeout'));
  });
}

/** Settles only when the handler was told to stop and the grace has passed without its return. */
function stuckAfterStop(
  stop: AbortSignal,
  { over, graceMs }: { over: AbortSignal; graceMs: number },
  deps: RunHandlerDeps,
): Promise<HandlerEnding> {
  return new Promise((resolve) => {
    const waitGrace = async () => {
      const late = await sleptThrough(graceMs, over, deps);
      if (late) resolve({ kind: 'stuck', graceMs });
    };
    if (stop.aborted) void waitGrace();
    else stop.addEventListener('abort', waitGrace, { once: true, signal: over });
  });
}

/** Whether the whole time passed: false when the run was over before. */
async function sleptThrough(ms: number, over: AbortSignal, { runtime }: RunHandlerDeps): Promise<boolean> {
  await runtime.sleep(ms, over).catch((reason: unknown) => {
    if (!over.aborted) throw reason;
  });
  return !over.aborted;
}

function stoppedBy(signal: AbortSignal): AttemptStopped | null {
  if (!signal.aborted) return null;
  return signal.reason instanceof AttemptStopped ? signal.reason : new AttemptStopped('killed');
}

/** False: there is nothing in its log. */
function reportToLog(ending: HandlerEnding, outcome: AttemptOutcome, log: AttemptLog): boolean {
  if (ending.kind === 'threw') log.stack(ending.error);
  return log.end(endInWords(outcome));
}
