import { DaybreakError } from '../shared/errors.ts';

/** The scheduler's times and limits. All durations in milliseconds; instants are judged by the store's clock. */
export interface SchedulerSettings {
  /** An executor that is quiet for this long gets no new work. Default 45,000 (one and a half beats of 30 s). */
  readonly executorSilentAfterMs: number;
  /** An executor that is quiet for this long is gone and loses what it holds. Default 90,000. */
  readonly executorGoneAfterMs: number;
  /** A new executor is called back at its address for at most this long before it is believed. Default 2,000. */
  readonly probeTimeoutMs: number;
  /** How long one run request may take. Past it nobody knows whether the executor has it. Default 3,000. */
  readonly dispatchTimeoutMs: number;
  /** After an unclear answer the same request (same logId) is sent again this much later. Default 1,000. */
  readonly resendAfterMs: number;
  /** A refused or failed shard is handed out again after this, doubled per refusal up to 5 s. Default 250. */
  readonly retryDelayMs: number;
  /** So many refusals in a row by executors that could be reached fail the shard. Default 10. */
  readonly refusalsMax: number;
  /** Messages with run requests in flight at once to one executor: one that hangs holds up no other. Default 16. */
  readonly dispatchConcurrency: number;
  /** So many shards of one run an executor holds at a time; the others wait for whoever has room. Default 16. */
  readonly shardsPerExecutor: number;
  /** An executor that went wrong is passed over for this long, while there are others. Default 5,000. */
  readonly avoidExecutorMs: number;
  /** An executor that tells no incarnation and says for this long that it has nothing of the job has lost it. Default 90,000. */
  readonly peerLostAfterMs: number;
  /** A waiting run counts as one step of priority more urgent for every so much that it has waited. Default 600,000. */
  readonly priorityAgingMs: number;
  /** A kill that was not heard is sent again after this. Default 2,000. */
  readonly killAgainMs: number;
  /** An attempt that is over its time limit by this much, and whose executor has not ended it, is ended here. Default 30,000. */
  readonly timeoutGraceMs: number;
  /** Fires are written this far ahead. Default 2,000, at least one tick. */
  readonly planAheadMs: number;
  /** After a start, work is handed out when this many executors are alive (or after `expectWaitMs`). Default 0. */
  readonly expectExecutors: number;
  /** Default 5,000. */
  readonly expectWaitMs: number;
  /** A scheduler of a cluster counts as alive for so long after each of its beats, which come every 10 s. Default 30,000. */
  readonly schedulerLeaseMs: number;
  /** Ended runs that are kept per job with a schedule of its own. Default 200. */
  readonly keepSweepRuns: number;
}

export const DEFAULT_SETTINGS: SchedulerSettings = {
  executorSilentAfterMs: 45_000,
  executorGoneAfterMs: 90_000,
  probeTimeoutMs: 2_000,
  dispatchTimeoutMs: 3_000,
  resendAfterMs: 1_000,
  retryDelayMs: 250,
  refusalsMax: 10,
  dispatchConcurrency: 16,
  shardsPerExecutor: 16,
  avoidExecutorMs: 5_000,
  peerLostAfterMs: 90_000,
  priorityAgingMs: 600_000,
  killAgainMs: 2_000,
  timeoutGraceMs: 30_000,
  planAheadMs: 2_000,
  expectExecutors: 0,
  expectWaitMs: 5_000,
  schedulerLeaseMs: 30_000,
  keepSweepRuns: 200,
};

/** The same shape at a scale at which tests wait for a second where a cluster waits for a minute. */
export const SCALED_SETTINGS: SchedulerSettings = {
  ...DEFAULT_SETTINGS,
  executorSilentAfterMs: 600,
  executorGoneAfterMs: 1_200,
  // On a busy machine an answer takes its time; a dead executor of a test refuses at once.
  probeTimeoutMs: 5_000,
  dispatchTimeoutMs: 400,
  resendAfterMs: 100,
  retryDelayMs: 20,
  avoidExecutorMs: 200,
  killAgainMs: 50,
  timeoutGraceMs: 200,
  expectWaitMs: 500,
};

export function readSettings(given: Partial<SchedulerSettings>): SchedulerSettings {
  const settings = { ...DEFAULT_SETTINGS, ...given };
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isInteger(value) || value < 0) {
      throw new DaybreakError('CONFIG_INVALID', `settings.${name} is ${value}: it must be an integer of 0 or more`);
    }
  }
  if (settings.executorGoneAfterMs <= settings.executorSilentAfterMs) {
    throw new DaybreakError('CONFIG_INVALID', 'settings.executorGoneAfterMs must be more than executorSilentAfterMs');
  }
  if (settings.schedulerLeaseMs < 20_000) {
    throw new DaybreakError('CONFIG_INVALID', 'settings.schedulerLeaseMs must be at least 20000, two beats');
  }
  if (settings.planAheadMs < 1_000) {
    throw new DaybreakError('CONFIG_INVALID', 'settings.planAheadMs must be at least 1000, the length of a tick');
  }
  return settings;
}
