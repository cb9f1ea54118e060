import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { Handler, RunLog } from '../handler-context.ts';
import { passed } from './passed.ts';
import type { FromWorker, IsolatedWorker, StartWorker } from './worker-messages.ts';

/** A thread or process of a handler, and whoever listens to it now. */
export interface Post {
  readonly worker: IsolatedWorker;
  /** The log of the attempt that is here; null while there is none. */
  log: RunLog | null;
  onMessage: (message: FromWorker) => void;
  /** Aborted when an idle one is taken again, or is gone. */
  taken: AbortController;
}

export interface WorkerPool {
  /** One that is idle, or else a new one. */
  take(): Post;
  /** For the next attempt; after a minute without one it is given up. */
  keep(post: Post): void;
  /** Lets it destroy its handler and end by itself, and helps when it has not done so in time. */
  giveUp(post: Post): void;
  /** Gives up all of them. */
  close(limitMs: number): Promise<void>;
}

export interface WorkerPoolOptions {
  readonly start: StartWorker;
  readonly stopGraceMs: number;
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly logger: Pick<Logger, 'warn'>;
}

const IDLE_MS = 60_000;
const NOBODY = (): void => undefined;

/**
 * The threads or processes of one handler on one node. Kept, because an attempt at a kept one begins within 1 ms,
 * while on 2 cores a new thread took 60 to 75 ms to begin and a new process 145 ms (400 and 520 ms where the module
 * imports this whole package), and `init` would open its connections anew each time. Not kept for ever: an idle
 * process holds some 50 MB.
 */
export function createWorkerPool(handler: Handler, options: WorkerPoolOptions): WorkerPool {
  const { runtime, logger } = options;
  const posts = new Set<Post>();
  const idle: Post[] = [];

  function open(): Post {
    const { name, module = '', exportName = 'default', memoryMbMax = null } = handler;
    const post: Post = {
      log: null,
      onMessage: NOBODY,
      taken: new AbortController(),
      worker: options.start({
        target: { name, module, exportName },
        memoryMbMax,
        onMessage: (message) => post.onMessage(message),
        onOutput: (level, line) => post.log?.[level](line),
      }),
    };
    posts.add(post);
    void post.worker.ended.then((how) => {
      posts.delete(post);
      if (removeIdle(post)) logger.warn({ handler: name, how }, 'a thread or process of a handler ended by itself');
    });
    return post;
  }

  function removeIdle(post: Post): boolean {
    const at = idle.indexOf(post);
    if (at < 0) return false;
    idle.splice(at, 1);
    post.taken.abort();
    return true;
  }

  async function retire(post: Post, limitMs: number): Promise<void> {
    const over = new AbortController();
    post.worker.send({ kind: 'close' });
    void passed(limitMs, over.signal, runtime).then((late) => {
      if (late) post.worker.kill();
    });
    await post.worker.ended;
    over.abort();
  }

  return {
    take() {
      const post = idle.pop() ?? open();
      post.taken.abort();
      return post;
    },
    keep(post) {
      post.log = null;
      post.onMessage = NOBODY;
      post.taken = new AbortController();
      idle.push(post);
      void passed(IDLE_MS, post.taken.signal, runtime).then((unused) => {
        if (unused && removeIdle(post)) void retire(post, options.stopGraceMs);
      });
    },
    giveUp(post) {
      post.log = null;
      post.onMessage = NOBODY;
      void retire(post, options.stopGraceMs);
    },
    async close(limitMs) {
      for (const post of [...idle]) removeIdle(post);
      await Promise.all([...posts].map((post) => retire(post, limitMs)));
    },
  };
}
