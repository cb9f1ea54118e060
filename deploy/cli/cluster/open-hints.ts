import type { Metrics } from '../../../shared/metrics.ts';
import type { Hints } from '../../../shared/redis/hints.ts';
import { maskUrl } from '../../../shared/secrets.ts';
import type { Service } from './run-service.ts';

/** What a Redis adds, where one is named. It need not answer: the cluster works without it, and slower to wake. */
export async function openHints(
  { redisUrl, cluster }: { readonly redisUrl: string | null; readonly cluster: string },
  { runtime, logger, say, metrics }: Pick<Service, 'runtime' | 'logger' | 'say'> & { readonly metrics: Metrics },
  closing: AsyncDisposableStack,
): Promise<{ readonly hints?: Hints }> {
  if (redisUrl === null) return {};
  const { openRedisHints } = await import('../../../shared/redis/open-redis-hints.ts');
  const hints = await openRedisHints({ url: redisUrl, prefix: cluster, runtime, logger, metrics });
  closing.defer(() => hints.close());
  if (!hints.isHeard)
    say(
      `--redis ${maskUrl(redisUrl)} does not answer: the database alone suffices, and it is used as soon as it is there`,
    );
  return { hints };
}
