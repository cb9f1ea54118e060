import type { Metrics } from '../shared/metrics.ts';

/** What the scheduler counts. Each name stands with its meaning in docs/metrics.md; a test compares the two. */
export function createSchedulerMetrics(metrics: Metrics) {
  return {
    fires: metrics.counter({
      name: 'scheduler_fires_total',
      help: 'Fires by the verdict that they ended in.',
      labels: ['verdict'],
    }),
    fireLateness: metrics.histogram({
      name: 'scheduler_fire_lateness_seconds',
      help: 'From the planned instant of a fire to its verdict, by the clock of the store.',
    }),
    runsEnded: metrics.counter({
      name: 'scheduler_runs_ended_total',
      help: 'Runs by the state that they ended in.',
      labels: ['state'],
    }),
    shardsEnded: metrics.counter({
      name: 'scheduler_shards_ended_total',
      help: 'Shards by the state that they ended in.',
      labels: ['state'],
    }),
    dispatchSeconds: metrics.histogram({
      name: 'scheduler_dispatch_seconds',
      help: 'From sending a run request to its answer, or to giving up on one.',
    }),
    dispatches: metrics.counter({
      name: 'scheduler_dispatches_total',
      help: 'Run requests by what became of them: accepted, refused, busy, unreachable, unclear.',
      labels: ['answer'],
    }),
    kills: metrics.counter({
      name: 'scheduler_kills_total',
      help: 'Kills by what the executor answered: told, not_there, unclear (it is sent again).',
      labels: ['answer'],
    }),
    attemptsExpired: metrics.counter({
      name: 'scheduler_attempts_expired_total',
      help: 'Attempts that the scheduler ended because their executor had not when their time was over.',
    }),
    callbacks: metrics.counter({
      name: 'scheduler_callbacks_total',
      help: 'Results of attempts: taken, repeated, stale (an older attempt), unknown, refused.',
      labels: ['verdict'],
    }),
    told: metrics.counter({
      name: 'scheduler_told_total',
      help: 'Manifests and settled slices: taken, repeated, contradicting, unknown.',
      labels: ['verdict'],
    }),
    manifestMismatches: metrics.counter({
      name: 'scheduler_manifest_mismatches_total',
      help: 'Runs whose settled slices do not add up to what was frozen for them.',
    }),
    attemptsLost: metrics.counter({
      name: 'scheduler_attempts_lost_total',
      help: 'Attempts taken back because their executor is gone or was started anew.',
    }),
    runsWithoutExecutor: metrics.gauge({
      name: 'scheduler_runs_without_executor',
      help: 'Runs that wait because no executor of their group is alive. More than 0 needs a person.',
    }),
    runsWaiting: metrics.gauge({
      name: 'scheduler_runs_waiting',
      help: 'Runs that wait, by what for: input, earlier (a run of the job), limit (of the group), executors.',
      labels: ['for'],
    }),
    schedulers: metrics.gauge({
      name: 'scheduler_schedulers',
      help: 'Schedulers of the cluster that live, this one included.',
    }),
    executors: metrics.gauge({
      name: 'scheduler_executors',
      help: 'Registered executors by state.',
      labels: ['state'],
    }),
    openRuns: metrics.gauge({
      name: 'scheduler_open_runs',
      help: 'Runs that have not ended, by state.',
      labels: ['state'],
    }),
    openShards: metrics.gauge({
      name: 'scheduler_open_shards',
      help: 'Shards of runs that have not ended, by state.',
      labels: ['state'],
    }),
    requestsRefused: metrics.counter({
      name: 'scheduler_requests_refused_total',
      help: 'Requests that were refused, by why: token, signature, sign_again, unsigned, group, address, unreachable, shape, rate, admin, error.',
      labels: ['why'],
    }),
    bodyFailures: metrics.counter({
      name: 'scheduler_body_failures_total',
      help: 'Passes of a recurring body that ended in an error.',
      labels: ['body'],
    }),
  };
}

export type SchedulerMetrics = ReturnType<typeof createSchedulerMetrics>;
