import type { Metrics } from '../../shared/metrics.ts';
import { CODE_SUCCESS, CODE_TIMEOUT } from '../../shared/protocol/wire.ts';
import type { OutboxKind } from './outbox.ts';
import type { Pool } from './slot-pools.ts';

export interface SlotCounts {
  readonly used: number;
  readonly queued: number;
  readonly stuck: number;
}

/** What one node counts; docs/metrics.md has the table. */
export interface NodeMetrics {
  runEnded(handler: string, code: number, tookMs: number): void;
  request(route: string, outcome: 'answered' | 'refused' | 'denied'): void;
  heartbeat(outcome: 'acknowledged' | 'refused' | 'unreachable'): void;
  messageAcknowledged(kind: OutboxKind, ageMs: number): void;
  outboxRows(rows: number): void;
  runLogUnwritable(): void;
  runLogLinesDropped(lines: number): void;
  /** After a pass over the kept logs: their bytes, and how many were removed for which reason. */
  runLogsKept(bytes: number, removed: { readonly age: number; readonly size: number }): void;
  /** For a node with worker processes: how many are open now, and that one was forked anew. */
  watchWorkers(read: () => number): void;
  workerRestarted(): void;
  /** For a node that cannot be dialled: to how many schedulers it holds a line now. */
  watchLines(read: () => number): void;
  /** `look` is asked for one pool, or with null for all of them. */
  watchSlots(pools: readonly Pool[], look: (pool: Pool | null) => SlotCounts): void;
}

export function createNodeMetrics(metrics: Metrics): NodeMetrics {
  const runs = metrics.counter({
    name: 'executor_runs_total',
    help: 'Attempts that ended here.',
    labels: ['handler', 'outcome'],
  });
  const runSeconds = metrics.histogram({
    name: 'executor_run_seconds',
    help: 'How long handlers ran.',
    labels: ['handler'],
    buckets: [0.01, 0.1, 1, 10, 60, 300, 1_800, 7_200],
  });
  const requests = metrics.counter({
    name: 'executor_requests_total',
    help: 'Requests of schedulers.',
    labels: ['route', 'outcome'],
  });
  const heartbeats = metrics.counter({
    name: 'executor_heartbeats_total',
    help: 'Registrations told to a scheduler.',
    labels: ['outcome'],
  });
  const outboxSeconds = metrics.histogram({
    name: 'executor_outbox_seconds',
    help: 'From the commit of a message to its acknowledgement.',
    labels: ['kind'],
  });
  const outboxRows = metrics.gauge({
    name: 'executor_outbox_rows',
    help: 'Messages of this store that nobody has acknowledged yet.',
  });

  const logFailures = metrics.counter({
    name: 'executor_run_log_failures_total',
    help: 'Run logs that could not be written.',
  });
  const logLinesDropped = metrics.counter({
    name: 'executor_run_log_lines_dropped_total',
    help: 'Lines left out of run logs: over the limit, or faster than the disk.',
  });
  const logBytes = metrics.gauge({ name: 'executor_run_logs_bytes', help: 'Run logs kept here, as of the last pass.' });
  const logsRemoved = metrics.counter({
    name: 'executor_run_logs_removed_total',
    help: 'Run logs removed: too old, or too much in all.',
    labels: ['why'],
  });

  const workerRestarts = metrics.counter({
    name: 'executor_worker_restarts_total',
    help: 'Worker processes that ended and were forked anew.',
  });

  return {
    workerRestarted: () => workerRestarts.add(1),
    watchWorkers(read) {
      metrics.observedGauge({ name: 'executor_worker_processes', help: 'Worker processes that are open.' }, read);
    },
    runEnded(handler, code, tookMs) {
      const outcome = code === CODE_SUCCESS ? 'succeeded' : code === CODE_TIMEOUT ? 'timed_out' : 'failed';
      runs.add(1, { handler, outcome });
      runSeconds.observe(tookMs / 1_000, { handler });
    },
    request: (route, outcome) => requests.add(1, { route, outcome }),
    heartbeat: (outcome) => heartbeats.add(1, { outcome }),
    messageAcknowledged: (kind, ageMs) => outboxSeconds.observe(ageMs / 1_000, { kind }),
    outboxRows: (rows) => outboxRows.set(rows),
    runLogUnwritable: () => logFailures.add(1),
    runLogLinesDropped: (lines) => logLinesDropped.add(lines),
    runLogsKept(bytes, removed) {
      logBytes.set(bytes);
      logsRemoved.add(removed.age, { why: 'age' });
      logsRemoved.add(removed.size, { why: 'size' });
    },
    watchLines(read) {
      const help = 'Schedulers to which this node, which cannot be dialled, holds a line.';
      metrics.observedGauge({ name: 'executor_held_lines', help }, read);
    },
    watchSlots(pools, look) {
      const watch = (name: string, help: string, read: () => number) => metrics.observedGauge({ name, help }, read);
      const total = pools.reduce((sum, { slots }) => sum + slots, 0);
      watch('executor_slots', 'How many attempts may run at a time.', () => total);
      watch('executor_slots_used', 'How many attempts run now.', () => look(null).used);
      watch('executor_slots_stuck', 'How many of them do not heed their stop.', () => look(null).stuck);
      watch('executor_attempts_queued', 'How many attempts wait for a slot or for their job.', () => look(null).queued);
      watchPools(metrics, pools, look);
    },
  };
}

/** Only where there is more than one pool: else the figures above say it all. */
function watchPools(metrics: Metrics, pools: readonly Pool[], look: (pool: Pool) => SlotCounts): void {
  if (pools.length < 2) return;
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labels: ['pool'] });
  const [slots, used] = [
    gauge('executor_pool_slots', 'How many attempts of a pool may run at a time.'),
    gauge('executor_pool_slots_used', 'How many attempts of a pool run now.'),
  ];
  const queued = gauge('executor_pool_attempts_queued', 'How many attempts of a pool wait.');
  // The three are set when the scrape asks for this one.
  metrics.observedGauge({ name: 'executor_pools', help: 'How many pools of slots there are.' }, () => {
    for (const pool of pools) {
      slots.set(pool.slots, { pool: pool.name });
      used.set(look(pool).used, { pool: pool.name });
      queued.set(look(pool).queued, { pool: pool.name });
    }
    return pools.length;
  });
}
