import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measureThrottles } from '../../../../executor/slice/throttle-metrics.ts';
import { createMetrics } from '../../../../shared/metrics.ts';
import type { SqlStore } from '../../../../shared/sql/sql.ts';
import { createFigureBook } from '../../../../shared/sql/store-figures.ts';
import { measureStore } from '../../../../shared/sql/store-metrics.ts';

const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
const section = page.split(/^## /m).find((part) => part.startsWith('Store\n')) ?? '';

test('the table "Store" in docs/metrics.md is what a scrape shows, kinds and labels included', async () => {
  const metrics = createMetrics();
  const book = createFigureBook({ nowMs: () => 0, slowStatementMs: 1_000 });
  book.roundTrip(4);
  book.connectionWait(2);
  book.statement('store-chunk', 'insert into  call_out', 1_500);
  book.clock({ skewMs: 250, withinMs: 1 });
  measureStore(metrics, {
    figures: () => book.figures({ total: 10, inUse: 3, waiting: 1 }),
    health: () => ({ isWritable: false, why: 'away' }),
  });
  measureThrottles(metrics, {} as SqlStore);
  const { body } = await metrics.scrape();
  metrics.close();

  const scraped = [...body.matchAll(/^# TYPE (daybreak_(?:store|slice)_\w+) (\w+)$/gm)].map(([, name = '', kind]) => {
    const line = new RegExp(`^${name}(?:\\{(.*)\\})? `, 'm').exec(body)?.[1] ?? '';
    return `${name} ${kind} ${[...line.matchAll(/(\w+)="/g)].map(([, label]) => label).join(', ')}`.trim();
  });
  const documented = [...section.matchAll(/^\| `(daybreak_\w+)` \| (\w+) \| ([\w, ]*)\|/gm)].map(
    ([, name, kind, labels = '']) => `${name} ${kind} ${labels.trim()}`.trim(),
  );
  expect(documented.sort()).toEqual(scraped.sort());
  expect(body).toContain('daybreak_store_round_trip_seconds{quantile="1"} 0.004');
  expect(body).toContain('daybreak_store_connections{state="waiting"} 1');
  expect(body).toContain('daybreak_store_slow_statements_total{name="store-chunk"} 1');
  expect(body).toContain('daybreak_store_clock_skew_seconds 0.25');
  expect(body).toContain('daybreak_store_writable 0');
});

test('a counter that is asked twice shows its value, not its sum', async () => {
  const metrics = createMetrics();
  metrics.observed({ kind: 'counter', name: 'asked_total', help: 'x', labels: ['of'] }, () => [
    { labels: { of: 'a' }, value: 3 },
  ]);
  await metrics.scrape();
  expect((await metrics.scrape()).body).toContain('daybreak_asked_total{of="a"} 3');
  metrics.close();
});

test('names that a program makes up as it goes do not fill the memory', () => {
  const book = createFigureBook({ nowMs: () => 0, slowStatementMs: 1 });
  for (let i = 0; i < 500; i++) book.statement(`name-${i}`, 'select 1', 5);
  for (const ms of [5, 9, 7]) book.statement('name-1', `select ${ms}`, ms);
  const { slow } = book.figures({ total: 1, inUse: 0, waiting: 0 });
  expect(slow).toHaveLength(100);
  expect(slow[1]).toEqual({ name: 'name-1', count: 4, maxMs: 9, text: 'select 9' });
});

test('the quickest answer of a minute is believed about the clock', () => {
  let nowMs = 0;
  const book = createFigureBook({ nowMs: () => nowMs, slowStatementMs: 1 });
  const clock = () => book.figures({ total: 1, inUse: 0, waiting: 0 }).clock;
  expect(clock()).toBeNull();
  book.clock({ skewMs: 40, withinMs: 1 });
  book.clock({ skewMs: 900, withinMs: 800 });
  expect(clock()).toEqual({ skewMs: 40, withinMs: 1 });
  nowMs = 61_000;
  book.clock({ skewMs: 70, withinMs: 3 });
  expect(clock()).toEqual({ skewMs: 70, withinMs: 3 });
});
