import type { Logger } from '../shared/logger.ts';
import type { Runtime } from '../shared/runtime/runtime.ts';
import type { SqlStore } from '../shared/sql/sql.ts';
import type { BodyName } from './clockwork.ts';
import type { ExecutorClient } from './dispatch/executor-client.ts';
import type { Effects } from './effects.ts';
import type { Burst } from './firing/burst.ts';
import type { Listening } from './registry/listening.ts';
import type { PassiveHealth } from './routing/passive-health.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';
import type { SchedulerSettings } from './settings.ts';

/** What the bodies and the routes of one scheduler share. */
export interface SchedulerContext {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: SchedulerMetrics;
  readonly settings: SchedulerSettings;
  readonly client: ExecutorClient;
  /** Which executors went wrong a moment ago, as far as this process has met it. */
  readonly health: PassiveHealth;
  /** For how long executors could be heard here without a break. */
  readonly listening: Listening;
  /** Whether more is due at once than can be sent at once. */
  readonly burst: Burst;
  /** Recorded with every run: which code fired it. */
  readonly codeVersion: string | null;
  /** The next pass of that body begins now. */
  wake(body: BodyName): void;
  /** Does what a committed transaction asked for: wakes bodies, tells listeners, counts. */
  apply(effects: Effects): void;
  /** Whether work may be handed out: right after a start it waits for the executors that are expected. */
  mayHandOut(aliveExecutors: number): boolean;
}
