import { DaybreakError } from '../../shared/errors.ts';
import type { HandlerContext } from '../handler/handler-context.ts';
import { wakeOutbox } from '../node/outbox.ts';
import { freezeSelection } from '../slice/freeze-selection.ts';
import { claimSlice, releaseSlice, renewLease, type SliceLease } from '../slice/slice-lease.ts';
import { adoptChunk } from './adopt-chunk.ts';
import { sendCalls } from './exchange-calls.ts';
import type { MoneyContext } from './money-context.ts';
import type { DebitJob, DebitShardResult } from './money-engine.ts';
import { maySendAt, sendHorizonMs } from './next-step.ts';
import { settleChunk } from './settle-chunk.ts';
import { readChunk, type StoredChunk, storeChunk } from './store-chunk.ts';
import type { SliceFacts } from './tell-settled.ts';

/**
 * One shard of a debit job. Freezes the run's selection (whoever is first), then works the slices whose number modulo
 * the total is this shard's index, several at once, chunk by chunk:
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
  const run = {
    runId: workOf(ctx),
    chainRunId: ctx.chainRunId,
    businessDate: ctx.businessDate,
    cutOffAt: ctx.cutOffAt,
    shardTotal: ctx.shardTotal,
    chunkSize: settings.chunkSize,
    downstreamId: context.downstreamId,
  };
  await freezeSelection(store, run, job, async () => {
    ctx.signal.throwIfAborted();
    await runtime.yieldTurn();
  });
  const shard = new DebitShard(context, ctx, job);
  const ends = await Promise.allSettled(Array.from({ length: settings.slicesAtOnce }, () => shard.work()));
  wakeOutbox(store);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return shard.result;
}

/**
 * The run under whose id the selection, its slices and items stand: a run that resumes another one selects nothing, and
 * works the slices that are left of that.
 */
const workOf = (ctx: HandlerContext): number => ctx.resumesRunId ?? ctx.runId;

class DebitShard {
  readonly result: Mutable<DebitShardResult> = { slices: 0, items: 0, debited: 0, blocked: 0, waiting: 0, unclear: 0 };
  readonly #context: MoneyContext;
  readonly #ctx: HandlerContext;
  readonly #job: DebitJob;
  readonly #facts: SliceFacts;
  readonly #stop: AbortSignal;
  #cutOff = false;
  #workers = 0;

  constructor(context: MoneyContext, ctx: HandlerContext, job: DebitJob) {
    this.#context = context;
    this.#ctx = ctx;
    this.#job = job;
    this.#stop = AbortSignal.any([ctx.signal, context.draining]);
    this.#facts = {
      runId: workOf(ctx),
      chainRunId: ctx.chainRunId,
      jobName: job.name,
      group: job.group,
      businessDate: ctx.businessDate,
      cutOffAt: ctx.cutOffAt,
    };
  }

  /** Takes slices until none is left; what others hold is waited for, because they may be dead. */
  async work(): Promise<void> {
    const owner = `${this.#ctx.executorAddress}#${this.#ctx.logId}.${this.#workers++}`;
    while (!this.#cutOff) {
      this.#stop.throwIfAborted();
      const claim = await claimSlice(this.#context.store, {
        runId: workOf(this.#ctx),
        shardIndex: this.#ctx.shardIndex,
        owner,
        leaseMs: this.#context.settings.leaseMs,
      });
      if (claim.kind === 'none_left') return;
      if (claim.kind === 'held') {
        // Another worker of this very shard will see its slice through; only a stranger's lease is worth waiting for.
        if (this.#busy > 0) return;
        await this.#context.runtime.sleep(Math.min(1_000, Math.max(20, claim.untilMs - claim.nowMs)), this.#stop);
        continue;
      }
      await this.#workSlice(claim.lease);
    }
  }

  #busy = 0;

  async #workSlice(lease: SliceLease): Promise<void> {
    this.#busy += 1;
    try {
      await this.#workChunks(lease);
      this.result.slices += 1;
    } catch (error) {
      if (error instanceof DaybreakError && error.code === 'LEASE_LOST') {
        this.#ctx.log.warn(`slice ${lease.sliceNo}: ${error.message}`);
        return;
      }
      await releaseSlice(this.#context.store, lease);
      throw error;
    } finally {
      this.#busy -= 1;
    }
  }

  async #workChunks(lease: SliceLease): Promise<void> {
    let cursorSeq = lease.cursorSeq;
    if (lease.sentToSeq > cursorSeq) {
      const adopted = await adoptChunk(this.#context, lease, this.#facts);
      this.#ctx.log.warn(
        `slice ${lease.sliceNo}: took over a chunk in flight, ${adopted.opened} items are to be asked for`,
      );
      cursorSeq = lease.sentToSeq;
    }
    while (cursorSeq < lease.hi) {
      if (!(await this.#ready(lease))) return releaseSlice(this.#context.store, lease);
      const nextSeq = await this.#workChunk(lease, cursorSeq);
      if (nextSeq === null) return releaseSlice(this.#context.store, lease);
      cursorSeq = nextSeq;
    }
  }

  /** Returns the new cursor, or null at the cut-off. */
  async #workChunk(lease: SliceLease, cursorSeq: number): Promise<number | null> {
    const { bucket, capabilities, settings } = this.#context;
    const wanted = Math.ceil(settings.chunkSize / capabilities.batchMax);
    const promised = bucket.promise(wanted, sendHorizonMs(settings.gatewayTimeoutMs));
    let unused = promised;
    try {
      const limit = Math.min(settings.chunkSize, promised * capabilities.batchMax);
      const items = await readChunk(this.#context, lease, this.#job, cursorSeq, limit);
      // Read before the transaction: a process that is stopped right behind its commit must know that time has passed.
      const sinceMs = this.#context.runtime.clock.monotonicMs();
      const stored = await this.#storeSurely(lease, items);
      if (stored.kind === 'cut_off') {
        this.#cutOff = true;
        return null;
      }
      if (stored.kind === 'lease_lost') throw leaseLost(lease);
      const { chunk } = stored;
      const requests = Math.ceil(chunk.calls.length / capabilities.batchMax);
      bucket.giveBack(promised - requests);
      unused = 0;
      await this.#sendAndSettle(lease, chunk, sinceMs);
      return chunk.toSeq;
    } finally {
      bucket.giveBack(unused);
    }
  }

  async #storeSurely(lease: SliceLease, items: Parameters<typeof storeChunk>[4]): ReturnType<typeof storeChunk> {
    try {
      return await storeChunk(this.#context, lease, this.#job, this.#facts, items);
    } catch (error) {
      // The answer to COMMIT was lost (T7): nothing is sent. If it did happen, the chunk is adopted like a dead node's.
      if (error instanceof DaybreakError && error.code === 'COMMIT_UNKNOWN') throw leaseLost(lease, error);
      throw error;
    }
  }

  async #sendAndSettle(lease: SliceLease, chunk: StoredChunk, sinceMs: number): Promise<void> {
    const { capabilities, pacer } = this.#context;
    this.#count(chunk);
    if (chunk.calls.length === 0) return;
    pacer.noteFirstSends(chunk.calls.length);
    const exchanges = await sendCalls(this.#context, chunk.calls, {
      batchMax: capabilities.batchMax,
      nowMs: chunk.storedAt,
      sinceMs,
      promised: true,
    });
    const settled = await settleChunk(this.#context, lease, this.#facts, chunk, exchanges);
    wakeOutbox(this.#context.store);
    if (settled.kind === 'lease_lost') throw leaseLost(lease);
    this.result.unclear += settled.unclear;
  }

  #count(chunk: StoredChunk): void {
    this.result.items += chunk.items;
    this.result.debited += chunk.calls.length;
    this.result.blocked += chunk.blocked;
    this.result.waiting += chunk.waiting.length;
    this.#context.metrics.walked(chunk.items);
  }

  /**
   * Waits while the downstream is paused or the rate leaves no room, keeping the lease; false when the cut-off comes
   * first.
   */
  async #ready(lease: SliceLease): Promise<boolean> {
    const { health, bucket, runtime, settings } = this.#context;
    const cutOffAtMs = this.#facts.cutOffAt ?? Number.MAX_SAFE_INTEGER;
    let renewedMs = runtime.clock.monotonicMs();
    while (health.pausedWhy !== null || !bucket.hasRoom(sendHorizonMs(settings.gatewayTimeoutMs))) {
      this.#stop.throwIfAborted();
      const nowMs = await this.#context.store.read('read-clock', async (db) => db.nowMs);
      if (!maySendAt(nowMs, { gatewayTimeoutMs: settings.gatewayTimeoutMs, cutOffAtMs })) {
        this.#cutOff = true;
        return false;
      }
      await runtime.sleep(READY_POLL_MS);
      if (runtime.clock.monotonicMs() - renewedMs < settings.leaseMs / 3) continue;
      if (!(await renewLease(this.#context.store, lease, settings.leaseMs))) throw leaseLost(lease);
      renewedMs = runtime.clock.monotonicMs();
    }
    this.#stop.throwIfAborted();
    return true;
  }
}

const READY_POLL_MS = 50;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const leaseLost = (lease: SliceLease, cause?: unknown): DaybreakError =>
  new DaybreakError(
    'LEASE_LOST',
    `slice ${lease.sliceNo} of run ${lease.runId} is no longer held with epoch ${lease.epoch}`,
    {
      details: { runId: lease.runId, sliceNo: lease.sliceNo, epoch: lease.epoch },
      cause,
    },
  );
