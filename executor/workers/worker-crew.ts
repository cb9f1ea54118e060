import { DaybreakError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { type BackoffRules, backoffMs } from '../../shared/runtime/backoff.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { Handler, JsonValue } from '../handler/handler-context.ts';
import type { WorkerHosts } from '../handler/handler-hosts.ts';
import { passed } from '../handler/isolation/passed.ts';
import { createCrewHost } from './crew-host.ts';
import { type ForkWorker, forkWorker } from './process-worker-fork.ts';
import { createWorkerPost, type WorkerPost } from './worker-post.ts';

/** What an executor with worker processes was told of them. */
export interface WorkersSettings {
  readonly processes: number;
  /** A `file:` URL; its `openWorker` is called in each process. */
  readonly module: string;
  readonly config: JsonValue;
}

export interface WorkerCrewOptions extends WorkersSettings {
  /** The handlers that run there: each worker must have one of each name. */
  readonly handlers: readonly Handler[];
  readonly executorAddress: string;
  readonly stopGraceMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly onRestart: () => void;
  readonly fork?: ForkWorker;
}

/** The worker processes of one executor: each is forked anew when it ends. */
export interface WorkerCrew extends WorkerHosts {
  /** Resolves when all of them have opened; throws what the first said that could not. */
  start(): Promise<void>;
  /** What each of them counts, as exposition text. One that does not say so in time is left out. */
  scrape(): Promise<readonly string[]>;
  /** How many are open now. */
  readonly open: number;
}

/** The processes, as those see them who have work for them. */
export interface CrewPosts {
  readonly size: number;
  /** The process of that number once it is open; rejects with the signal's reason, and when the crew is closed. */
  postAt(index: number, signal: AbortSignal): Promise<WorkerPost>;
  /** The number of the open process with the least to do; of the first one when none is open. */
  leastBusy(): number;
}

const FORK_PATIENCE: BackoffRules = { firstMs: 200, maxMs: 30_000, jitter: 0.5 };
/** One that has lived for so long was well: its next fork comes soon again. */
const WELL_MS = 60_000;
const SCRAPE_MS = 1_000;

interface Seat {
  readonly index: number;
  post: WorkerPost;
  isOpen: boolean;
  /** Resolves with each post that has opened; made anew when one has ended. */
  opened: PromiseWithResolvers<WorkerPost>;
}

export function createWorkerCrew(options: WorkerCrewOptions): WorkerCrew {
  const { processes, runtime, logger } = options;
  const closing = new AbortController();
  const seats: Seat[] = [];

  function forkAt(index: number): WorkerPost {
    const { module, config, executorAddress, stopGraceMs, fork = forkWorker } = options;
    const order = { kind: 'open', module, index, processes, config, executorAddress, stopGraceMs } as const;
    return createWorkerPost({ fork, order, runtime, logger });
  }

  /** Throws HANDLER_UNKNOWN for a worker without a handler that jobs may ask for. */
  async function openedPost(post: WorkerPost): Promise<void> {
    const names = await post.ready;
    const missing = options.handlers.find(({ name }) => !names.includes(name));
    if (missing === undefined) return;
    await post.retire(0);
    throw new DaybreakError('HANDLER_UNKNOWN', `openWorker of ${options.module} makes no handler "${missing.name}"`);
  }

  function takeSeat(seat: Seat): void {
    seat.isOpen = true;
    seat.opened.resolve(seat.post);
    void keep(seat);
  }

  /** Waits for the end of the process, and forks another one, again and again. */
  async function keep(seat: Seat): Promise<void> {
    const { index } = seat;
    for (let failures = 0; !closing.signal.aborted; ) {
      const sinceMs = runtime.clock.monotonicMs();
      const how = await seat.post.ended;
      seat.isOpen = false;
      if (closing.signal.aborted) return;
      if (runtime.clock.monotonicMs() - sinceMs >= WELL_MS) failures = 0;
      failures += 1;
      seat.opened = Promise.withResolvers();
      seat.opened.promise.catch(() => undefined);
      const waitMs = backoffMs(failures, runtime.random, FORK_PATIENCE);
      logger.error({ worker: index, how, failures, nextInMs: waitMs }, 'a worker process ended; it is forked anew');
      options.onRestart();
      if (!(await passed(waitMs, closing.signal, runtime))) return;
      seat.post = forkAt(index);
      await openedPost(seat.post).then(
        () => {
          seat.isOpen = true;
          seat.opened.resolve(seat.post);
        },
        (err: unknown) => logger.error({ err, worker: index }, 'a worker process could not open'),
      );
    }
  }

  const posts: CrewPosts = {
    size: processes,
    async postAt(index, signal) {
      signal.throwIfAborted();
      const seat = seats[index] as Seat;
      const given = Promise.withResolvers<never>();
      const giveUp = () => given.reject(signal.aborted ? signal.reason : closing.signal.reason);
      for (const one of [signal, closing.signal]) one.addEventListener('abort', giveUp, { once: true });
      try {
        closing.signal.throwIfAborted();
        return await Promise.race([seat.opened.promise, given.promise]);
      } finally {
        for (const one of [signal, closing.signal]) one.removeEventListener('abort', giveUp);
      }
    },
    leastBusy() {
      const open = seats.filter(({ isOpen }) => isOpen);
      return open.reduce(
        (best, seat) => (seat.post.parts < best.post.parts ? seat : best),
        open[0] ?? (seats[0] as Seat),
      ).index;
    },
  };

  return {
    async start() {
      for (let index = 0; index < processes; index++) {
        const opened = Promise.withResolvers<WorkerPost>();
        opened.promise.catch(() => undefined);
        seats.push({ index, post: forkAt(index), isOpen: false, opened });
      }
      const openings = seats.map((seat) => openedPost(seat.post));
      try {
        await Promise.all(openings);
      } catch (error) {
        closing.abort(error);
        await Promise.allSettled(openings);
        await Promise.all(seats.map(({ post }) => post.retire(0)));
        throw error;
      }
      for (const seat of seats) takeSeat(seat);
    },
    hostOf: (handler) => createCrewHost(handler, posts, options),
    async scrape() {
      const bodies = await Promise.all(seats.filter(({ isOpen }) => isOpen).map(({ post }) => post.scrape(SCRAPE_MS)));
      return bodies.filter((body) => body !== null);
    },
    get open() {
      return seats.filter(({ isOpen }) => isOpen).length;
    },
    async close(limitMs) {
      closing.abort(new DaybreakError('CANCELLED', 'the executor stops, and its worker processes with it'));
      await Promise.all(seats.map(({ post }) => post.retire(limitMs)));
    },
  };
}
