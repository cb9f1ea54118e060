import type { Metrics } from '../shared/metrics.ts';
import type { BodyName } from './clockwork.ts';
import { createBurst } from './firing/burst.ts';
import { createListening } from './registry/listening.ts';
import { createPassiveHealth } from './routing/passive-health.ts';
import type { SchedulerContext } from './scheduler-context.ts';
import { createSchedulerMetrics } from './scheduler-metrics.ts';

export interface ContextOptions
  extends Pick<SchedulerContext, 'store' | 'runtime' | 'logger' | 'settings' | 'client' | 'codeVersion'> {
  readonly metrics: Metrics;
  wake(body: BodyName): void;
  chainRunChanged(chainRunId: number): void;
  /** Default: there are no others, or they hear of it by their ticks. */
  readonly others?: { wake(body: BodyName): void; chainRunChanged(chainRunId: number): void };
}

export function createContext(options: ContextOptions): SchedulerContext {
  const { store, runtime, logger, settings, client, codeVersion } = options;
  const { others } = options;
  const metrics = createSchedulerMetrics(options.metrics);
  const madeAtMs = runtime.clock.monotonicMs();
  let allHaveCome = settings.expectExecutors === 0;

  return {
    store,
    runtime,
    logger,
    metrics,
    settings,
    client,
    health: createPassiveHealth(runtime.clock, settings.avoidExecutorMs, settings.retryDelayMs),
    listening: createListening(runtime.clock),
    burst: createBurst(runtime),
    codeVersion,
    wake: (body) => options.wake(body),
    apply(effects) {
      for (const count of effects.counts) count(metrics);
      for (const { fields, message } of effects.alarms) logger.error(fields, message);
      for (const body of effects.wakes) {
        options.wake(body);
        others?.wake(body);
      }
      for (const chainRunId of effects.changedChainRuns) {
        options.chainRunChanged(chainRunId);
        others?.chainRunChanged(chainRunId);
      }
    },
    // Without this the first executor to register after a start would inherit every shard of the others.
    mayHandOut(aliveExecutors) {
      if (allHaveCome) return true;
      const waitedMs = runtime.clock.monotonicMs() - madeAtMs;
      allHaveCome = aliveExecutors >= settings.expectExecutors || waitedMs >= settings.expectWaitMs;
      return allHaveCome;
    },
  };
}
