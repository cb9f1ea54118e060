import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Takes back columns that nothing was ever written to. A slice's expected work is worked out when it is chosen, from what
 * its rows and the run's have cost by then: a figure that was stored would be older than the choice. A job's window travels
 * with the run request, and `throttled_why` says it to people with its zone. Upgrading: end executors of an older build
 * first, because they still read `expected_ms`.
 */
export const sliceColumns: Migration = {
  id: '0009-slice-columns',
  statements: () => [
    `alter table slice_run drop column window_from`,
    `alter table slice_run drop column window_to`,
    `alter table slice drop column expected_ms`,
  ],
};
