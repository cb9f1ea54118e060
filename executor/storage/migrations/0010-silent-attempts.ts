import type { Migration } from '../../../shared/sql/sql.ts';

/** Attempts that wrote nothing into their log have no file: 1 says so, and the one line of such a log is told from here. */
export const silentAttempts: Migration = {
  id: '0010-silent-attempts',
  statements: (w) => [`alter table x_attempt add column silent ${w.int} not null default 0`],
};
