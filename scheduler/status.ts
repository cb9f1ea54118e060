import type { SqlStore } from '../shared/sql/sql.ts';
import { activeChainRuns } from './storage/sql/chain-run-queries.ts';
import { executorsNotGone } from './storage/sql/executor-queries.ts';
import { openRuns } from './storage/sql/run-queries.ts';

export interface SchedulerStatus {
  /** Every executor that is not gone, by address. */
  readonly executors: readonly { readonly address: string; readonly group: string; readonly state: string }[];
  readonly openRuns: readonly { readonly runId: number; readonly chainRunId: number | null; readonly state: string }[];
  readonly activeChainRuns: readonly { readonly id: number; readonly state: string }[];
}

export function viewStatus(store: SqlStore): Promise<SchedulerStatus> {
  return store.read('view-status', async (db) => ({
    executors: (await executorsNotGone(db)).map(({ address, appName, state }) => ({ address, group: appName, state })),
    openRuns: (await openRuns(db)).map(({ runId, chainRunId, state }) => ({ runId, chainRunId, state })),
    activeChainRuns: await activeChainRuns(db),
  }));
}
