import Redlock from 'redlock';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { SoftLock } from './hints.ts';
import type { RedisAnswer, RedisLink } from './redis-link.ts';

/** Had for want of somebody to ask: the work goes on, and the rows judge. */
const UNSURE: SoftLock = { isSure: false, release: async () => undefined };

export interface RedisLockOptions {
  readonly link: RedisLink;
  readonly prefix: string;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** The lock is had unsurely when there is no answer within this, ms. */
  readonly answerMs: number;
}

/**
 * The one place that speaks to redlock. It tells who does a piece of work that one node suffices for; it fences
 * nothing, because its value is random and a flush forgets it. Each lock has a redlock of its own: a failure of the
 * server is told by an event of the instance only, and would else be taken for another holder.
 */
export function redisLocks({ link, prefix, runtime, logger, answerMs }: RedisLockOptions) {
  return async (name: string, ttlMs: number): Promise<SoftLock | null> => {
    let wasAnswered = true;
    const redlock = new Redlock([clientOf(link)], { retryCount: 0 });
    redlock.on('clientError', (error: unknown) => {
      wasAnswered = false;
      logger.debug({ lock: name, why: messageOf(error) }, 'a soft lock could not be asked for');
    });
    // Bluebird's promises: made native at once, so that a rejection is nobody else's business.
    const asked = Promise.resolve(redlock.lock(`${prefix}lock:${name}`, Math.max(1, Math.ceil(ttlMs)))).then(
      (lock) => lock,
      () => null,
    );
    const over = new AbortController();
    const late = runtime.sleep(answerMs + 100, over.signal).then(
      () => 'late' as const,
      () => 'late' as const,
    );
    const answer = await Promise.race([asked, late]);
    over.abort();
    if (answer === 'late') {
      // Had after all, when nobody waits for it any more: it would keep others away for nothing.
      void asked.then((lock) => lock && release(lock));
      return UNSURE;
    }
    if (answer === null) return wasAnswered ? null : UNSURE;
    return { isSure: true, release: () => release(answer) };
  };

  /** An expired lock is somebody else's by now, or nobody's: nothing to release. */
  async function release(lock: Redlock.Lock): Promise<void> {
    await Promise.resolve(lock.unlock()).catch((error: unknown) => {
      if (!(error instanceof Redlock.LockError)) logger.debug({ why: messageOf(error) }, 'a lock was not released');
    });
  }
}

type Done = (error: Error | null, reply?: unknown) => void;

function clientOf(link: RedisLink) {
  const tell = (answer: RedisAnswer<unknown>, done: Done): void => {
    if (answer.kind === 'answered') done(null, answer.value);
    else done(answer.kind === 'refused' ? answer.error : new Error('Redis did not answer'));
  };
  return {
    evalsha(hash: string, args: (string | number)[], done: Done) {
      const [keys = 0, ...rest] = args;
      void link.ask('lock', (redis) => redis.evalsha(hash, keys, ...rest)).then((answer) => tell(answer, done));
    },
    eval(args: (string | number)[], done: Done) {
      const [script = '', keys = 0, ...rest] = args;
      void link.ask('lock', (redis) => redis.eval(String(script), keys, ...rest)).then((answer) => tell(answer, done));
    },
  };
}
