import type { Metrics } from '../metrics.ts';

/** What a command was for; one word each, in metrics and in the log. */
export type RedisUse = 'wake_up' | 'progress' | 'lock' | 'tokens' | 'ping';
/** gone: nobody there, or no answer in time. refused: the server said no. full: too many were under way already. */
export type DropReason = 'gone' | 'refused' | 'full';

export interface RedisMetrics {
  answered(use: RedisUse, ms: number): void;
  dropped(use: RedisUse, why: DropReason): void;
  watchHeard(read: () => boolean): void;
}

export function createRedisMetrics(metrics: Metrics | undefined): RedisMetrics {
  if (metrics === undefined)
    return { answered: () => undefined, dropped: () => undefined, watchHeard: () => undefined };
  const seconds = metrics.histogram({
    name: 'redis_command_seconds',
    help: 'From sending a command to Redis to its answer, by what it was for.',
    labels: ['use'],
  });
  const dropped = metrics.counter({
    name: 'redis_hints_dropped_total',
    help: 'Hints that did not get through to Redis: gone, refused, full.',
    labels: ['use', 'why'],
  });
  return {
    answered: (use, ms) => seconds.observe(ms / 1_000, { use }),
    dropped: (use, why) => dropped.add(1, { use, why }),
    watchHeard(read) {
      metrics.observedGauge(
        { name: 'redis_heard', help: '1 while Redis answers; 0 while the store alone goes on.' },
        () => (read() ? 1 : 0),
      );
    },
  };
}
