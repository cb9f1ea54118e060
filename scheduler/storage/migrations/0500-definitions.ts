import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * The scheduler's own tables (s_...). They may lie in one file with an executor's; neither side reads the other's.
 * What is at work has a row in a small table (s_open_run, s_planned_fire, s_schedule), so that a tick reads those and
 * never the history: night 200 costs what night 1 cost. Upgrading: nothing to do.
 */
export const definitions: Migration = {
  id: '0500-definitions',
  statements: (w) => [
    // `config_hash` names the current version; a run keeps the one it was fired with.
    `create table s_job (
      id ${w.int} not null primary key,
      name ${w.text(64)} not null unique,
      version ${w.int} not null,
      config_hash ${w.text(64)} not null,
      enabled ${w.int} not null default 1,
      round_counter ${w.bigint} not null default 0,
      updated_at ${w.bigint} not null
    )${w.table}`,
    `create table s_job_version (
      job_id ${w.int} not null,
      config_hash ${w.text(64)} not null,
      version ${w.int} not null,
      definition ${w.longText} not null,
      created_at ${w.bigint} not null,
      primary key (job_id, config_hash)
    )${w.clustered}`,
    `create table s_chain (
      id ${w.autoId},
      name ${w.text(64)} not null unique,
      version ${w.int} not null,
      config_hash ${w.text(64)} not null,
      enabled ${w.int} not null default 1,
      updated_at ${w.bigint} not null
    )${w.table}`,
    // The definition holds nodes, sweeps and edges.
    `create table s_chain_version (
      chain_id ${w.int} not null,
      config_hash ${w.text(64)} not null,
      version ${w.int} not null,
      definition ${w.longText} not null,
      created_at ${w.bigint} not null,
      primary key (chain_id, config_hash)
    )${w.clustered}`,
    // Which jobs fire after which others, found by the parent's name when one of its runs has ended.
    `create table s_child_job (
      parent_name ${w.text(64)} not null,
      child_job_id ${w.int} not null,
      fires_on ${w.text(7)} not null check (fires_on in ('success', 'failure', 'always')),
      primary key (parent_name, child_job_id)
    )${w.clustered}`,
    `create index s_child_job_child on s_child_job (child_job_id)`,
    // Lists of dates, the user's own data. A fire and a run keep the version that they were planned with.
    `create table s_calendar (
      name ${w.text(64)} not null primary key,
      version ${w.int} not null,
      definition ${w.longText} not null,
      updated_at ${w.bigint} not null
    )${w.clustered}`,
    // The newest 30 scripts of a job, and older ones that open runs have. saved_at rises from version to version.
    `create table s_script (
      job_id ${w.int} not null,
      version ${w.int} not null,
      glue_type ${w.text(32)} not null,
      source ${w.longText} not null,
      sha256 ${w.text(64)} not null,
      remark ${w.text(255)} not null,
      saved_by ${w.text(64)} not null,
      saved_at ${w.bigint} not null,
      primary key (job_id, version)
    )${w.clustered}`,
  ],
};
