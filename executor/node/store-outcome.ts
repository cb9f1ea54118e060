import type { Logger } from '../../shared/logger.ts';
import { backoffMs } from '../../shared/runtime/backoff.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { AttemptJournal } from './attempt-journal.ts';
import type { AttemptEnding } from './attempt-queries.ts';
import { PATIENCE } from './patience.ts';

export interface OutcomeStore {
  /** Until the store takes it: an outcome that was reached is never dropped while this process lives. */
  store(ending: AttemptEnding): Promise<void>;
  /** A drain has waited enough for a store that takes nothing: outcomes not stored by now stay unwritten. */
  abandon(): void;
}

export function createOutcomeStore(options: {
  readonly journal: Pick<AttemptJournal, 'end'>;
  /** An outcome is stored, and may be told. */
  readonly onStored: () => void;
  readonly runtime: Runtime;
  readonly logger: Logger;
}): OutcomeStore {
  const { journal, runtime, logger } = options;
  const abandoned = new AbortController();

  return {
    async store(ending) {
      const { logId, outcome } = ending;
      for (let failures = 0; !abandoned.signal.aborted; failures++) {
        try {
          await journal.end(ending);
          options.onStored();
          return;
        } catch (err) {
          logger.warn({ err, logId, failures }, 'an outcome could not be stored; it is tried again');
          await pause(runtime, backoffMs(failures + 1, runtime.random, PATIENCE), abandoned.signal);
        }
      }
      logger.error({ logId, code: outcome.code }, 'an outcome was never stored: the node stopped before');
    },
    abandon: () => abandoned.abort(),
  };
}

/** Sleeps, or less when the signal aborts. */
export async function pause(runtime: Pick<Runtime, 'sleep'>, ms: number, until: AbortSignal): Promise<void> {
  await runtime.sleep(ms, until).catch((reason: unknown) => {
    if (!until.aborted) throw reason;
  });
}
