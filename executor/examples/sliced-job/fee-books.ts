import type { Migration, SqlStore } from '../../../shared/sql/sql.ts';
import type { SlicedJobDefinition } from '../../index.ts';

/** Where the accounts are, and who knows the fee of one: your database and your service. */
export interface FeeBooks {
  readonly store: SqlStore;
  /** The fee of an account of this merchant, in cents. */
  askFor(merchantNo: string, balanceCents: number, signal: AbortSignal): Promise<number>;
  /** How the job is worked; the defaults suit most. */
  readonly settings?: Pick<
    SlicedJobDefinition<{ subject: number }>,
    | 'chunkSize'
    | 'chunkMs'
    | 'concurrency'
    | 'slicesAtOnce'
    | 'leaseMs'
    | 'stallMs'
    | 'badRowsMax'
    | 'runtime'
    | 'throttle'
  >;
}

/** The example's own tables, beside those of the executor. */
export const feeTables: Migration = {
  id: '1-fees',
  statements: (w) => [
    `create table account (
      id ${w.autoId},
      merchant_no ${w.text(32)} not null,
      balance_cents ${w.bigint} not null
    )${w.table}`,
    `create index account_merchant on account (merchant_no, id)`,
    `create table fee (account_id ${w.bigint} not null primary key, cents ${w.bigint} not null)${w.clustered}`,
  ],
};
