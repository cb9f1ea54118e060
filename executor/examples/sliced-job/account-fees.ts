import { defineSlicedJob, type SlicedJob } from '../../index.ts';
import type { FeeBooks } from './fee-books.ts';

interface Account {
  readonly subject: number;
  readonly merchantNo: string;
  readonly balanceCents: number;
}

interface Fee {
  readonly accountId: number;
  readonly cents: number;
}

/**
 * Charges every account its fee, merchant by merchant: the accounts of one merchant are worked in order and on one node
 * at a time, because `askFor` counts them for a discount. Every node that runs this job works on the same run: who is
 * done takes merchants from who is not, and a killed node's slice goes on where its last transaction ended.
 * @example
 * const store = await openExecutorStore('mysql://fees@db/fees', [feeTables]);
 * const job = accountFees({ store, askFor });
 * const executor = createExecutor({ appname: 'fees', schedulers, accessToken, handlers: [job] });
 * await executor.start();
 * job.volunteer({ name: executor.address }).start();
 */
export function accountFees(books: FeeBooks): SlicedJob {
  return defineSlicedJob<Account, Fee>({
    name: 'account-fees',
    store: books.store,
    sliceBy: 'merchant',
    count: async (db) => (await db.get<{ n: number }>('select count(*) as n from account'))?.n ?? 0,
    selectPage: (db, { afterKey, afterSubject, limit }) =>
      db.all(
        `select id as subject, merchant_no as \`key\` from account
         where merchant_no > ? or (merchant_no = ? and id > ?) order by merchant_no, id limit ${limit}`,
        [afterKey ?? '', afterKey ?? '', afterSubject],
      ),
    read: (db, ids) =>
      db.all(
        `select id as subject, merchant_no as merchantNo, balance_cents as balanceCents from account
         where id in (${ids.map(() => '?').join(', ')})`,
        ids,
      ),
    // Outside any transaction. A row whose chunk was not committed is asked for again: askFor must stand that.
    process: async (account, run) => ({
      accountId: account.subject,
      cents: await books.askFor(account.merchantNo, account.balanceCents, run.signal),
    }),
    // In the transaction that moves the cursor: each fee is there exactly once.
    write: async (tx, fees) => {
      await tx.insertRows(
        { table: 'fee', columns: ['account_id', 'cents'] },
        fees.map((fee) => [fee.accountId, fee.cents]),
      );
    },
    ...books.settings,
  });
}
