import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * Slices that are stolen, split and worked by volunteers. Nothing for an operator to do: columns have defaults that
 * mean "as before". A run that was frozen by an older version can be stolen from and split like any other.
 */
export const clusterSlices: Migration = {
  id: '0005-cluster-slices',
  statements: (w) => [
    // Until when an executor without a shard of the run may claim its slices; attempts that work keep it in the future.
    // An index on what the run changes, against the rule: it is one row a run, changed every few seconds.
    `alter table slice_run add column open_until ${w.bigint} not null default 0`,
    `create index slice_run_open on slice_run (open_until)`,
    // What the rows are kept together by, in words; null: slices are ranges of rows.
    `alter table slice_run add column slice_by ${w.text(64)}`,
    // The job's window as minutes of the day, for people; null: none. throttled_why: null, or why no slice is claimed.
    `alter table slice_run add column window_from ${w.int}`,
    `alter table slice_run add column window_to ${w.int}`,
    `alter table slice_run add column throttled_why ${w.text(255)}`,
    // hot: one key with more rows than a slice has; never split. expected_ms: what its rest was expected to take when
    // it was last taken, null: nothing was known.
    `alter table slice add column hot ${w.int} not null default 0`,
    `alter table slice add column expected_ms ${w.bigint}`,
    // What the holder has in hand and may have worked already, though no cursor says so: a split leaves it alone.
    `alter table slice add column read_to_seq ${w.bigint} not null default 0`,
    // The lease that is on: since when, from which cursor. And what earlier leases took: their cost is learned from.
    `alter table slice add column leased_at ${w.bigint} not null default 0`,
    `alter table slice add column leased_from ${w.bigint} not null default 0`,
    `alter table slice add column worked_ms ${w.bigint} not null default 0`,
    `alter table slice add column worked_rows ${w.bigint} not null default 0`,
    // Where each key begins, only for runs with slice_by. A key that comes twice in a run breaks the unique key: its
    // rows would lie in two slices.
    `create table slice_key (
      run_id ${w.bigint} not null,
      slice_no ${w.int} not null,
      first_seq ${w.bigint} not null,
      item_key ${w.text(128)} not null,
      primary key (run_id, slice_no, first_seq),
      unique (run_id, item_key)
    )${w.clustered}`,
    // Rows of a sliced job that could not be done: listed in the transaction that moves the cursor past them.
    `create table slice_bad_row (
      run_id ${w.bigint} not null,
      seq ${w.bigint} not null,
      slice_no ${w.int} not null,
      subject ${w.bigint} not null,
      phase ${w.text(7)} not null check (phase in ('process', 'write')),
      code ${w.text(64)} not null,
      message ${w.longText} not null,
      epoch ${w.int} not null,
      at_ms ${w.bigint} not null,
      primary key (run_id, seq)
    )${w.clustered}`,
  ],
};
