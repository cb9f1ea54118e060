import type { Migration } from '../../../shared/sql/sql.ts';
import { definitions } from './0500-definitions.ts';
import { executors } from './0501-executors.ts';
import { firing } from './0502-firing.ts';
import { runs } from './0503-runs.ts';
import { operator } from './0504-operator.ts';
import { cluster } from './0505-cluster.ts';
import { admin } from './0510-admin.ts';
import { adminLists } from './0511-admin-lists.ts';
import { runDay } from './0530-run-day.ts';
import { bulkRecord } from './0540-bulk-record.ts';
import { clusterToken } from './0550-cluster-token.ts';
import { rowsInPlace } from './0560-rows-in-place.ts';
import { groupsOfFiredRuns } from './0561-groups-of-fired-runs.ts';

/** Applied with `migrate(store, schedulerMigrations, { logger, component: 'scheduler' })` before `createScheduler`. */
export const schedulerMigrations: readonly Migration[] = [
  definitions,
  executors,
  firing,
  runs,
  operator,
  cluster,
  admin,
  adminLists,
  runDay,
  bulkRecord,
  clusterToken,
  rowsInPlace,
  groupsOfFiredRuns,
];
