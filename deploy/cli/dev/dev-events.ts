import type { ExecutorState } from '../../../scheduler/registry/executor-liveness.ts';
import { isRunEnded } from '../../../scheduler/run/run-transitions.ts';
import type { RecentChainRun, RecentRun } from '../../../scheduler/storage/sql/recent-queries.ts';

/** What `daybreak dev` tells: one line each, or one JSON object with --json. */
export type DevEvent =
  | {
      readonly event: 'executor_joined' | 'executor_back' | 'executor_silent' | 'executor_left' | 'executor_gone';
      readonly group: string;
      readonly address: string;
    }
  | { readonly event: 'fired'; readonly job: string; readonly businessDate: string; readonly runId: number }
  | {
      readonly event: 'chain_fired';
      readonly chain: string;
      readonly businessDate: string;
      readonly chainRunId: number;
    }
  /** Nobody of the group is there to work it. */
  | { readonly event: 'run_waits'; readonly job: string; readonly group: string; readonly runId: number }
  | {
      readonly event: 'run_ended';
      readonly job: string;
      readonly runId: number;
      readonly state: string;
      readonly reason: string | null;
      readonly tookMs: number;
    }
  | {
      readonly event: 'chain_ended';
      readonly chain: string;
      readonly businessDate: string;
      readonly chainRunId: number;
      readonly state: string;
      readonly reason: string | null;
      readonly tookMs: number;
    }
  | { readonly event: 'alarm'; readonly kind: string; readonly severity: string; readonly message: string };

/** The store at one instant, as far as it is watched. */
export interface DevPicture {
  readonly executors: readonly SeenExecutor[];
  readonly runs: readonly RecentRun[];
  readonly chainRuns: readonly RecentChainRun[];
  readonly alarms: readonly {
    readonly id: number;
    readonly kind: string;
    readonly severity: string;
    readonly message: string;
  }[];
  readonly nowMs: number;
}

export interface SeenExecutor {
  readonly appName: string;
  readonly address: string;
  readonly incarnation: string | null;
  readonly state: ExecutorState;
  readonly lastBeatAt: number;
}

/** What was told so far. */
export interface Told {
  /** Executors that were heard before this instant, and not since, are of an earlier start. */
  readonly sinceMs: number;
  readonly executors: ReadonlyMap<string, SeenExecutor>;
  readonly lastRunId: number;
  readonly openRuns: ReadonlySet<number>;
  readonly waitingTold: ReadonlySet<number>;
  readonly lastChainRunId: number;
  readonly openChainRuns: ReadonlySet<number>;
  readonly lastAlarmId: number;
}

/** A run that waits for less than this is on its way. */
const WAITS_AFTER_MS = 2_000;

/** What is new in the picture, and what has been told then. Pure. */
export function tellNews(told: Told, picture: DevPicture): { events: readonly DevEvent[]; told: Told } {
  const executors = executorNews(told, picture.executors);
  const chains = chainNews(told, picture.chainRuns);
  const runs = runNews(told, picture);
  return {
    events: [
      ...executors.events,
      ...chains.fired,
      ...runs.events,
      ...chains.ended,
      ...picture.alarms.map(({ kind, severity, message }) => ({ event: 'alarm', kind, severity, message }) as const),
    ],
    told: {
      sinceMs: told.sinceMs,
      executors: executors.seen,
      lastRunId: Math.max(told.lastRunId, ...picture.runs.map(({ id }) => id)),
      openRuns: runs.open,
      waitingTold: runs.waitingTold,
      lastChainRunId: Math.max(told.lastChainRunId, ...picture.chainRuns.map(({ id }) => id)),
      openChainRuns: chains.open,
      lastAlarmId: Math.max(told.lastAlarmId, ...picture.alarms.map(({ id }) => id)),
    },
  };
}

function executorNews(told: Told, executors: readonly SeenExecutor[]) {
  const events: DevEvent[] = [];
  const seen = new Map<string, SeenExecutor>();
  for (const executor of executors) {
    const key = keyOf(executor);
    const before = told.executors.get(key);
    if (before === undefined && executor.lastBeatAt < told.sinceMs) continue;
    seen.set(key, executor);
    const event = newsOf(before, executor);
    if (event !== null) events.push({ event, group: executor.appName, address: executor.address });
  }
  for (const [key, { appName, address, state }] of told.executors) {
    if (seen.has(key) || state === 'draining' || state === 'joining') continue;
    events.push({ event: 'executor_gone', group: appName, address });
  }
  return { events, seen };
}

function newsOf(before: SeenExecutor | undefined, { state, incarnation }: SeenExecutor) {
  if (state === 'alive') {
    if (before === undefined || before.incarnation !== incarnation || before.state === 'joining')
      return 'executor_joined';
    return before.state === 'silent' ? 'executor_back' : null;
  }
  if (before === undefined || before.state === state) return null;
  if (state === 'silent') return 'executor_silent';
  return state === 'draining' ? 'executor_left' : null;
}

function chainNews(told: Told, chainRuns: readonly RecentChainRun[]) {
  const [fired, ended]: [DevEvent[], DevEvent[]] = [[], []];
  const open = new Set<number>();
  for (const { id, chain, businessDate, state, reason, createdAt, endedAt } of chainRuns) {
    if (id > told.lastChainRunId) fired.push({ event: 'chain_fired', chain, businessDate, chainRunId: id });
    if (endedAt === null) open.add(id);
    else {
      const tookMs = endedAt - createdAt;
      ended.push({ event: 'chain_ended', chain, businessDate, chainRunId: id, state, reason, tookMs });
    }
  }
  return { fired, ended, open };
}

function runNews(told: Told, { runs, nowMs }: DevPicture) {
  const events: DevEvent[] = [];
  const open = new Set<number>();
  const waitingTold = new Set<number>();
  for (const run of runs) {
    const { id: runId, job, group, businessDate, state } = run;
    const hasEnded = isRunEnded(state);
    if (!hasEnded) open.add(runId);
    // A sweep every second, and what was discarded because its forerunner is at work, say nothing to a person.
    if (run.isSweep || state === 'discarded') continue;
    if (runId > told.lastRunId && run.chainRunId === null) events.push({ event: 'fired', job, businessDate, runId });
    if (waitsForNobody(run, nowMs)) {
      waitingTold.add(runId);
      if (!told.waitingTold.has(runId)) events.push({ event: 'run_waits', job, group, runId });
    }
    if (!hasEnded) continue;
    const tookMs = (run.endedAt ?? nowMs) - run.createdAt;
    events.push({ event: 'run_ended', job, runId, state, reason: run.reason, tookMs });
  }
  return { events, open, waitingTold };
}

const waitsForNobody = (run: RecentRun, nowMs: number): boolean =>
  run.state === 'waiting' && run.waitsFor === 'executors' && nowMs - run.createdAt >= WAITS_AFTER_MS;

const keyOf = ({ appName, address }: SeenExecutor): string => `${appName} ${address}`;
