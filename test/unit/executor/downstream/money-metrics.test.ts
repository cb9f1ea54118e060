import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { createMoneyMetrics } from '../../../../executor/downstream/money-metrics.ts';
import { createMetrics, type Metrics } from '../../../../shared/metrics.ts';
import type { SqlReader, SqlStore } from '../../../../shared/sql/sql.ts';

const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
const section = page.split(/^## /m).find((part) => part.startsWith('Money\n')) ?? '';

interface OpenRow {
  readonly currency: string;
  readonly n: number;
  readonly total: number;
  readonly oldest: number;
}

/** A store whose open table holds these rows now; at 100 s by its clock. */
function storeWith(rows: () => readonly OpenRow[]): SqlStore {
  const reader = { nowMs: 100_000, all: () => Promise.resolve(rows()) } as unknown as SqlReader;
  return { read: (_: string, body: (db: SqlReader) => Promise<unknown>) => body(reader) } as unknown as SqlStore;
}

function givenMetrics(): Metrics {
  const metrics = createMetrics();
  onTestFinished(() => metrics.close());
  return metrics;
}

test('the table "Money" in docs/metrics.md is what a scrape shows, kinds and labels included', async () => {
  const metrics = givenMetrics();
  const money = createMoneyMetrics(
    metrics,
    storeWith(() => [{ currency: 'CNY', n: 1, total: 5, oldest: 0 }]),
    'gateway',
  );
  money.exchanged('send', 'answered', 12);
  const outcome = { state: 'SUCCESS', code: 'OK', settledBy: 'reply' };
  money.settled([{ outcome }] as unknown as Parameters<typeof money.settled>[0]);
  money.walked(1);
  money.callback('stored');
  money.alarm('MANUAL');
  await metrics.scrape();
  const { body } = await metrics.scrape();

  const scraped = [...body.matchAll(/^# TYPE (daybreak_(?:money|slice)_\w+) (\w+)$/gm)].map(([, name = '', kind]) => {
    const line = new RegExp(`^${name}(?:_sum)?(?:\\{(.*)\\})? `, 'm').exec(body)?.[1] ?? '';
    const labels = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label);
    return `${name} ${kind} ${labels.join(', ')}`.trim();
  });
  const documented = [...section.matchAll(/^\| `(daybreak_\w+)` \| (\w+) \| ([\w, ]*)\|/gm)].map(
    ([, name, kind, labels = '']) => `${name} ${kind} ${labels.trim()}`.trim(),
  );
  expect(documented.sort()).toEqual(scraped.sort());
});

test('a currency of which nothing is open any more shows 0, not its last amount', async () => {
  const metrics = givenMetrics();
  let rows: OpenRow[] = [
    { currency: 'CNY', n: 2, total: 700, oldest: 40_000 },
    { currency: 'USD', n: 1, total: 30, oldest: 90_000 },
  ];
  createMoneyMetrics(
    metrics,
    storeWith(() => rows),
    'gateway',
  );
  await metrics.scrape();
  const { body } = await metrics.scrape();
  expect(body).toContain('daybreak_money_open_items 3');
  expect(body).toContain('daybreak_money_oldest_open_seconds 60');
  expect(body).toContain('daybreak_money_open_amount_minor{currency="USD"} 30');
  rows = [{ currency: 'CNY', n: 1, total: 100, oldest: 40_000 }];
  await metrics.scrape();
  const after = await metrics.scrape();
  expect(after.body).toContain('daybreak_money_open_amount_minor{currency="USD"} 0');
  expect(after.body).toContain('daybreak_money_open_amount_minor{currency="CNY"} 100');
});

test('a store that cannot be read shows NaN, not figures of long ago', async () => {
  const metrics = givenMetrics();
  let broken = false;
  createMoneyMetrics(
    metrics,
    storeWith(() => {
      if (broken) throw new Error('the store is gone');
      return [{ currency: 'CNY', n: 3, total: 5, oldest: 0 }];
    }),
    'gateway',
  );
  await metrics.scrape();
  expect((await metrics.scrape()).body).toMatch(/^daybreak_money_open_items 3$/m);
  broken = true;
  await metrics.scrape();
  expect((await metrics.scrape()).body).toMatch(/^daybreak_money_open_items Nan$/im);
});
