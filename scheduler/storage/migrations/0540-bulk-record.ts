import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Who asked for a bulk operation through the admin, as the audit log names them: what is left of one is done by whichever
 * scheduler lives, and each target's entry has to name the same person. Upgrading: nothing to do.
 */
export const bulkRecord: Migration = {
  id: '0540-bulk-record',
  statements: (w) => [`alter table s_bulk_operation add column recorded_as ${w.longText}`],
};
