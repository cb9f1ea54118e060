import type { Logger } from '../../shared/logger.ts';
import { CODE_FAIL, CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { type Attempt, AttemptStopped, type StopKind } from '../handler/attempt.ts';
import type { ScriptRunner } from '../handler/builtin/script-runner.ts';
import { neverBegan } from '../handler/classify-outcome.ts';
import type { HandlerHosts } from '../handler/handler-hosts.ts';
import type { HandlerRegistry } from '../handler/handler-registry.ts';
import { runHandler } from '../handler/run-handler.ts';
import type { Secrets } from '../handler/secrets.ts';
import { createAnswersFirst, QUIET_MS } from './answers-first.ts';
import { createAttemptJournal } from './attempt-journal.ts';
import { type Acceptance, isSameAttempt, type NodeIdentity } from './attempt-queries.ts';
import { type BlockDecision, type BlockStrategy, decideBlock, pickStartable } from './block-strategy.ts';
import type { NodeMetrics } from './node-metrics.ts';
import { wakeOutbox } from './outbox.ts';
import type { OpenRunLog } from './run-log.ts';
import type { RunLogs } from './run-logs.ts';
import { newSlotEntry, type RunningAttempt, type SlotEntry, viewEntry } from './slot-entry.ts';
import type { Pool, SlotPools } from './slot-pools.ts';
import { createOutcomeStore, pause } from './store-outcome.ts';

/** The attempts of one node: those that run, at most so many at a time, and those that wait for their turn. */
export interface Slots {
  /**
   * Takes attempts, or says why not; one reply for each, in order, as if each had come alone. When this resolves, those
   * with 200 are written down, all of them in one transaction.
   */
  accept(orders: readonly AttemptOrder[]): Promise<readonly Reply[]>;
  /** Tells attempts to stop; returns how many there were. */
  kill(which: { jobId: number; logId?: number | undefined }): number;
  /** Whether nothing of the job runs or waits here; what has returned does neither, written down or not. */
  isIdle(jobId: number): boolean;
  running(): readonly RunningAttempt[];
  /** Takes nothing new, gives back what waits, and resolves when all outcomes are stored. */
  drain(options: { deadlineMs: number }): Promise<void>;
}

export interface AttemptOrder {
  readonly attempt: Attempt;
  readonly strategy: BlockStrategy;
}

export interface Reply {
  readonly code: number;
  readonly message: string;
  /** There is no room now; the same request may be taken later. */
  readonly busy?: boolean;
}

export interface SlotsOptions {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly handlers: HandlerRegistry;
  readonly scripts: ScriptRunner | null;
  readonly secrets?: Secrets | null;
  readonly runLogs: RunLogs;
  readonly metrics: NodeMetrics;
  readonly identity: NodeIdentity;
  readonly slotPools: SlotPools;
  /** How many attempts of one job run at a time. */
  readonly slotsPerJob: number;
  readonly stopGraceMs: number;
  readonly hosts: HandlerHosts;
}

const STORE_PATIENCE_MS = 15_000;
/** So many may have returned and not be written down yet; with more, those hold their slots until they are. */
const UNWRITTEN_MAX = 250;
const OK: Reply = { code: CODE_SUCCESS, message: 'Success' };
const refuse = (message: string): Reply => ({ code: CODE_FAIL, message });
const STOPPING = refuse('this executor is stopping and takes no new runs: send it to another one');
const noRoom = ({ queueMax }: Pool): Reply => ({
  ...refuse(`${queueMax} attempts are waiting here already: send it to another executor or later`),
  busy: true,
});
const foreign = (logId: number): Reply =>
  refuse(`logId ${logId} belongs to another run here: this node knows the number from another scheduler's store`);

/** One that is being written down, with whatever hangs on it. */
interface Arrival {
  readonly entry: SlotEntry;
  readonly block: BlockDecision;
  readonly reply: PromiseWithResolvers<Reply>;
}

export function createSlots(options: SlotsOptions): Slots {
  const { store, runtime, metrics, slotPools } = options;
  const entries = new Map<number, SlotEntry>();
  const arrivals = new Map<number, Promise<Reply>>();
  const journal = createAttemptJournal(store, options.identity, runtime);
  const outcomes = createOutcomeStore({ ...options, journal, onStored: () => wakeOutbox(store) });
  let draining = false;
  let starting = false;
  const answersFirst = createAnswersFirst(runtime.clock);
  metrics.watchSlots(slotPools.all, (pool) => {
    const there = pool === null ? [...entries.values()] : [...entries.values()].filter((one) => one.pool === pool);
    const count = (is: (one: SlotEntry) => boolean) => there.filter(is).length;
    return {
      used: count(({ state }) => state === 'running'),
      queued: count(({ state }) => state === 'queued'),
      stuck: count(({ shown }) => shown === 'stuck'),
    };
  });

  const inState = (state: SlotEntry['state']): SlotEntry[] =>
    [...entries.values()].filter((entry) => entry.state === state);

  async function accept(orders: readonly AttemptOrder[]): Promise<readonly Reply[]> {
    const arriving: Arrival[] = [];
    answersFirst.arrived();
    const replies = orders.map((order) => admit(order, arriving));
    if (arriving.length > 0) void writeDown(arriving);
    return await Promise.all(replies);
  }

  /** Judged at once, so that the next one of the same message sees this one. */
  function admit({ attempt, strategy }: AttemptOrder, arriving: Arrival[]): Reply | Promise<Reply> {
    const { logId } = attempt;
    const here = entries.get(logId);
    if (here !== undefined && !isSameAttempt(here.attempt, attempt)) return foreign(logId);
    const known = arrivals.get(logId);
    if (known !== undefined) return known;
    if (here !== undefined) return OK;
    if (draining) return turnAway(attempt, STOPPING);
    const pool = slotPools.poolOf(attempt.handler);
    if (isFull(pool)) return turnAway(attempt, noRoom(pool));
    const entry = newSlotEntry(attempt, strategy, pool, runtime.clock.wallMs());
    const block = decideBlock(strategy, entry, entries.values());
    if (block.kind === 'refuse') return refuse('block strategy effect：Discard Later');
    // In the map before it is in the table, so that nothing arriving meanwhile overlooks it.
    entries.set(logId, entry);
    const reply = Promise.withResolvers<Reply>();
    const settled = reply.promise.finally(() => arrivals.delete(logId));
    arrivals.set(logId, settled);
    arriving.push({ entry, block, reply });
    return settled;
  }

  /** What is on its way into a free slot does not wait. Counted only where it may be full: a message brings hundreds. */
  function isFull(pool: Pool): boolean {
    if (entries.size < pool.queueMax) return false;
    const there = [...entries.values()].filter((one) => one.pool === pool);
    const waiting = there.filter(({ state }) => state === 'arriving' || state === 'queued').length;
    const running = there.filter(({ state }) => state === 'running').length;
    return waiting - Math.max(0, pool.slots - running) >= pool.queueMax;
  }

  /**
   * A request that is sent again may be of an attempt that has ended here. To say no to that one would have the work done
   * a second time elsewhere, so who is turned away is looked up first.
   */
  async function turnAway(attempt: Attempt, no: Reply): Promise<Reply> {
    if (!(await journal.isKnown(attempt.logId))) return no;
    const [acceptance] = await journal.accept([attempt]);
    return acceptance === undefined || acceptance === 'accepted' ? no : notTaken(attempt.logId, acceptance);
  }

  async function writeDown(arriving: readonly Arrival[]): Promise<void> {
    try {
      const acceptances = await journal.accept(arriving.map(({ entry }) => entry.attempt));
      for (const [at, arrival] of arriving.entries()) {
        arrival.reply.resolve(settleArrival(arrival, acceptances[at] as Acceptance));
      }
    } catch (error) {
      for (const { entry } of arriving) entries.delete(entry.logId);
      for (const { reply } of arriving) reply.reject(error);
    }
    startSoon();
  }

  function settleArrival({ entry, block }: Arrival, acceptance: Acceptance): Reply {
    if (acceptance !== 'accepted') {
      entries.delete(entry.logId);
      return notTaken(entry.logId, acceptance);
    }
    if (block.kind === 'cover') for (const logId of block.kill) stop(entries.get(logId), 'covered');
    entry.state = 'queued';
    if (draining) stop(entry, 'node-stops');
    // Killed while it was being written down: it is known here and never begins.
    else if (entry.stop.signal.aborted) stop(entry, 'killed');
    return OK;
  }

  function notTaken(logId: number, acceptance: Exclude<Acceptance, 'accepted'>): Reply {
    switch (acceptance) {
      case 'ended':
        wakeOutbox(store);
        return OK;
      case 'lost':
        return refuse(
          `logId ${logId} was taken by an earlier start of this node and its end is not known: send a new attempt`,
        );
      case 'foreign':
        return foreign(logId);
    }
  }

  /** Once for all that asks in the same turn of the event loop, and after the answers that are due in it. */
  function startSoon(): void {
    if (starting) return;
    starting = true;
    void startWhenAnswered();
  }

  async function startWhenAnswered(): Promise<void> {
    await runtime.yieldTurn();
    while (answersFirst.holdsBack(inState('queued').length)) await runtime.sleep(QUIET_MS);
    // Before they begin: one that returns at once asks for the next.
    starting = false;
    startWhatCan();
  }

  function startWhatCan(): void {
    for (const pool of slotPools.all) {
      const ending = inState('ending');
      const holdsSlot = ({ state }: SlotEntry) => state === 'running' || ending.length > UNWRITTEN_MAX;
      const startable = pickStartable(
        inState('queued').filter((one) => one.pool === pool),
        [...inState('running'), ...ending],
        { slots: pool.slots, perJob: options.slotsPerJob, counts: (one) => one.pool === pool && holdsSlot(one) },
      );
      for (const entry of startable) {
        entry.state = 'running';
        show(entry, 'running');
        entry.stop.signal.addEventListener('abort', () => show(entry, 'stopping'), { once: true });
        entry.told = start(entry);
      }
    }
  }

  function show(entry: SlotEntry, state: RunningAttempt['state']): void {
    entry.shown = state;
    entry.sinceAtMs = runtime.clock.wallMs();
  }

  async function start(entry: SlotEntry): Promise<void> {
    const { attempt } = entry;
    const log = options.runLogs.open(attempt.logId, attempt.logDateTime);
    const startedMs = runtime.clock.monotonicMs();
    const run = await runHandler(attempt, entry.stop, log, options);
    if (run.stuck) show(entry, 'stuck');
    metrics.runEnded(attempt.handler, run.outcome.code, runtime.clock.monotonicMs() - startedMs);
    // Its slot is free now, and its job's turn is over when the outcome is written down.
    void run.gone.then(() => {
      entry.state = 'ending';
      startSoon();
    });
    await outcomes.store({ logId: attempt.logId, outcome: run.outcome, silent: run.silent });
    // A handler that ignores its signal is reported, but keeps its slot and its job's turn until it really ends.
    void run.gone.then(() => leave(entry, log));
  }

  async function leave(entry: SlotEntry, log: OpenRunLog): Promise<void> {
    forget(entry);
    await log.close();
  }

  function forget(entry: SlotEntry): void {
    entries.delete(entry.logId);
    startSoon();
  }

  function stop(entry: SlotEntry | undefined, kind: StopKind): void {
    if (entry === undefined) return;
    const stopped = new AttemptStopped(kind);
    if (entry.state === 'queued') {
      entry.state = 'ending';
      metrics.runEnded(entry.attempt.handler, CODE_FAIL, 0);
      entry.told = outcomes
        .store({ logId: entry.logId, outcome: neverBegan(stopped), silent: true })
        .then(() => forget(entry));
    }
    entry.stop.abort(stopped);
  }

  /** What a drain waits for at most: first the handlers, then the store. */
  async function keepLimits(deadlineMs: number, allTold: AbortSignal): Promise<void> {
    await pause(runtime, deadlineMs, allTold);
    if (allTold.aborted) return;
    for (const entry of entries.values()) stop(entry, 'node-stops');
    await pause(runtime, options.stopGraceMs + STORE_PATIENCE_MS, allTold);
    if (!allTold.aborted) outcomes.abandon();
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
    isIdle: (jobId) => [...entries.values()].every((entry) => entry.jobId !== jobId || entry.state === 'ending'),
    running: () => [...entries.values()].map(viewEntry),
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
}
