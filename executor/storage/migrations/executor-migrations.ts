import type { Migration } from '../../../shared/sql/sql.ts';
import { node } from './0001-node.ts';
import { slices } from './0002-slices.ts';
import { money } from './0003-money.ts';
import { batch } from './0004-batch.ts';
import { clusterSlices } from './0005-cluster-slices.ts';
import { rateShares } from './0006-rate-shares.ts';
import { batchProgress } from './0007-batch-progress.ts';
import { executorCluster } from './0009-executor-cluster.ts';
import { sliceColumns } from './0009-slice-columns.ts';
import { silentAttempts } from './0010-silent-attempts.ts';
import { itemsInPlace } from './0011-items-in-place.ts';

/** What a node keeps for itself: its attempts and its outbox. */
export const nodeMigrations: readonly Migration[] = [node, silentAttempts];

/** The tables of a store that executors share, in the order of their numbers; an application's own come behind them. */
export const executorMigrations: readonly Migration[] = [
  node,
  slices,
  money,
  batch,
  clusterSlices,
  rateShares,
  batchProgress,
  executorCluster,
  sliceColumns,
  silentAttempts,
  itemsInPlace,
];
