import type { Migration } from '../../../shared/sql/sql.ts';

/** Live progress of batch jobs for pages that poll, beside the tables that the jobs themselves stand on. */
export const batchProgress: Migration = {
  id: '0007-batch-progress',
  statements: (w) => [
    // One row per instance, epoch: of the execution that wrote it. Rows past expires_at are as good as gone.
    `create table batch_progress (
      id ${w.bigint} not null primary key,
      epoch ${w.int} not null,
      total_read ${w.bigint} not null,
      total_write ${w.bigint} not null,
      total_skip ${w.bigint} not null,
      status ${w.text(10)} not null check (status in ('RUNNING', 'COMPLETED', 'FAILED', 'STOPPED', 'UNKNOWN')),
      updated_at ${w.bigint} not null,
      expires_at ${w.bigint} not null
    )${w.clustered}`,
    `create index batch_progress_expires on batch_progress (expires_at)`,
  ],
};
