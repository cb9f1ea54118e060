import { DaybreakError } from '../../shared/errors.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { countOpenRunsOfChainRun } from '../storage/sql/run-queries.ts';
import { isChainRunEnded } from './chain-run-transitions.ts';
import { type ChainRunView, viewChainRun } from './chain-run-view.ts';

export type ChainRunListener = (chainRunId: number) => void;

export interface ChainRunWatch {
  changed(chainRunId: number): void;
  /** Any of them may have changed, in another process: whoever waits looks again. */
  lookAgain(): void;
  listen(listener: ChainRunListener): () => void;
  waitForEnd(chainRunId: number, signal?: AbortSignal): Promise<ChainRunView>;
  stop(): void;
}

// Another process may end the chain run without this one hearing of it: what it says of it is a hint, and may be lost.
const LOOK_AGAIN_MS = 1_000;

/** Tells who asks that a chain run has changed. A listener is called after the commit, never inside it. */
export function createChainRunWatch(store: SqlStore, runtime: Runtime): ChainRunWatch {
  const listeners = new Set<ChainRunListener>();
  const waiting = new Set<() => void>();
  const stopped = new AbortController();

  async function viewIfOver(chainRunId: number): Promise<ChainRunView | null> {
    return store.read('is-chain-run-over', async (db) => {
      // The short question first: this is asked after every change, a thousand times a night.
      const chainRun = await chainRunById(db, chainRunId);
      if (chainRun === null) throw new DaybreakError('NOT_FOUND', `there is no chain run ${chainRunId}`);
      if (!isChainRunEnded(chainRun.state) || (await countOpenRunsOfChainRun(db, chainRunId)) > 0) return null;
      return viewChainRun(db, chainRunId);
    });
  }

  return {
    changed(chainRunId) {
      for (const listener of [...listeners]) listener(chainRunId);
    },
    lookAgain() {
      for (const look of [...waiting]) look();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async waitForEnd(chainRunId, signal) {
      const ended = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
      for (;;) {
        ended.throwIfAborted();
        // Listening begins before looking: a change between the two is not missed.
        const change = new AbortController();
        const listener: ChainRunListener = (id) => {
          if (id === chainRunId) change.abort();
        };
        const look = () => change.abort();
        listeners.add(listener);
        waiting.add(look);
        try {
          const view = await viewIfOver(chainRunId);
          if (view !== null) return view;
          await sleepUntil(change.signal, ended);
        } finally {
          listeners.delete(listener);
          waiting.delete(look);
        }
      }
    },
    stop() {
      stopped.abort(
        new DaybreakError('CANCELLED', 'the scheduler was stopped; the chain run goes on at its next start'),
      );
    },
  };

  async function sleepUntil(change: AbortSignal, ended: AbortSignal): Promise<void> {
    try {
      await runtime.sleep(LOOK_AGAIN_MS, AbortSignal.any([change, ended]));
    } catch (error) {
      if (!change.aborted && !ended.aborted) throw error;
    }
  }
}
