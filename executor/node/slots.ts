import type { Logger } from '../../shared/logger.ts';
import { CODE_FAIL, CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import { backoffMs } from '../../shared/runtime/backoff.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type Attempt, type AttemptOutcome, AttemptStopped, type StopKind } from '../handler/attempt.ts';
import type { ScriptRunner } from '../handler/builtin/script-runner.ts';
import { neverBegan } from '../handler/classify-outcome.ts';
import type { HandlerHosts } from '../handler/handler-hosts.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import { runHandler } from '../handler/run-handler.ts';
import { acceptAttempt, endAttempt, isSameAttempt, type NodeIdentity } from './attempt-queries.ts';
import { type BlockStrategy, decideBlock, pickStartable, type QueuedAttempt } from './block-strategy.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { wakeOutbox } from './outbox.ts';
import { PATIENCE } from './patience.ts';
import type { OpenRunLog } from './run-log.ts';
import type { RunLogs } from './run-logs.ts';

/** The attempts of one node: those that run, at most `slots` at a time, and those that wait for their turn. */
export interface Slots {
  /** Takes an attempt, or says why not. When this resolves with 200 the attempt is written down. */
  accept(attempt: Attempt, strategy: BlockStrategy): Promise<Reply>;
  /** Tells attempts to stop; returns how many there were. */
  kill(which: { jobId: number; logId?: number | undefined }): number;
  /** Whether nothing of the job runs or waits here. */
  isIdle(jobId: number): boolean;
  running(): readonly RunningAttempt[];
  /** Takes nothing new, gives back what waits, and resolves when all outcomes are stored. */
  drain(options: { deadlineMs: number }): Promise<void>;
}

export interface Reply {
  readonly code: number;
  readonly message: string;
}

export interface RunningAttempt {
  readonly logId: number;
  readonly jobId: number;
  readonly handler: string;
  readonly runId: number;
  readonly shardIndex: number;
  /**
   * stopping: it was told to stop. stuck: it was, its grace has passed, its outcome is reported and whatever it still
   * does counts for nothing, but it holds its slot until it really returns.
   */
  readonly state: 'queued' | 'running' | 'stopping' | 'stuck';
  /** Since when it is in this state, epoch ms of this machine. */
  readonly sinceAtMs: number;
}

export interface SlotsOptions {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly handlers: HandlerRegistry;
  readonly scripts: ScriptRunner | null;
  readonly runLogs: RunLogs;
  readonly metrics: NodeMetrics;
  readonly identity: NodeIdentity;
  readonly slots: number;
  /** How many attempts may wait; more are refused. */
  readonly queueMax: number;
  readonly stopGraceMs: number;
  readonly hosts: HandlerHosts;
}

/** arriving: being written down. ending: its outcome is being written down. */
interface Entry extends QueuedAttempt {
  readonly attempt: Attempt;
  readonly stop: AbortController;
  state: 'arriving' | 'queued' | 'running' | 'ending';
  shown: RunningAttempt['state'];
  sinceAtMs: number;
  /** Resolves when the outcome is stored. */
  told: Promise<void>;
}

const STORE_PATIENCE_MS = 15_000;
const OK: Reply = { code: CODE_SUCCESS, message: 'Success' };
const refuse = (message: string): Reply => ({ code: CODE_FAIL, message });
const foreign = ({ logId }: Attempt): Reply =>
  refuse(`logId ${logId} belongs to another run here: this node knows the number from another scheduler's store`);

export function createSlots(options: SlotsOptions): Slots {
  const { store, runtime, logger, metrics } = options;
  const entries = new Map<number, Entry>();
  const arrivals = new Map<number, Promise<Reply>>();
  // Aborted when a drain has waited enough for a store that takes nothing: outcomes not stored by then stay unwritten.
  const abandoned = new AbortController();
  let draining = false;
  metrics.watchSlots(() => ({
    total: options.slots,
    used: inState('running').length,
    queued: inState('queued').length,
    stuck: [...entries.values()].filter((entry) => entry.shown === 'stuck').length,
  }));

  const inState = (state: Entry['state']): Entry[] => [...entries.values()].filter((entry) => entry.state === state);

  async function accept(attempt: Attempt, strategy: BlockStrategy): Promise<Reply> {
    const here = entries.get(attempt.logId);
    if (here !== undefined && !isSameAttempt(here.attempt, attempt)) return foreign(attempt);
    const arriving = arrivals.get(attempt.logId);
    if (arriving !== undefined) return await arriving;
    if (here !== undefined) return OK;
    const arrival = arrive(attempt, strategy).finally(() => arrivals.delete(attempt.logId));
    arrivals.set(attempt.logId, arrival);
    return await arrival;
  }

  async function arrive(attempt: Attempt, strategy: BlockStrategy): Promise<Reply> {
    if (draining) return refuse('this executor is stopping and takes no new runs: send it to another one');
    if (inState('queued').length >= options.queueMax) {
      return refuse(`${options.queueMax} attempts are waiting here already: send it to another executor or later`);
    }
    const entry = newEntry(attempt, strategy);
    const block = decideBlock(strategy, entry, [...entries.values()]);
    if (block.kind === 'refuse') return refuse('block strategy effect：Discard Later');
    // In the map before it is in the table, so that nothing arriving meanwhile overlooks it.
    entries.set(attempt.logId, entry);
    const verdict = await writeDown(entry).catch((error: unknown) => {
      forget(entry);
      throw error;
    });
    if (verdict !== null) {
      forget(entry);
      return verdict;
    }
    if (block.kind === 'cover') for (const logId of block.kill) stop(entries.get(logId), 'covered');
    entry.state = 'queued';
    if (draining) stop(entry, 'node-stops');
    // Killed while it was being written down: it is known here and never begins.
    else if (entry.stop.signal.aborted) stop(entry, 'killed');
    startWhatCan();
    return OK;
  }

  function forget(entry: Entry): void {
    entries.delete(entry.logId);
    startWhatCan();
  }

  /** null = it is ours to run; else the reply that ends the matter. */
  async function writeDown({ attempt }: Entry): Promise<Reply | null> {
    const acceptance = await acceptAttempt(store, attempt, options.identity);
    switch (acceptance) {
      case 'accepted':
        return null;
      case 'ended':
        wakeOutbox(store);
        return OK;
      case 'lost':
        return refuse(
          `logId ${attempt.logId} was taken by an earlier start of this node and its end is not known: send a new attempt`,
        );
      case 'foreign':
        return foreign(attempt);
    }
  }

  function startWhatCan(): void {
    const busy = [...entries.values()].filter((entry) => entry.state === 'running' || entry.state === 'ending');
    for (const entry of pickStartable(inState('queued'), busy, options.slots)) {
      entry.state = 'running';
      show(entry, 'running');
      entry.stop.signal.addEventListener('abort', () => show(entry, 'stopping'), { once: true });
      entry.told = start(entry);
    }
  }

  function show(entry: Entry, state: RunningAttempt['state']): void {
    entry.shown = state;
    entry.sinceAtMs = runtime.clock.wallMs();
  }

  async function start(entry: Entry): Promise<void> {
    const { attempt } = entry;
    const log = options.runLogs.open(attempt.logId, attempt.logDateTime);
    const startedMs = runtime.clock.monotonicMs();
    const run = await runHandler(attempt, entry.stop, log, {
      handlers: options.handlers,
      scripts: options.scripts,
      hosts: options.hosts,
      runtime,
    });
    if (run.stuck) show(entry, 'stuck');
    metrics.runEnded(attempt.handler, run.outcome.code, runtime.clock.monotonicMs() - startedMs);
    await settle(entry, run.outcome);
    // A handler that ignores its signal is reported, but keeps its slot and its job's turn until it really ends.
    void run.gone.then(() => leave(entry, log));
  }

  async function leave(entry: Entry, log: OpenRunLog): Promise<void> {
    forget(entry);
    await log.close();
  }

  /** Until the store takes it: an outcome that was reached is never dropped while this process lives. */
  async function settle({ attempt }: Entry, outcome: AttemptOutcome): Promise<void> {
    for (let failures = 0; !abandoned.signal.aborted; failures++) {
      try {
        await endAttempt(store, attempt.logId, outcome);
        wakeOutbox(store);
        return;
      } catch (err) {
        logger.warn({ err, logId: attempt.logId, failures }, 'an outcome could not be stored; it is tried again');
        await pause(backoffMs(failures + 1, runtime.random, PATIENCE), abandoned.signal);
      }
    }
    logger.error({ logId: attempt.logId, code: outcome.code }, 'an outcome was never stored: the node stopped before');
  }

  async function pause(ms: number, until: AbortSignal): Promise<void> {
    await runtime.sleep(ms, until).catch((reason: unknown) => {
      if (!until.aborted) throw reason;
    });
  }

  function stop(entry: Entry | undefined, kind: StopKind): void {
    if (entry === undefined) return;
    const stopped = new AttemptStopped(kind);
    if (entry.state === 'queued') {
      entry.state = 'ending';
      metrics.runEnded(entry.attempt.handler, CODE_FAIL, 0);
      entry.told = settle(entry, neverBegan(stopped)).then(() => forget(entry));
    }
    entry.stop.abort(stopped);
  }

  return {
    accept,
    kill({ jobId, logId }) {
      const hit = [...entries.values()].filter(
        (one) => one.jobId === jobId && (logId === undefined || one.logId === logId),
      );
      for (const entry of hit) stop(entry, 'killed');
      return hit.length;
    },
    isIdle: (jobId) => [...entries.values()].every((entry) => entry.jobId !== jobId),
    running: () =>
      [...entries.values()].map(({ attempt, shown, sinceAtMs }) => ({
        logId: attempt.logId,
        jobId: attempt.jobId,
        handler: attempt.handler,
        runId: attempt.runId,
        shardIndex: attempt.shardIndex,
        state: shown,
        sinceAtMs,
      })),
    async drain({ deadlineMs }) {
      draining = true;
      for (const entry of inState('queued')) stop(entry, 'node-stops');
      const allTold = new AbortController();
      const limits = keepLimits(deadlineMs, allTold.signal);
      while (arrivals.size > 0) await Promise.allSettled(arrivals.values());
      await Promise.all([...entries.values()].map((entry) => entry.told));
      allTold.abort();
      await limits;
    },
  };

  /** What a drain waits for at most: first the handlers, then the store. */
  async function keepLimits(deadlineMs: number, allTold: AbortSignal): Promise<void> {
    await pause(deadlineMs, allTold);
    if (allTold.aborted) return;
    for (const entry of entries.values()) stop(entry, 'node-stops');
    await pause(options.stopGraceMs + STORE_PATIENCE_MS, allTold);
    if (!allTold.aborted) abandoned.abort();
  }

  function newEntry(attempt: Attempt, strategy: BlockStrategy): Entry {
    const { logId, jobId, runId, shardIndex } = attempt;
    return {
      logId,
      jobId,
      runId,
      shardIndex,
      parallel: strategy === 'PARALLEL',
      attempt,
      stop: new AbortController(),
      state: 'arriving',
      shown: 'queued',
      sinceAtMs: runtime.clock.wallMs(),
      told: Promise.resolve(),
    };
  }
}
