import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import type { Migration, SqlStore } from '../../shared/sql/sql.ts';

/** The orders of the settle job, apart from it: what settles them need not have all of this in its memory. */
export async function createSettleTables(store: SqlStore): Promise<void> {
  await migrate(store, executorMigrations, { logger: silentLogger, component: 'executor' });
  await migrate(store, [tables], { logger: silentLogger, component: 'bench' });
}

const tables: Migration = {
  id: '1-bench',
  statements: (w) => [
    `create table pay_order (id ${w.bigint} not null primary key, merchant_id ${w.int} not null,
       amount_cents ${w.bigint} not null, fee_bp ${w.int} not null, memo ${w.text(64)} not null)${w.table}`,
    `create table settle_detail (order_id ${w.bigint} not null primary key, merchant_id ${w.int} not null,
       amount_cents ${w.bigint} not null, fee_cents ${w.bigint} not null, net_cents ${w.bigint} not null)${w.table}`,
  ],
};

const FIRST = 1_000;
const AT_ONCE = 200_000;

/** Doubles what is there until it is enough: the store copies faster than rows can be sent to it. */
export async function fillOrders(store: SqlStore, rows: number): Promise<void> {
  const columns = ['id', 'merchant_id', 'amount_cents', 'fee_bp', 'memo'];
  const first = Array.from({ length: Math.min(rows, FIRST) }, (_, at) => [
    at + 1,
    ...valuesOf(at + 1),
    'an order of the bench',
  ]);
  await store.transaction('fill', (tx) => tx.insertRows({ table: 'pay_order', columns }, first));
  for (let there = first.length; there < rows; ) {
    const more = Math.min(there, rows - there, AT_ONCE);
    await store.transaction('fill', (tx) =>
      tx.run(
        `insert into pay_order (id, merchant_id, amount_cents, fee_bp, memo)
         select id + ?, 1 + ((id + ?) * 7919) % 5000, 100 + ((id + ?) * 104729) % 1000000, 20 + (id + ?) % 60, memo
         from pay_order where id <= ?`,
        [there, there, there, there, more],
      ),
    );
    there += more;
  }
}

const valuesOf = (id: number): [number, number, number] => [
  1 + ((id * 7_919) % 5_000),
  100 + ((id * 104_729) % 1_000_000),
  20 + (id % 60),
];

/** What two stores that were settled alike agree in. */
export async function settledSums(store: SqlStore): Promise<string> {
  const [row] = await store.read('sums', (db) =>
    db.arrays(
      `select count(*), cast(sum(fee_cents) as char), cast(sum(net_cents) as char),
         cast(sum((order_id % 1000003) * (fee_cents % 1009)) as char) from settle_detail`,
    ),
  );
  return (row ?? []).join(' ');
}
