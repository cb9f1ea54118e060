import type { Migration } from '../../../shared/sql/sql.ts';

/** Whose executors share this store, so that those of another cluster are refused at their start. Nothing to do. */
export const executorCluster: Migration = {
  id: '0009-executor-cluster',
  statements: (w) => [
    `create table x_cluster (
      id ${w.int} not null primary key,
      name ${w.text(64)}
    )${w.clustered}`,
    `insert into x_cluster (id) values (1)`,
  ],
};
