import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * When: schedules, fires, what is held, backfills. Upgrading: nothing to do.
 */
export const firing: Migration = {
  id: '0502-firing',
  statements: (w) => [
    // One row per job or chain that fires by itself; chain_run_id 0 is a schedule that no chain run bounds. next_at is the
    // first instant that nobody has decided on yet, null while there is none (the end of a run will set it, or none comes).
    `create table s_schedule (
      job_id ${w.int} not null,
      chain_id ${w.int} not null,
      chain_run_id ${w.bigint} not null,
      config_hash ${w.text(64)} not null,
      next_at ${w.bigint},
      primary key (job_id, chain_id, chain_run_id)
    )${w.clustered}`,
    `create index s_schedule_next on s_schedule (next_at)`,
    // The key of a fire: the instant, the request's id, the chain run, the parent run, or the date of a backfill.
    // Exactly one of job_id and chain_id is not 0. merged_into: the fire whose run stands for this one.
    `create table s_fire (
      id ${w.autoId},
      job_id ${w.int} not null default 0,
      chain_id ${w.int} not null default 0,
      origin ${w.text(16)} not null check (origin in
        ('cron', 'fixed_rate', 'fixed_delay', 'one_off', 'manual', 'api', 'chain', 'parent', 'backfill', 'rerun')),
      dedup_key ${w.text(128)} not null,
      chain_run_id ${w.bigint},
      planned_at ${w.bigint} not null,
      business_date ${w.text(10)} not null,
      calendar_version ${w.int} not null default 0,
      config_hash ${w.text(64)},
      param ${w.longText},
      asked_by ${w.text(64)},
      state ${w.text(9)} not null check (state in ('planned', 'fired', 'merged', 'skipped', 'held', 'truncated')),
      reason ${w.text(255)},
      merged_into ${w.bigint},
      range_to ${w.bigint},
      range_count ${w.bigint},
      decided_at ${w.bigint},
      unique (job_id, chain_id, origin, dedup_key)
    )${w.table}`,
    `create index s_fire_time on s_fire (job_id, chain_id, planned_at)`,
    `create table s_planned_fire (
      planned_at ${w.bigint} not null,
      fire_id ${w.bigint} not null,
      primary key (planned_at, fire_id)
    )${w.clustered}`,
    // What a person has stopped: no run is made while it stands. HELD fires wait for what on_resume says.
    `create table s_hold (
      scope ${w.text(7)} not null check (scope in ('cluster', 'group', 'chain', 'job')),
      name ${w.text(64)} not null,
      on_resume ${w.text(6)} not null check (on_resume in ('all', 'latest', 'none')),
      reason ${w.text(255)} not null,
      held_by ${w.text(64)} not null,
      held_at ${w.bigint} not null,
      primary key (scope, name)
    )${w.clustered}`,
    `create table s_held_fire (
      fire_id ${w.bigint} not null primary key,
      scope ${w.text(7)},
      name ${w.text(64)}
    )${w.clustered}`,
    // A range of business dates, each its own fire: in order, or so many at a time.
    `create table s_backfill (
      id ${w.autoId},
      job_id ${w.int} not null default 0,
      chain_id ${w.int} not null default 0,
      request_id ${w.text(128)} not null unique,
      from_date ${w.text(10)} not null,
      to_date ${w.text(10)} not null,
      next_date ${w.text(10)},
      calendar ${w.text(64)},
      parallel ${w.int} not null,
      stop_on_failure ${w.int} not null default 1,
      param ${w.longText},
      state ${w.text(9)} not null check (state in ('running', 'paused', 'done', 'failed', 'cancelled')),
      reason ${w.longText},
      asked_by ${w.text(64)} not null,
      created_at ${w.bigint} not null,
      ended_at ${w.bigint}
    )${w.table}`,
  ],
};
