import type { Migration } from '../../../shared/sql/sql.ts';

/** What an executor node itself keeps: attempts that it took, and messages for the scheduler that must arrive. */
export const node: Migration = {
  id: '0001-node',
  statements: (w) => [
    // One row per message that the scheduler has not acknowledged yet. `kind` is callback | run-manifest |
    // slice-settled | after-settled; the dedup key makes writing it twice one message. `next_try_at` is moved on by
    // a back-off, and on MySQL also while a process has the row in hand.
    `create table x_outbox (
      id ${w.autoId},
      kind ${w.text(32)} not null,
      dedup_key ${w.text(128)} not null,
      body ${w.longText} not null,
      created_at ${w.bigint} not null,
      next_try_at ${w.bigint} not null,
      tries ${w.int} not null default 0,
      unique (kind, dedup_key)
    )${w.table}`,
    `create index x_outbox_due on x_outbox (kind, next_try_at)`,
    // Attempts that were accepted here, one row per logId, so that a repeated run request runs nothing twice.
    // ended: a result was reached and stands here. lost: the process that had it is gone; nobody knows how far it
    // came, so no result is invented (the scheduler sees the new incarnation and sends a new attempt).
    `create table x_attempt (
      log_id ${w.bigint} not null primary key,
      address ${w.text(255)} not null,
      incarnation ${w.text(64)} not null,
      job_id ${w.int} not null,
      handler ${w.text(255)} not null,
      run_id ${w.bigint} not null,
      shard_index ${w.int} not null,
      shard_total ${w.int} not null,
      log_date_time ${w.bigint} not null,
      attempt ${w.int} not null,
      state ${w.text(8)} not null default 'accepted' check (state in ('accepted', 'ended', 'lost')),
      accepted_at ${w.bigint} not null,
      ended_at ${w.bigint},
      handle_code ${w.int},
      handle_msg ${w.longText},
      result ${w.longText}
    )${w.table}`,
    `create index x_attempt_open on x_attempt (state, address)`,
  ],
};
