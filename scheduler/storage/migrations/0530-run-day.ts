import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Runs counted by day: what the report reads instead of the runs, and what stays when they are cleared. Upgrading: the
 * runs that are there are counted by the running scheduler, about a minute for a million.
 */
export const runDay: Migration = {
  id: '0530-run-day',
  statements: (w) => [
    // Of one job, with job_id 0 of a whole group, and with app_name '' of everything, so that a report of days alone reads
    // a row for each of them. The day is that of the start, UTC. Only runs that have ended; a histogram is text ("bucket:count ...").
    `create table s_run_day (
      job_id ${w.int} not null,
      day ${w.text(10)} not null,
      app_name ${w.text(64)} not null,
      runs ${w.bigint} not null,
      succeeded ${w.bigint} not null,
      failed ${w.bigint} not null,
      durations ${w.longText} not null,
      latenesses ${w.longText} not null,
      primary key (job_id, day, app_name)
    )${w.clustered}`,
    // One row. Runs up to run_id are counted, but for those of s_uncounted_run; `version` rises with each change.
    `create table s_run_count_mark (
      id ${w.int} not null primary key,
      run_id ${w.bigint} not null,
      version ${w.bigint} not null
    )${w.clustered}`,
    `insert into s_run_count_mark (id, run_id, version) values (1, 0, 0)`,
    // One row: which store this is, for what a process keeps of several.
    `create table s_store_key (id ${w.int} not null primary key, random ${w.text(36)} not null)${w.clustered}`,
    `insert into s_store_key (id, random) values (1, ${w.dialect === 'sqlite' ? 'hex(randomblob(16))' : 'uuid()'})`,
    // Runs below the mark that had not ended when it passed them.
    `create table s_uncounted_run (run_id ${w.bigint} not null primary key)${w.clustered}`,
  ],
};
