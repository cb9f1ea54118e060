import { DaybreakError } from '../../shared/errors.ts';
import { attemptOwner } from '../handler/attempt-owner.ts';
import type { HandlerContext, RunLog } from '../handler/handler-context.ts';
import { wakeOutbox } from '../node/outbox.ts';
import { freezeSelection } from '../slice/freeze-selection.ts';
import { type HeldSlice, leaseLost } from '../slice/held-slice.ts';
import { SLICE_ROWS_MIN } from '../slice/slice-plan.ts';
import type { Throttle } from '../slice/throttle.ts';
import { throttleOf } from '../slice/throttle-of.ts';
import { type ChunkEnd, type SliceWork, workSlices } from '../slice/work-slices.ts';
import { adoptChunk } from './adopt-chunk.ts';
import { debitSelection } from './debit-selection.ts';
import { sendCalls } from './exchange-calls.ts';
import type { MoneyContext } from './money-context.ts';
import type { DebitJob, DebitShardResult } from './money-engine.ts';
import { maySendAt, sendHorizonMs } from './next-step.ts';
import { settleChunk } from './settle-chunk.ts';
import { ShardProgressTeller } from './shard-progress.ts';
import { chunkLeaseMs, readChunk, type StoredChunk, storeChunk } from './store-chunk.ts';
import type { SliceFacts } from './tell-settled.ts';

/**
 * One shard of a debit job. Freezes the run's selection (whoever is first), then works its slices, several at once,
 * chunk by chunk:
 *
 *   promise tokens > store calls, commit > send, each once > settle what is clear, leave the rest open, move the cursor
 *
 * A debit shard succeeds whatever becomes of its items. At the cut-off, or when it is told to stop, it gives its
 * slices back at their cursors.
 */
export async function runDebitShard(
  context: MoneyContext,
  ctx: HandlerContext,
  job: DebitJob,
): Promise<DebitShardResult> {
  const { runtime, store, settings } = context;
  const runId = workOf(ctx);
  const run = {
    runId,
    chainRunId: ctx.chainRunId,
    businessDate: ctx.businessDate,
    cutOffAt: ctx.cutOffAt,
    shardTotal: ctx.shardTotal,
    chunkSize: settings.chunkSize,
    downstreamId: context.downstreamId,
  };
  await freezeSelection(store, run, debitSelection(job, context.downstreamId), async () => {
    ctx.signal.throwIfAborted();
    await runtime.yieldTurn();
  });
  return workDebits(context, job, {
    facts: {
      runId,
      chainRunId: ctx.chainRunId,
      jobName: job.name,
      group: job.group,
      businessDate: ctx.businessDate,
      cutOffAt: ctx.cutOffAt,
    },
    shardIndex: ctx.shardIndex,
    owner: attemptOwner(ctx),
    signal: ctx.signal,
    log: ctx.log,
    throttle: throttleOf(ctx, { store, runtime, otherwise: settings.newThrottle }),
  });
}

/**
 * The run under whose id the selection, its slices and items stand: a run that resumes another one selects nothing, and
 * works the slices that are left of that.
 */
const workOf = (ctx: HandlerContext): number => ctx.resumesRunId ?? ctx.runId;

export interface DebitWorker {
  readonly facts: SliceFacts;
  /** Null: a volunteer. */
  readonly shardIndex: number | null;
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly log: RunLog;
  /** Default: the engine's. */
  readonly throttle?: Throttle;
}

/** Works slices of a run that is frozen: as one of its shards, or as a volunteer. */
export async function workDebits(context: MoneyContext, job: DebitJob, worker: DebitWorker): Promise<DebitShardResult> {
  const { runtime, store, settings } = context;
  const signal = AbortSignal.any([worker.signal, context.draining]);
  const work = new DebitWork(context, job, worker, signal);
  try {
    const { slices } = await workSlices(
      {
        store,
        runtime,
        runId: worker.facts.runId,
        shardIndex: worker.shardIndex,
        owner: worker.owner,
        leaseMs: settings.leaseMs,
        stallMs: chunkLeaseMs(settings),
        slicesAtOnce: settings.slicesAtOnce,
        // Nothing of a debit happens before a transaction has said so in sent_to_seq.
        handRows: 0,
        // Half a chunk is worth a slice of its own; of small chunks it takes a whole one.
        splitRowsMin: Math.max(Math.min(SLICE_ROWS_MIN, settings.chunkSize), Math.ceil(settings.chunkSize / 2)),
        throttle: worker.throttle ?? settings.newThrottle(),
        signal,
        log: worker.log,
      },
      work,
    );
    work.result.slices = slices;
  } finally {
    work.progress.note(work.result, true);
    wakeOutbox(store);
  }
  return work.result;
}

class DebitWork implements SliceWork {
  readonly result: Mutable<DebitShardResult> = { slices: 0, items: 0, debited: 0, blocked: 0, waiting: 0, unclear: 0 };
  readonly progress: ShardProgressTeller;
  readonly #context: MoneyContext;
  readonly #job: DebitJob;
  readonly #facts: SliceFacts;
  readonly #log: RunLog;
  readonly #stop: AbortSignal;

  constructor(context: MoneyContext, job: DebitJob, worker: DebitWorker, stop: AbortSignal) {
    this.#context = context;
    this.progress = new ShardProgressTeller(context, worker.facts.runId, worker.shardIndex);
    this.#job = job;
    this.#facts = worker.facts;
    this.#log = worker.log;
    this.#stop = stop;
  }

  async takeUp(held: HeldSlice): Promise<number> {
    const { lease } = held;
    const adopted = await adoptChunk(this.#context, lease, this.#facts);
    held.hi = adopted.hi;
    this.#log.warn(`slice ${lease.sliceNo}: took over a chunk in flight, ${adopted.opened} items are to be asked for`);
    return lease.sentToSeq;
  }

  /**
   * Waits while the downstream is paused or the rate leaves no room, keeping the lease; false when the cut-off comes
   * first.
   */
  async mayBegin(held: HeldSlice): Promise<boolean> {
    const { health, bucket, runtime, settings, store } = this.#context;
    const cutOffAtMs = this.#facts.cutOffAt ?? Number.MAX_SAFE_INTEGER;
    const isPressed = (): boolean =>
      health.pausedWhy !== null || !bucket.hasRoom(sendHorizonMs(settings.gatewayTimeoutMs));
    while (isPressed()) {
      this.#stop.throwIfAborted();
      const nowMs = await store.read('read-clock', async (db) => db.nowMs);
      if (!maySendAt(nowMs, { gatewayTimeoutMs: settings.gatewayTimeoutMs, cutOffAtMs })) return false;
      await held.whileWaiting(() => runtime.sleep(READY_POLL_MS));
      if (held.isLost) throw leaseLost(held.lease);
    }
    return true;
  }

  async chunk(held: HeldSlice, cursorSeq: number): Promise<ChunkEnd> {
    const { bucket, capabilities, settings, runtime, store } = this.#context;
    const wanted = Math.ceil(settings.chunkSize / capabilities.batchMax);
    const promised = bucket.promise(wanted, sendHorizonMs(settings.gatewayTimeoutMs));
    let unused = promised;
    try {
      const limit = Math.min(settings.chunkSize, promised * capabilities.batchMax);
      const items = await readChunk(this.#context, held.lease, this.#job, cursorSeq, limit);
      // Read before the transaction: a process that is stopped right behind its commit must know that time has passed.
      const sinceMs = runtime.clock.monotonicMs();
      const stored = await this.#storeSurely(held, items);
      if (stored.kind === 'lease_lost') throw leaseLost(held.lease);
      if (stored.kind !== 'stored') return { kind: stored.kind };
      held.noteHeld(sinceMs, chunkLeaseMs(settings));
      const { chunk } = stored;
      bucket.giveBack(promised - Math.ceil(chunk.calls.length / capabilities.batchMax));
      unused = 0;
      const hi = await this.#sendAndSettle(held, chunk, sinceMs);
      wakeOutbox(store);
      return { kind: 'moved', cursorSeq: chunk.toSeq, hi };
    } finally {
      bucket.giveBack(unused);
    }
  }

  async #storeSurely(held: HeldSlice, items: Parameters<typeof storeChunk>[4]): ReturnType<typeof storeChunk> {
    try {
      return await storeChunk(this.#context, held.lease, this.#job, this.#facts, items);
    } catch (error) {
      // The answer to COMMIT was lost (T7): nothing is sent. If it did happen, the chunk is adopted like a dead node's.
      if (error instanceof DaybreakError && error.code === 'COMMIT_UNKNOWN') throw leaseLost(held.lease, error);
      throw error;
    }
  }

  /** Returns the slice's end as the last of the chunk's transactions saw it. */
  async #sendAndSettle(held: HeldSlice, chunk: StoredChunk, sinceMs: number): Promise<number> {
    const { capabilities, pacer, settings, runtime } = this.#context;
    this.#count(chunk);
    if (chunk.calls.length === 0) return chunk.hi;
    pacer.noteFirstSends(chunk.calls.length);
    const exchanges = await sendCalls(this.#context, chunk.calls, {
      batchMax: capabilities.batchMax,
      nowMs: chunk.storedAt,
      sinceMs,
      promised: true,
    });
    held.noteProgress();
    const settlesMs = runtime.clock.monotonicMs();
    const settled = await settleChunk(this.#context, held.lease, this.#facts, chunk, exchanges);
    if (settled.kind === 'lease_lost') throw leaseLost(held.lease);
    held.noteHeld(settlesMs, settings.leaseMs);
    this.result.unclear += settled.unclear;
    this.progress.note(this.result);
    return settled.hi;
  }

  #count(chunk: StoredChunk): void {
    this.result.items += chunk.items;
    this.result.debited += chunk.calls.length;
    this.result.blocked += chunk.blocked;
    this.result.waiting += chunk.waiting.length;
    this.#context.metrics.walked(chunk.items);
  }
}

const READY_POLL_MS = 50;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
