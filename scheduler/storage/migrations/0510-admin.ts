import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * People, keys, their rights, the audit log, approvals, and how alarms leave. Upgrading: nothing to do; with millions of
 * runs it takes a while, because it makes indexes for the lists of runs.
 */
export const admin: Migration = {
  id: '0510-admin',
  statements: (w) => [
    // `name` is kept in lower case: it is what people log in with.
    `create table s_user (
      id ${w.autoId},
      name ${w.text(64)} not null unique,
      display_name ${w.text(64)} not null,
      email ${w.text(254)},
      password_hash ${w.text(255)} not null,
      is_admin ${w.int} not null default 0,
      state ${w.text(8)} not null check (state in ('active', 'disabled')),
      must_change ${w.int} not null default 0,
      language ${w.text(8)},
      theme ${w.text(8)} not null default 'system',
      created_at ${w.bigint} not null,
      last_login_at ${w.bigint}
    )${w.table}`,
    // id_hash is of what the cookie holds: who reads the table has no session. public_id is what people see of it.
    `create table s_session (
      id_hash ${w.text(64)} not null primary key,
      public_id ${w.text(32)} not null,
      user_id ${w.bigint} not null,
      csrf ${w.text(64)} not null,
      from_address ${w.text(64)} not null,
      agent ${w.text(200)} not null,
      created_at ${w.bigint} not null,
      last_seen_at ${w.bigint} not null,
      ends_at ${w.bigint} not null
    )${w.clustered}`,
    `create index s_session_user on s_session (user_id)`,
    `create table s_api_key (
      id ${w.autoId},
      name ${w.text(64)} not null,
      key_hash ${w.text(64)} not null unique,
      prefix ${w.text(16)} not null,
      is_admin ${w.int} not null default 0,
      created_by ${w.text(64)} not null,
      created_at ${w.bigint} not null,
      expires_at ${w.bigint},
      last_used_at ${w.bigint},
      revoked_at ${w.bigint}
    )${w.table}`,
    // app_name '*': in every group.
    `create table s_grant (
      principal_kind ${w.text(4)} not null check (principal_kind in ('user', 'key')),
      principal_id ${w.bigint} not null,
      app_name ${w.text(64)} not null,
      permission ${w.text(8)} not null check (permission in ('view', 'run', 'edit', 'approve')),
      primary key (principal_kind, principal_id, app_name, permission)
    )${w.clustered}`,
    // Wrong passwords in a row, by account and by address.
    `create table s_login_failure (
      scope ${w.text(7)} not null check (scope in ('account', 'address')),
      name ${w.text(64)} not null,
      failures ${w.int} not null,
      last_at ${w.bigint} not null,
      locked_until ${w.bigint} not null,
      primary key (scope, name)
    )${w.clustered}`,
    // The one-time link of the first start; at most one row.
    `create table s_setup (
      id ${w.int} not null primary key,
      token_hash ${w.text(64)} not null,
      expires_at ${w.bigint} not null,
      used_at ${w.bigint}
    )${w.clustered}`,
    // Appended, never changed. hash is of the row and of the hash before it.
    `create table s_audit (
      seq ${w.bigint} not null primary key,
      at ${w.bigint} not null,
      principal_kind ${w.text(8)} not null check (principal_kind in ('user', 'key', 'program', 'nobody')),
      who ${w.text(64)} not null,
      from_address ${w.text(64)} not null,
      action ${w.text(64)} not null,
      subject_kind ${w.text(32)} not null,
      subject_id ${w.text(64)} not null,
      app_name ${w.text(64)},
      outcome ${w.text(7)} not null check (outcome in ('done', 'refused', 'failed')),
      reason ${w.longText},
      before_json ${w.longText},
      after_json ${w.longText},
      prev_hash ${w.text(64)} not null,
      hash ${w.text(64)} not null
    )${w.clustered}`,
    `create index s_audit_at on s_audit (at, seq)`,
    `create index s_audit_who on s_audit (who, seq)`,
    `create index s_audit_action on s_audit (action, seq)`,
    `create index s_audit_subject on s_audit (subject_kind, subject_id, seq)`,
    // The end of the chain: locked by whoever appends, so that numbers have no gaps.
    `create table s_audit_head (
      id ${w.int} not null primary key,
      seq ${w.bigint} not null,
      hash ${w.text(64)} not null
    )${w.clustered}`,
    `insert into s_audit_head (id, seq, hash) values (1, 0, '')`,
    `create table s_approval (
      id ${w.autoId},
      kind ${w.text(32)} not null,
      app_name ${w.text(64)} not null,
      subject_kind ${w.text(32)} not null,
      subject_id ${w.text(64)} not null,
      order_json ${w.longText} not null,
      reason ${w.longText} not null,
      asked_kind ${w.text(4)} not null,
      asked_id ${w.bigint} not null,
      asked_by ${w.text(64)} not null,
      asked_at ${w.bigint} not null,
      state ${w.text(9)} not null check (state in ('open', 'deciding', 'approved', 'rejected', 'withdrawn', 'failed')),
      decided_by ${w.text(64)},
      decided_at ${w.bigint},
      decision ${w.longText}
    )${w.table}`,
    `create index s_approval_state on s_approval (state, id)`,
    // settings: JSON without secrets. secret: sealed, or null.
    `create table s_alarm_channel (
      id ${w.autoId},
      name ${w.text(64)} not null unique,
      kind ${w.text(16)} not null check (kind in ('email', 'webhook', 'dingtalk', 'feishu', 'slack')),
      enabled ${w.int} not null default 1,
      settings ${w.longText} not null,
      secret ${w.longText},
      last_sent_at ${w.bigint},
      last_error ${w.text(255)}
    )${w.table}`,
    `create table s_alarm_rule (
      id ${w.autoId},
      name ${w.text(64)} not null,
      enabled ${w.int} not null default 1,
      events ${w.longText} not null,
      app_name ${w.text(64)},
      severity ${w.text(8)} not null check (severity in ('warning', 'critical')),
      channels ${w.longText} not null,
      tell_recovery ${w.int} not null default 1,
      after_ms ${w.bigint} not null default 0,
      created_at ${w.bigint} not null
    )${w.table}`,
    // The outbox: one message per alarm, channel and what it says. next_at null: nothing is left to do.
    `create table s_alarm_message (
      id ${w.autoId},
      alarm_id ${w.bigint} not null,
      channel_id ${w.bigint} not null,
      what ${w.text(9)} not null check (what in ('raised', 'recovered')),
      state ${w.text(8)} not null check (state in ('waiting', 'sent', 'given_up')),
      tries ${w.int} not null default 0,
      next_at ${w.bigint},
      error ${w.text(255)},
      created_at ${w.bigint} not null,
      sent_at ${w.bigint},
      unique (alarm_id, channel_id, what)
    )${w.table}`,
    `create index s_alarm_message_next on s_alarm_message (next_at)`,
    `create index s_alarm_closed on s_alarm (closed_at)`,
    // What a person told to take no work, whatever its beats say.
    `create table s_drained_executor (
      executor_id ${w.bigint} not null primary key,
      reason ${w.longText} not null,
      drained_by ${w.text(64)} not null,
      drained_at ${w.bigint} not null
    )${w.clustered}`,
    // 1: a person made it in the page, so a start with other definitions in code does not stop it.
    `alter table s_job add column made_here ${w.int} not null default 0`,
    `alter table s_chain add column made_here ${w.int} not null default 0`,
    // Lists of runs: by group, state, date and time, and the longest and latest of a job. Ids rise with created_at, so
    // an index that ends in the id is in the order of the start.
    `alter table s_run add column app_name ${w.text(64)} not null default ''`,
    `alter table s_run add column duration_ms ${w.bigint} generated always as (ended_at - created_at) virtual`,
    `alter table s_run add column lateness_ms ${w.bigint} generated always as (created_at - planned_at) virtual`,
    `update s_run set app_name = coalesce((select replace(json_extract(v.definition, '$.group'), '"', '')
      from s_job_version v where v.job_id = s_run.job_id and v.config_hash = s_run.config_hash), '')`,
    `create index s_run_group on s_run (app_name, id)`,
    `create index s_run_state on s_run (state, id)`,
    `create index s_run_date on s_run (business_date, id)`,
    `create index s_run_created on s_run (created_at, id)`,
    `create index s_run_duration on s_run (job_id, duration_ms, id)`,
    `create index s_run_lateness on s_run (job_id, lateness_ms, id)`,
    `create index s_chain_run_chain on s_chain_run (chain_id, id)`,
    `create index s_child_link_child on s_child_link (child_run_id)`,
    `create index s_run_rerun on s_run (rerun_of)`,
    `create index s_attempt_executor on s_attempt (executor_id, ended_at)`,
  ],
};
