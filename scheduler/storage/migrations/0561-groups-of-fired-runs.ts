import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Runs that were fired many at once were stored without their group, so who may see that group alone saw none of them.
 * Upgrading: those runs get the group of their version. Days that were counted meanwhile stay as they are.
 */
export const groupsOfFiredRuns: Migration = {
  id: '0561-groups-of-fired-runs',
  statements: () => [
    `update s_run set app_name = coalesce((select replace(json_extract(v.definition, '$.group'), '"', '')
      from s_job_version v where v.job_id = s_run.job_id and v.config_hash = s_run.config_hash), '') where app_name = ''`,
  ],
};
