import type { Metrics } from '../../shared/metrics.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { SettledItem } from './define-downstream.ts';

/** What the money engine counts; the table is docs/metrics.md, "Money". Labels are words, never ids. */
export interface MoneyMetrics {
  exchanged(kind: 'send' | 'query' | 'void', outcome: string, ms: number): void;
  settled(items: readonly SettledItem[]): void;
  walked(items: number): void;
  callback(outcome: string): void;
  alarm(name: string): void;
  watchPause(read: () => string | null): void;
}

export function createMoneyMetrics(metrics: Metrics, store: SqlStore, downstream: string): MoneyMetrics {
  const exchanges = metrics.counter({
    name: 'money_exchanges_total',
    help: 'Requests to the downstream by kind (send, query, void) and by what became of them.',
    labels: ['downstream', 'kind', 'outcome'],
  });
  const exchangeSeconds = metrics.histogram({
    name: 'money_exchange_seconds',
    help: 'How long one request to the downstream took, answered or not.',
    labels: ['downstream', 'kind'],
  });
  const calls = metrics.counter({
    name: 'money_calls_total',
    help: 'Calls by final outcome, code, and what brought it (reply, query, void, callback, file, hand).',
    labels: ['downstream', 'outcome', 'code', 'settled_by'],
  });
  const rows = metrics.counter({ name: 'slice_items_total', help: 'Items walked in slices.', labels: ['downstream'] });
  const callbacks = metrics.counter({
    name: 'money_callbacks_total',
    help: 'Callbacks of the downstream by what was done with them.',
    labels: ['downstream', 'outcome'],
  });
  const alarms = metrics.counter({
    name: 'money_alarms_total',
    help: 'Things a person should look at: CLOCK_SKEW, CONFLICTING, REFUSED_OTHER, CONTRADICTION, MANUAL.',
    labels: ['downstream', 'alarm'],
  });
  const openGauges = createOpenGauges(metrics);
  openGauges.follow(store);
  let paused: () => string | null = () => null;
  metrics.observedGauge(
    { name: 'money_paused', help: '1 while nothing is sent: credentials refused, breaker open, or clocks differ.' },
    () => (paused() === null ? 0 : 1),
  );
  return {
    exchanged(kind, outcome, ms) {
      exchanges.add(1, { downstream, kind, outcome });
      exchangeSeconds.observe(ms / 1_000, { downstream, kind });
    },
    settled(items) {
      for (const [key, count] of countBy(items)) {
        const [outcome = '', code = '', settled_by = ''] = key.split('|');
        calls.add(count, { downstream, outcome, code, settled_by });
      }
    },
    walked: (items) => rows.add(items, { downstream }),
    callback: (outcome) => callbacks.add(1, { downstream, outcome }),
    alarm: (alarm) => alarms.add(1, { downstream, alarm }),
    watchPause(read) {
      paused = read;
    },
  };
}

function countBy(items: readonly SettledItem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of items) {
    const key = `${outcome.state}|${outcome.code}|${outcome.settledBy}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Read from the open table when the engine is asked to, not at every scrape: a scrape must never wait for a store. */
function createOpenGauges(metrics: Metrics): { follow(store: SqlStore): void } {
  const last = { count: 0, oldestSeconds: 0 };
  const seen = new Set<string>();
  const amounts = metrics.gauge({
    name: 'money_open_amount_minor',
    help: 'Minor units of the items in the open table, as of the scrape before.',
    labels: ['currency'],
  });
  return {
    follow(store) {
      const refresh = async (): Promise<void> => {
        const rows = await store.read('open-gauges', (db) =>
          db.all<{ currency: string; n: number; total: number; oldest: number; now: number }>(
            `select i.currency, count(*) as n, sum(i.amount_minor) as total, min(o.opened_at) as oldest
             from open_item o join item i on i.run_id = o.run_id and i.slice_no = o.slice_no and i.seq = o.seq
             group by i.currency`,
          ),
        );
        const nowMs = await store.read('read-clock', async (db) => db.nowMs);
        last.count = rows.reduce((total, row) => total + Number(row.n), 0);
        const oldest = Math.min(...rows.map((row) => Number(row.oldest)));
        last.oldestSeconds = rows.length === 0 ? 0 : (nowMs - oldest) / 1_000;
        // A currency of which nothing is open any more has no row, and would keep its last amount.
        for (const currency of seen) amounts.set(0, { currency });
        for (const { currency, total } of rows) {
          seen.add(currency);
          amounts.set(Number(total), { currency });
        }
      };
      metrics.observedGauge(
        { name: 'money_open_items', help: 'Items in the open table, as of the scrape before.' },
        () => {
          // The answer of this scrape is what the last one fetched. What could not be read is NaN: no number is better
          // than one that may be an hour old.
          refresh().catch(() => {
            last.count = Number.NaN;
            last.oldestSeconds = Number.NaN;
          });
          return last.count;
        },
      );
      metrics.observedGauge(
        { name: 'money_oldest_open_seconds', help: 'Age of the oldest open item, as of the scrape before.' },
        () => last.oldestSeconds,
      );
    },
  };
}
