import type { BodyName } from './clockwork.ts';
import type { SchedulerMetrics } from './scheduler-metrics.ts';

/**
 * What is to be done once a transaction is committed. Made anew inside each transaction body, because a body may run
 * several times; nothing in here happens when the commit does not.
 */
export interface Effects {
  readonly wakes: Set<BodyName>;
  readonly changedChainRuns: Set<number>;
  readonly counts: ((metrics: SchedulerMetrics) => void)[];
  readonly alarms: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[];
}

export function newEffects(): Effects {
  return { wakes: new Set(), changedChainRuns: new Set(), counts: [], alarms: [] };
}
