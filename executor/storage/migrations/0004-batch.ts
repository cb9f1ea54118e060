import type { Migration } from '../../../shared/sql/sql.ts';

/** Batch jobs: which instance ran when, how far each step has come, and what was skipped. */
export const batch: Migration = {
  id: '0004-batch',
  statements: (w) => [
    // One job with one set of identifying parameters, for ever. epoch grows with each execution: a commit of an older
    // one finds another epoch here and is refused. lease_until: a RUNNING one past it has lost its process.
    `create table batch_instance (
      id ${w.autoId},
      job ${w.text(64)} not null,
      instance_key ${w.text(64)} not null,
      params ${w.longText} not null,
      status ${w.text(10)} not null check (status in ('RUNNING', 'COMPLETED', 'FAILED', 'STOPPED', 'UNKNOWN')),
      epoch ${w.int} not null default 0,
      lease_until ${w.bigint} not null default 0,
      created_at ${w.bigint} not null,
      unique (job, instance_key)
    )${w.table}`,
    // Each start of an instance; epoch is also its number.
    `create table batch_execution (
      instance_id ${w.bigint} not null,
      epoch ${w.int} not null,
      owner ${w.text(128)} not null,
      params ${w.longText} not null,
      status ${w.text(10)} not null check (status in ('RUNNING', 'COMPLETED', 'FAILED', 'STOPPED', 'UNKNOWN')),
      started_at ${w.bigint} not null,
      ended_at ${w.bigint},
      message ${w.longText},
      primary key (instance_id, epoch)
    )${w.clustered}`,
    // The checkpoint: position is the reader's own JSON, null before the first chunk. Counts are the instance's.
    `create table batch_step (
      instance_id ${w.bigint} not null,
      step ${w.text(64)} not null,
      state ${w.text(9)} not null check (state in ('OPEN', 'COMPLETED')),
      position ${w.longText},
      read_count ${w.bigint} not null default 0,
      written_count ${w.bigint} not null default 0,
      filtered_count ${w.bigint} not null default 0,
      skipped_read ${w.bigint} not null default 0,
      skipped_process ${w.bigint} not null default 0,
      skipped_write ${w.bigint} not null default 0,
      commits ${w.bigint} not null default 0,
      updated_at ${w.bigint} not null,
      primary key (instance_id, step)
    )${w.clustered}`,
    // Every item that was left out, with what it was, written in the transaction of its chunk.
    `create table batch_skip (
      id ${w.autoId},
      instance_id ${w.bigint} not null,
      step ${w.text(64)} not null,
      epoch ${w.int} not null,
      phase ${w.text(7)} not null check (phase in ('read', 'process', 'write')),
      place ${w.longText} not null,
      code ${w.text(64)} not null,
      message ${w.longText} not null,
      payload ${w.longText} not null,
      skipped_at ${w.bigint} not null
    )${w.table}`,
    `create index batch_skip_step on batch_skip (instance_id, step)`,
  ],
};
