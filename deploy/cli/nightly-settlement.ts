import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';

/** The appname under which the night's executors register. */
export const SETTLEMENT_GROUP = 'settlement';
export const NIGHTLY_SETTLEMENT = 'nightly-settlement';

const job = (id: number, name: string, more: Partial<JobDefinition>): JobDefinition => ({
  id,
  name,
  handler: name,
  group: SETTLEMENT_GROUP,
  route: 'ROUND',
  // Nights of several dates may be open at once: what belongs to one is kept apart by the run, and by the plans' locks.
  block: 'PARALLEL',
  // Import and reconciliation take up where the store says they stopped, so they may go on elsewhere, too.
  onNodeLoss: 'reassign',
  ...more,
});

// What a shard did is in the store, so an heir goes on behind it: it is tried until the cut-off ends it. A night that is
// stopped by hand costs a try as well, hence so many. A file that is refused once is refused always.
const RETRIES = 1_000;

/** The jobs of the night. The sweep has a schedule of its own and runs as long as a night does. */
export const SETTLEMENT_JOBS: readonly JobDefinition[] = [
  job(1, 'import-plans', {}),
  job(2, 'premium-debit', { route: 'SHARDING_BROADCAST', tellsSettled: true, retry: { count: RETRIES } }),
  job(3, 'principal-debit', { route: 'SHARDING_BROADCAST', tellsSettled: true, retry: { count: RETRIES } }),
  job(4, 'reconcile', { retry: { count: RETRIES } }),
  job(5, 'verification-sweep', {
    route: 'SHARDING_BROADCAST',
    schedule: { kind: 'fixed_rate', everyMs: 1_000 },
    block: 'DISCARD_LATER',
    enabledWhile: 'chain_running',
  }),
];

/**
 * import-plans > premium-debit > principal-debit > reconcile. The second edge into reconcile is for premiums that no
 * principal waits for: they too have to be settled, or the cut-off reached, before the night is reconciled.
 */
export const SETTLEMENT_CHAIN: ChainDefinition = {
  name: NIGHTLY_SETTLEMENT,
  nodes: ['import-plans', 'premium-debit', 'principal-debit', 'reconcile'],
  edges: [
    { from: 'import-plans', to: 'premium-debit', milestone: 'SETTLED' },
    { from: 'premium-debit', to: 'principal-debit', milestone: 'SETTLED', graceMs: 'auto' },
    { from: 'principal-debit', to: 'reconcile', milestone: 'SETTLED', orCutOff: true },
    { from: 'premium-debit', to: 'reconcile', milestone: 'SETTLED', orCutOff: true },
  ],
  sweeps: ['verification-sweep'],
};

/** How long a chain run of a cluster may take that names no cut-off of its own. */
const CUT_OFF_AFTER_MS = 2 * 3_600_000;

/**
 * The same jobs where executors may die between two of them: an import is tried again on another executor. A file that is
 * refused is not, because the refusal says that trying again is no use.
 */
export const CLUSTER_JOBS: readonly JobDefinition[] = SETTLEMENT_JOBS.map((one) =>
  one.name === 'import-plans' ? { ...one, retry: { count: RETRIES } } : one,
);
export const CLUSTER_CHAIN: ChainDefinition = {
  ...SETTLEMENT_CHAIN,
  cutOff: { kind: 'after', afterMs: CUT_OFF_AFTER_MS },
};
