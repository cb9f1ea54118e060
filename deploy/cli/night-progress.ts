import { legProgress } from '../../executor/examples/settlement/night-status.ts';
import type { Logger } from '../../shared/logger.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type NightProgress, showProgress } from './screen/progress.ts';
import type { Terminal } from './screen/terminal.ts';

/** Shows the legs of a chain run until `end` is called, which resolves when the last of it is drawn. */
export function showNightProgress(options: {
  terminal: Terminal;
  store: SqlStore;
  logger: Logger;
  chainRunId: number;
  cutOffAtMs: number;
}): { end(): Promise<void> } {
  const { terminal, store, logger, chainRunId, cutOffAtMs } = options;
  const ending = new AbortController();
  const shown = showProgress({
    terminal,
    cutOffAtMs,
    signal: ending.signal,
    read: async (): Promise<NightProgress | null> => {
      try {
        const legs = await store.read('read-progress', (db) => legProgress(db, chainRunId));
        return { phase: 'importing the plan file', legs };
      } catch (error) {
        // A picture that is missing must not end the night; the night's own work judges what the store has.
        logger.warn({ err: error }, 'the progress could not be read');
        return null;
      }
    },
  });
  return {
    async end() {
      ending.abort();
      await shown;
    },
  };
}
