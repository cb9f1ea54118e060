import { type DaybreakError, isDaybreakError, messageOf } from '../../../shared/errors.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import { duration } from '../screen/words.ts';
import { UsageError } from '../usage-error.ts';

/** Servers may come later than the process that needs them: all that a start waits for shares one span of time. */
export interface ServerWait {
  /**
   * Tries until it works: says once what is missing, and once that it is there. Throws UsageError that names it when the
   * time is up, the stop signal's reason, and at once whatever waiting does not heal.
   */
  until<T>(server: AwaitedServer, attempt: () => Promise<T>): Promise<T>;
}

export interface AwaitedServer {
  /** As people know it, e.g. `--store mysql://root@db/daybreak`. */
  readonly name: string;
  /** What somebody can do. */
  readonly wayOut: string;
}

const RETRY_EVERY_MS = 500;
/** A server that answers and lacks the database, or refuses the user, is there: waiting makes neither. */
const isMissing = (error: unknown): boolean =>
  MISSING.some((code) => isDaybreakError(error, code)) && (error as DaybreakError).retryable;
const MISSING = ['STORE_UNREACHABLE', 'STORE_READ_ONLY', 'DOWNSTREAM_UNREACHABLE', 'SCHEDULER_UNREACHABLE'] as const;

export function createServerWait(options: {
  readonly waitMs: number;
  readonly runtime: Pick<Runtime, 'clock' | 'sleep'>;
  readonly stop: AbortSignal;
  say(line: string): void;
}): ServerWait {
  const { waitMs, runtime, stop, say } = options;
  const giveUpMs = runtime.clock.monotonicMs() + waitMs;
  return {
    async until({ name, wayOut }, attempt) {
      for (let saidSo = false; ; saidSo = true) {
        stop.throwIfAborted();
        try {
          const made = await attempt();
          if (saidSo) say(`${name} is there`);
          return made;
        } catch (error) {
          // An attempt that the stop has ended says something else, and of a server that may well be there.
          stop.throwIfAborted();
          if (!isMissing(error)) throw error;
          const leftMs = giveUpMs - runtime.clock.monotonicMs();
          if (leftMs <= 0) {
            const waited = waitMs === 0 ? '' : ` within ${duration(waitMs)}`;
            throw new UsageError(`${name} did not answer${waited} (${messageOf(error)}): ${wayOut}`, { cause: error });
          }
          if (!saidSo) say(`waiting for ${name}, up to ${duration(leftMs)}: ${messageOf(error)}`);
          await runtime.sleep(Math.min(RETRY_EVERY_MS, leftMs), stop);
        }
      }
    },
  };
}
