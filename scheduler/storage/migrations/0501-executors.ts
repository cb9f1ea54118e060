import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Who works: groups of executors and their nodes. Upgrading: nothing to do.
 */
export const executors: Migration = {
  id: '0501-executors',
  statements: (w) => [
    // A group of executors. Its token is its own, or null for the installation's; after a change the previous one holds on
    // until previous_until. run_limit 0: any number of runs at once.
    `create table s_group (
      app_name ${w.text(64)} not null primary key,
      title ${w.text(255)} not null,
      address_type ${w.text(6)} not null check (address_type in ('auto', 'manual')),
      addresses ${w.longText} not null,
      token ${w.text(255)},
      previous_token ${w.text(255)},
      previous_until ${w.bigint},
      run_limit ${w.int} not null default 0,
      created_at ${w.bigint} not null,
      updated_at ${w.bigint} not null
    )${w.clustered}`,
    // registered_as: the address letter for letter, which xxl-job's hash goes by; address is how we write it.
    `create table s_executor (
      id ${w.autoId},
      app_name ${w.text(64)} not null,
      address ${w.text(255)} not null,
      registered_as ${w.text(255)},
      incarnation ${w.text(64)},
      state ${w.text(8)} not null check (state in ('joining', 'alive', 'draining', 'silent', 'gone')),
      labels ${w.longText},
      trigger_path ${w.text(16)},
      signs ${w.int} not null default 0,
      registered_at ${w.bigint} not null,
      last_beat_at ${w.bigint} not null,
      unique (app_name, address)
    )${w.table}`,
    // How often and when each executor was chosen for a job: what LEAST_FREQUENTLY_USED and LEAST_RECENTLY_USED go by.
    `create table s_route_use (
      job_id ${w.int} not null,
      address ${w.text(255)} not null,
      uses ${w.bigint} not null,
      last_used_at ${w.bigint} not null,
      primary key (job_id, address)
    )${w.clustered}`,
  ],
};
