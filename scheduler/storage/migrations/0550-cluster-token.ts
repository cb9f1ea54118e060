import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Which access token the schedulers of a store share, so that one with another is refused at its start. Upgrading: nothing
 * to do, the first scheduler of this version writes it down.
 */
export const clusterToken: Migration = {
  id: '0550-cluster-token',
  statements: (w) => [
    // Prints and never tokens. previous: the one before, while a change of the token is under way.
    `alter table s_cluster add column token_print ${w.text(16)}`,
    `alter table s_cluster add column previous_token_print ${w.text(16)}`,
  ],
};
