import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Runs of one group in one state, which no other index has in order: with a million runs MariaDB looked for them for more
 * than a second. Upgrading: nothing to do.
 */
export const adminLists: Migration = {
  id: '0511-admin-lists',
  statements: () => [`create index s_run_group_state on s_run (app_name, state, id)`],
};
