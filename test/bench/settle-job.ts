import {
  type BatchJob,
  chunkStep,
  defineBatchJob,
  keysetTableReader,
  multiRowWriter,
} from '../../executor/batch/index.ts';
import type { KeyPosition } from '../../executor/batch/readers/keyset-table-reader.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';

/** The batch job that memory and restarts are measured by: the fee of each order, from one table into another. */
export interface Order {
  readonly id: number;
  readonly merchant_id: number;
  readonly amount_cents: number;
  readonly fee_bp: number;
}

export interface Detail {
  readonly order: Order;
  readonly feeCents: number;
}

/** One partition of the orders: a range of their ids. */
export type SettleParams = { readonly fromId: number; readonly toId: number };

export interface SettleHooks {
  /** A page was read; a chunk is about to be written. */
  onRead?(rows: number): void;
  onWrite?(rows: number): void;
  /** What an item waits for. */
  call?(order: Order): Promise<void>;
}

export function settleJob(
  store: SqlStore,
  how: { readonly concurrency: number; readonly chunkSize: number } & SettleHooks,
): BatchJob<SettleParams> {
  const { concurrency, chunkSize, onRead, onWrite, call } = how;
  return defineBatchJob('settle', {
    steps: ({ fromId, toId }: SettleParams) => {
      const reader = keysetTableReader<Order>({
        store,
        table: 'pay_order',
        columns: ['merchant_id', 'amount_cents', 'fee_bp'],
        key: ['id'],
        where: { text: 'id between ? and ?', params: [fromId, toId] },
      });
      const writer = multiRowWriter<Detail>({
        table: 'settle_detail',
        columns: ['order_id', 'merchant_id', 'amount_cents', 'fee_cents', 'net_cents'],
        rowOf: ({ order: { id, merchant_id, amount_cents }, feeCents }) => [
          ...[id, merchant_id, amount_cents],
          ...[feeCents, amount_cents - feeCents],
        ],
      });
      return [
        chunkStep<Order, Detail, KeyPosition>({
          name: 'settle',
          reader: {
            async open(from, signal) {
              const cursor = await reader.open(from, signal);
              return {
                async read(limit) {
                  const page = await cursor.read(limit);
                  onRead?.(page.items.length);
                  return page;
                },
                close: () => cursor.close(),
              };
            },
          },
          process: call === undefined ? detailOf : async (order) => call(order).then(() => detailOf(order)),
          writer: {
            write: (tx, details) => {
              onWrite?.(details.length);
              return writer.write(tx, details);
            },
          },
          concurrency,
          chunkSize,
        }),
      ];
    },
  });
}

const detailOf = (order: Order): Detail => ({
  order,
  feeCents: Math.floor((order.amount_cents * order.fee_bp) / 10_000),
});

/** The ranges of so many partitions of so many orders. */
export function partitionsOf(rows: number, partitions: number): readonly SettleParams[] {
  const each = Math.ceil(rows / partitions);
  return Array.from({ length: partitions }, (_, no) => ({
    fromId: no * each + 1,
    toId: Math.min(rows, (no + 1) * each),
  }));
}
