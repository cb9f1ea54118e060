import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { measureRate } from '../../../../executor/downstream/rate-metrics.ts';
import type { RateShares } from '../../../../executor/downstream/rate-shares.ts';
import { createMetrics } from '../../../../shared/metrics.ts';
import { createRedisMetrics } from '../../../../shared/redis/redis-metrics.ts';

const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');

test.each(['Rate', 'Redis'])('the table "%s" in docs/metrics.md is what a scrape shows', async (title) => {
  const metrics = createMetrics();
  onTestFinished(() => metrics.close());
  const bucket = { onTokens: (_whose: 'own' | 'borrowed' | 'lent', _count: number) => undefined };
  const shares = { bucket, held: { limit: 9, units: 3, wanted: 4 } } as unknown as RateShares;
  measureRate(metrics, 'gateway', shares);
  shares.bucket.onTokens('own', 2);
  const redis = createRedisMetrics(metrics);
  redis.answered('lock', 3);
  redis.dropped('lock', 'full');
  redis.watchHeard(() => true);
  const { body } = await metrics.scrape();
  expect(body).toContain('daybreak_rate_share_units 3');
  expect(body).toContain('daybreak_rate_tokens_total{downstream="gateway",whose="own"} 2');
  expect(body).toContain('daybreak_redis_heard 1');

  const section = page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
  const prefix = `daybreak_${title.toLowerCase()}_`;
  const scraped = [...body.matchAll(/^# TYPE (daybreak_\w+) (\w+)$/gm)]
    .filter(([, name = '']) => name.startsWith(prefix))
    .map(([, name = '', kind]) => {
      const line = new RegExp(`^${name}(?:_sum)?(?:\\{(.*)\\})? `, 'm').exec(body)?.[1] ?? '';
      return `${name} ${kind} ${[...line.matchAll(/(\w+)="/g)].map(([, label]) => label).join(', ')}`.trim();
    });
  const documented = [...section.matchAll(/^\| `(daybreak_\w+)` \| (\w+) \| ([\w, ]*)\|/gm)].map(
    ([, name, kind, labels = '']) => `${name} ${kind} ${labels.trim()}`.trim(),
  );
  expect(documented.sort()).toEqual(scraped.sort());
});
