import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Several schedulers on one store: who they are, bulk operations, join tokens, and alarms that are open once whoever raises
 * them. Upgrading: nothing to do.
 */
export const cluster: Migration = {
  id: '0505-cluster',
  statements: (w) => [
    // One row, for two things: whose store this is, and a lock for what every scheduler stores at its start.
    `create table s_cluster (
      id ${w.int} not null primary key,
      name ${w.text(64)}
    )${w.clustered}`,
    `insert into s_cluster (id) values (1)`,
    // A process of a scheduler, by its incarnation. For people and for guards: no decision about a fire depends on it.
    `create table s_scheduler_node (
      incarnation ${w.text(64)} not null primary key,
      name ${w.text(255)} not null,
      url ${w.text(255)} not null,
      version ${w.text(64)} not null,
      tz_version ${w.text(16)} not null,
      started_at ${w.bigint} not null,
      last_beat_at ${w.bigint} not null,
      alive_until ${w.bigint} not null
    )${w.clustered}`,
    // open_key is the alarm's key while it is open: two schedulers that raise it at the same moment raise one.
    `alter table s_alarm add column open_key ${w.text(160)}`,
    `update s_alarm set open_key = dedup_key where closed_at is null
      and id in (select id from (select max(id) as id from s_alarm where closed_at is null group by dedup_key) as newest)`,
    `create unique index s_alarm_open on s_alarm (open_key)`,
    // One-time tokens by which executors join, as digests. used_at: by a compare-and-set, so each is good once.
    `create table s_join_token (
      digest ${w.text(64)} not null primary key,
      issued_at ${w.bigint} not null,
      expires_at ${w.bigint} not null,
      used_at ${w.bigint}
    )${w.clustered}`,
    // The same to many: a list of targets, each with what became of it. Unique by the id of the request.
    `create table s_bulk_operation (
      id ${w.autoId},
      request_id ${w.text(128)} not null unique,
      verb ${w.text(16)} not null,
      target_kind ${w.text(8)} not null,
      asked_by ${w.text(64)} not null,
      reason ${w.longText} not null,
      args ${w.longText} not null,
      args_hash ${w.text(64)} not null,
      atomic ${w.int} not null default 0,
      state ${w.text(8)} not null check (state in ('running', 'done')),
      unknown_ids ${w.longText} not null,
      total ${w.int} not null,
      created_at ${w.bigint} not null,
      ended_at ${w.bigint}
    )${w.table}`,
    `create index s_bulk_operation_state on s_bulk_operation (state)`,
    // claim_key is `KIND:ID` while the operation has it: nobody else may change the same target meanwhile.
    `create table s_bulk_target (
      operation_id ${w.bigint} not null,
      target_no ${w.int} not null,
      target_id ${w.bigint} not null,
      claim_key ${w.text(64)} unique,
      state ${w.text(7)} not null check (state in ('open', 'success', 'failure')),
      reason ${w.longText},
      result ${w.longText},
      ended_at ${w.bigint},
      primary key (operation_id, target_no)
    )${w.clustered}`,
    // What executors told of a run that works more slowly than it could, and why.
    `create table s_throttled_shard (
      run_id ${w.bigint} not null,
      shard_index ${w.int} not null,
      why ${w.text(255)} not null,
      since_at ${w.bigint} not null,
      told_at ${w.bigint} not null,
      primary key (run_id, shard_index)
    )${w.clustered}`,
  ],
};
