import type { SqlStore } from '../shared/sql/sql.ts';
import { activeChainRuns } from './storage/sql/chain-run-queries.ts';
import { executorsNotGone } from './storage/sql/executor-queries.ts';
import { openRuns } from './storage/sql/run-queries.ts';
import { schedulerNodes } from './storage/sql/scheduler-node-queries.ts';

export interface SchedulerStatus {
  /** The schedulers of the cluster, the oldest first; those that have just gone are shown for ten minutes. */
  readonly schedulers: readonly SchedulerView[];
  /** Every executor that is not gone, by address. */
  readonly executors: readonly { readonly address: string; readonly group: string; readonly state: string }[];
  readonly openRuns: readonly { readonly runId: number; readonly chainRunId: number | null; readonly state: string }[];
  readonly activeChainRuns: readonly { readonly id: number; readonly state: string }[];
}

export interface SchedulerView {
  readonly name: string;
  readonly url: string;
  readonly version: string;
  readonly tzVersion: string;
  readonly alive: boolean;
  readonly startedAtMs: number;
  readonly lastBeatAtMs: number;
}

export function viewStatus(store: SqlStore): Promise<SchedulerStatus> {
  return store.read('view-status', async (db) => ({
    schedulers: (await schedulerNodes(db)).map(({ incarnation, aliveUntil, startedAt, lastBeatAt, ...node }) => ({
      ...node,
      alive: aliveUntil > db.nowMs,
      startedAtMs: startedAt,
      lastBeatAtMs: lastBeatAt,
    })),
    executors: (await executorsNotGone(db)).map(({ address, appName, state }) => ({ address, group: appName, state })),
    openRuns: (await openRuns(db)).map(({ runId, chainRunId, state }) => ({ runId, chainRunId, state })),
    activeChainRuns: await activeChainRuns(db),
  }));
}
