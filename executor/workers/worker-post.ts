import { DaybreakError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { AttemptStopped } from '../handler/attempt.ts';
import type { HandlerEnding } from '../handler/classify-outcome.ts';
import type { HandlerCall } from '../handler/handler-host.ts';
import { reviveEnding, reviveError } from '../handler/isolation/cross-ending.ts';
import { UNHEARD_MS_MAX } from '../handler/isolation/isolated-host.ts';
import { passed } from '../handler/isolation/passed.ts';
import { passOnLine } from './pass-on-line.ts';
import type { ForkWorker } from './process-worker-fork.ts';
import { type FromWorker, readFromWorker, type ToWorker } from './worker-messages.ts';

/** How one process's part of an attempt ended. 'crashed': the process ended before it did. */
export type PartEnding = HandlerEnding | { readonly kind: 'crashed'; readonly error: DaybreakError };

/** One worker process, from its fork to its end. */
export interface WorkerPost {
  /** Resolves with the names of its handlers; rejects when it ends before it has opened. */
  readonly ready: Promise<readonly string[]>;
  /** How many attempts it has a part in. */
  readonly parts: number;
  /** Never rejects. */
  work(call: HandlerCall): Promise<PartEnding>;
  /** The exposition text of what it counts, or null when it does not say so in time. */
  scrape(limitMs: number): Promise<string | null>;
  /** Lets it close its handlers and end by itself, and helps when it has not done so in time. */
  retire(limitMs: number): Promise<void>;
  /** Resolves with words about how it ended; never rejects. */
  readonly ended: Promise<string>;
}

export interface WorkerPostOptions {
  readonly fork: ForkWorker;
  readonly order: Extract<ToWorker, { kind: 'open' }>;
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly logger: Logger;
}

interface Part {
  readonly call: HandlerCall;
  heard: boolean;
  end(ending: PartEnding): void;
}

export function createWorkerPost(options: WorkerPostOptions): WorkerPost {
  const { order, runtime, logger } = options;
  const parts = new Map<number, Part>();
  const scrapes = new Map<number, (body: string | null) => void>();
  const ready = Promise.withResolvers<readonly string[]>();
  let refs = 0;
  let crash: unknown = null;
  const worker = options.fork({
    onMessage(given) {
      const message = readFromWorker(given);
      if (message !== null) take(message);
      else logger.error({ worker: order.index }, 'a worker process said something that is no message');
    },
    onOutput: (stream, line) => passOnLine(logger, order.index, stream, line),
  });
  const send = (message: ToWorker) => worker.send(message);
  send(order);
  void worker.ended.then((how) => {
    ready.reject(notOpened(how));
    for (const part of parts.values()) part.end({ kind: 'crashed', error: crashed(how) });
    for (const give of scrapes.values()) give(null);
  });
  // Whoever waits for it hears of it; a worker that nobody waits for is logged by its crew.
  ready.promise.catch(() => undefined);

  function take(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        ready.resolve(message.handlers);
        return;
      case 'crashed':
        crash = reviveError(message.error, null);
        return;
      case 'scraped':
        scrapes.get(message.ref)?.(message.body);
        return;
      default:
        takeOfPart(message, parts.get(message.ref));
    }
  }

  function takeOfPart(message: Exclude<FromWorker, { kind: 'ready' | 'crashed' | 'scraped' }>, part?: Part): void {
    if (part === undefined) return;
    const { log, signal } = part.call;
    switch (message.kind) {
      case 'log':
        log[message.level](message.text);
        return;
      case 'flush':
        void (log.flushed?.() ?? Promise.resolve()).then(() => send({ kind: 'flushed', ref: message.ref }));
        return;
      case 'stop-heard':
        part.heard = true;
        return;
      case 'ended':
        part.end(reviveEnding(message.ending, signal.reason));
    }
  }

  function notOpened(how: string): DaybreakError {
    const why = `worker process ${order.index} ended ${how} before it had opened${said(crash)}`;
    return new DaybreakError('HANDLER_INIT_FAILED', why, { cause: crash ?? undefined });
  }

  function crashed(how: string): DaybreakError {
    const why = `worker process ${order.index} ended ${how} before the attempt did${said(crash)}`;
    return new DaybreakError('HANDLER_CRASHED', why, { cause: crash ?? undefined });
  }

  /** Tells the process to stop its part. One whose event loop does not even turn is ended, with all that it has. */
  async function enforceStop(ref: number, part: Part, over: AbortSignal): Promise<void> {
    const { signal } = part.call;
    send({ kind: 'stop', ref, why: signal.reason instanceof AttemptStopped ? signal.reason.kind : 'killed' });
    const { stopGraceMs } = order;
    const unheardMs = Math.min(stopGraceMs, UNHEARD_MS_MAX);
    if (!(await passed(unheardMs, over, runtime))) return;
    if (part.heard && !(await passed(stopGraceMs - unheardMs, over, runtime))) return;
    // Deaf to its signal, but others work well beside it: it counts as stuck until it returns.
    if (part.heard && parts.size > 1) return;
    part.end({ kind: 'forced', graceMs: part.heard ? stopGraceMs : unheardMs, what: 'process' });
    worker.kill();
  }

  return {
    ready: ready.promise,
    ended: worker.ended,
    get parts() {
      return parts.size;
    },
    async work(call) {
      refs += 1;
      const ref = refs;
      const over = new AbortController();
      const ending = Promise.withResolvers<PartEnding>();
      const part: Part = { call, heard: false, end: ending.resolve };
      parts.set(ref, part);
      call.signal.addEventListener('abort', () => void enforceStop(ref, part, over.signal), {
        once: true,
        signal: over.signal,
      });
      if (call.signal.aborted) part.end({ kind: 'threw', error: call.signal.reason });
      else send({ kind: 'work', ref, attempt: { ...call.attempt, workerProcess: order.index } });
      const reached = await ending.promise;
      over.abort();
      parts.delete(ref);
      return reached;
    },
    async scrape(limitMs) {
      refs += 1;
      const ref = refs;
      const over = new AbortController();
      const answer = new Promise<string | null>((resolve) => scrapes.set(ref, resolve));
      send({ kind: 'scrape', ref });
      const body = await Promise.race([answer, passed(limitMs, over.signal, runtime).then(() => null)]);
      over.abort();
      scrapes.delete(ref);
      return body;
    },
    async retire(limitMs) {
      const over = new AbortController();
      send({ kind: 'close' });
      void passed(limitMs, over.signal, runtime).then((late) => {
        if (late) worker.kill();
      });
      await worker.ended;
      over.abort();
    },
  };
}

const said = (crash: unknown): string => (crash === null ? '' : `: ${messageOf(crash)}`);
