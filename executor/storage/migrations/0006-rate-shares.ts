import type { Migration } from '../../../shared/sql/sql.ts';

/** The rate of a downstream that many processes share (docs/rate.md). Nothing is in here where one process works alone. */
export const rateShares: Migration = {
  id: '0006-rate-shares',
  statements: (w) => [
    // One row per downstream: whoever changes shares or grants repeats locks it first. limit_milli: requests
    // per 1,000 s. held_until: a 429 said so.
    `create table rate_limit (
      downstream_id ${w.int} not null primary key,
      limit_milli ${w.bigint} not null,
      held_until ${w.bigint} not null default 0
    )${w.clustered}`,
    // A process's leased share. before_*: a larger one that it held and that runs until then.
    `create table rate_share (
      downstream_id ${w.int} not null,
      holder ${w.text(64)} not null,
      units ${w.int} not null,
      lease_until ${w.bigint} not null,
      before_units ${w.int} not null,
      before_until ${w.bigint} not null,
      wanted ${w.int} not null,
      waiting_since ${w.bigint} not null,
      primary key (downstream_id, holder)
    )${w.clustered}`,
    // Repeats that somebody was allowed: those of the last minute are counted, older ones leave.
    `create table repeat_grant (
      id ${w.autoId},
      downstream_id ${w.int} not null,
      at_ms ${w.bigint} not null,
      repeats ${w.int} not null
    )${w.table}`,
    `create index repeat_grant_at on repeat_grant (downstream_id, at_ms)`,
  ],
};
