import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * What runs: chain runs, runs, shards, attempts, and what executors told of slices. Upgrading: nothing to do.
 */
export const runs: Migration = {
  id: '0503-runs',
  statements: (w) => [
    `create table s_chain_run (
      id ${w.autoId},
      chain_id ${w.int} not null,
      config_hash ${w.text(64)} not null,
      business_date ${w.text(10)} not null,
      seq ${w.int} not null,
      request_id ${w.text(128)} not null,
      fire_id ${w.bigint},
      cut_off_at ${w.bigint},
      params ${w.longText} not null,
      started_at_node ${w.text(64)},
      rerun_of ${w.bigint},
      state ${w.text(10)} not null check (state in ('running', 'cancelling', 'succeeded', 'failed', 'cancelled')),
      reason ${w.longText},
      created_at ${w.bigint} not null,
      ended_at ${w.bigint},
      unique (chain_id, business_date, seq),
      unique (chain_id, business_date, request_id)
    )${w.table}`,
    `create index s_chain_run_state on s_chain_run (state)`,
    `create table s_run (
      id ${w.autoId},
      fire_id ${w.bigint} not null unique,
      job_id ${w.int} not null,
      chain_run_id ${w.bigint},
      config_hash ${w.text(64)} not null,
      code_version ${w.text(64)},
      priority ${w.int} not null default 5,
      rerun_of ${w.bigint},
      rerun_kind ${w.text(6)} check (rerun_kind in ('all', 'failed', 'resume')),
      waits_for ${w.text(9)} check (waits_for in ('executors', 'earlier', 'limit', 'input')),
      mode ${w.text(4)} not null default 'real' check (mode in ('real', 'dry')),
      claims ${w.text(4)} not null default 'open' check (claims in ('open', 'held')),
      state ${w.text(10)} not null check (state in
        ('waiting', 'running', 'dispatched', 'succeeded', 'failed', 'timed_out', 'cancelled', 'discarded')),
      reason ${w.longText},
      param ${w.longText} not null,
      planned_at ${w.bigint} not null,
      business_date ${w.text(10)} not null,
      shard_total ${w.int},
      created_at ${w.bigint} not null,
      dispatched_at ${w.bigint},
      settled_at ${w.bigint},
      ended_at ${w.bigint},
      slice_count ${w.bigint},
      manifest ${w.longText},
      slices_told ${w.bigint} not null default 0,
      totals_told ${w.longText},
      mismatch ${w.longText}
    )${w.table}`,
    `create index s_run_chain on s_run (chain_run_id, id)`,
    `create index s_run_job on s_run (job_id, id)`,
    // Runs that have not ended. Every body starts from here.
    `create table s_open_run (
      run_id ${w.bigint} not null primary key,
      job_id ${w.int} not null,
      chain_run_id ${w.bigint},
      app_name ${w.text(64)} not null default '',
      priority ${w.int} not null default 5
    )${w.clustered}`,
    `create index s_open_run_job on s_open_run (job_id, run_id)`,
    // shard_index -2 is the run's beforeRun, -1 its afterRun. ready_at: not handed out, or not sent again, before it.
    `create table s_shard (
      run_id ${w.bigint} not null,
      shard_index ${w.int} not null,
      state ${w.text(9)} not null check (state in ('ready', 'sent', 'running', 'succeeded', 'failed', 'cancelled')),
      home_executor_id ${w.bigint},
      avoid_executor_id ${w.bigint},
      log_id ${w.bigint},
      attempts ${w.int} not null default 0,
      failures ${w.int} not null default 0,
      refusals ${w.int} not null default 0,
      ready_at ${w.bigint} not null,
      code ${w.int},
      reason ${w.longText},
      result ${w.longText},
      ended_at ${w.bigint},
      primary key (run_id, shard_index)
    )${w.clustered}`,
    // The id is the wire's logId: one attempt at one shard. `epoch` rises with every hand-out and travels with it. warn_at:
    // when people hear that it is slow; null once they have, or when nobody wants to.
    `create table s_attempt (
      id ${w.autoId},
      run_id ${w.bigint} not null,
      shard_index ${w.int} not null,
      no ${w.int} not null,
      epoch ${w.int} not null,
      executor_id ${w.bigint} not null,
      address ${w.text(255)} not null,
      incarnation ${w.text(64)},
      warn_at ${w.bigint},
      deadline_at ${w.bigint},
      state ${w.text(9)} not null check (state in
        ('sent', 'running', 'succeeded', 'failed', 'refused', 'lost', 'cancelled')),
      reason ${w.longText},
      sent_at ${w.bigint} not null,
      sends ${w.int} not null default 1,
      accepted_at ${w.bigint},
      ended_at ${w.bigint},
      unique (run_id, shard_index, no)
    )${w.table}`,
    // A row stands until the attempt is known to have ended; while it does, the attempt is shown as stopping. next_at null:
    // its executor has heard.
    `create table s_kill_order (
      log_id ${w.bigint} not null primary key,
      run_id ${w.bigint} not null,
      job_id ${w.int} not null,
      next_at ${w.bigint},
      sends ${w.int} not null default 0,
      made_at ${w.bigint} not null
    )${w.clustered}`,
    `create index s_kill_order_run on s_kill_order (run_id)`,
    `create table s_child_link (
      parent_run_id ${w.bigint} not null,
      edge ${w.text(160)} not null,
      child_run_id ${w.bigint} not null,
      because ${w.text(32)} not null,
      made_at ${w.bigint} not null,
      primary key (parent_run_id, edge)
    )${w.clustered}`,
    // What two people decided about a node: it counts as skipped or as succeeded. `inherited`: an earlier chain run's
    // outcome stands for it, because this one was started further on.
    `create table s_node_mark (
      chain_run_id ${w.bigint} not null,
      node ${w.text(64)} not null,
      mark ${w.text(9)} not null check (mark in ('skipped', 'succeeded', 'inherited')),
      reason ${w.longText} not null,
      asked_by ${w.text(64)} not null,
      asked_at ${w.bigint} not null,
      approved_by ${w.text(64)},
      approved_at ${w.bigint},
      run_id ${w.bigint},
      primary key (chain_run_id, node)
    )${w.clustered}`,
    // Runs that wait for a file, and what was last seen of it.
    `create table s_awaited_input (
      run_id ${w.bigint} not null primary key,
      job_id ${w.int} not null,
      path ${w.longText} not null,
      next_look_at ${w.bigint} not null,
      seen_size ${w.bigint},
      seen_changed_at ${w.bigint},
      still_since ${w.bigint},
      late_at ${w.bigint},
      late_told ${w.int} not null default 0
    )${w.clustered}`,
    // Content that a job has taken: the same bytes never run twice.
    `create table s_taken_input (
      job_id ${w.int} not null,
      content_hash ${w.text(64)} not null,
      run_id ${w.bigint} not null,
      path ${w.longText} not null,
      bytes ${w.bigint} not null,
      taken_at ${w.bigint} not null,
      primary key (job_id, content_hash)
    )${w.clustered}`,
    // What was hashed when the run took it; it travels with the run, so a change of the file since then is noticed.
    `create table s_run_input (
      run_id ${w.bigint} not null primary key,
      path ${w.longText} not null,
      bytes ${w.bigint} not null,
      changed_at ${w.bigint} not null,
      content_hash ${w.text(64)} not null
    )${w.clustered}`,
    // The version of its job's script that all shards and tries of a run get.
    `create table s_run_script (
      run_id ${w.bigint} not null primary key,
      version ${w.int} not null
    )${w.clustered}`,
    `create table s_told_slice (
      run_id ${w.bigint} not null,
      slice_no ${w.int} not null,
      totals ${w.longText} not null,
      told_at ${w.bigint} not null,
      primary key (run_id, slice_no)
    )${w.clustered}`,
  ],
};
