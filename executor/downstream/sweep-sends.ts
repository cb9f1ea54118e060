import { type CallRow, markSentAgain } from './call-rows.ts';
import { cut, sendCalls } from './exchange-calls.ts';
import { bySlice, inLockedSlice } from './in-locked-slice.ts';
import { maySendAt, sendDeadlineOf, sendHorizonMs } from './next-step.ts';
import { type OpenRow, updateOpenRow } from './open-rows.ts';
import { TAKEN_OVER } from './settle-decision.ts';
import type { storeGated } from './store-attempts.ts';
import type { OpenCall, SweepRound } from './sweep-round.ts';

/** What a sweep sends: first attempts of items whose gate has opened, next attempts, and the same number again. */
export class SweepSends {
  readonly #round: SweepRound;

  constructor(round: SweepRound) {
    this.#round = round;
  }

  /** A new call for each: stored under the slice's lock, then sent. Never past the cut-off, never for an earlier night. */
  async storeAndSend(rows: readonly OpenRow[], store: typeof storeGated): Promise<void> {
    if (rows.length === 0) return;
    if (!this.#mayStartNow()) return this.#round.later(rows, 1_000);
    const calls: CallRow[] = [];
    let storedAt = 0;
    let sinceMs = 0;
    for (const [runId, sliceNo, group] of bySlice(rows)) {
      const stored = await inLockedSlice(
        this.#round.context,
        'store-attempts',
        { runId, sliceNo },
        async (tx, slice, facts) => {
          const job = this.#round.context.jobs.get(facts.jobName);
          if (!job) throw new Error(`job ${facts.jobName} is not known to this executor`);
          storedAt = tx.nowMs;
          sinceMs = this.#round.context.runtime.clock.monotonicMs();
          const { current } = this.#round.context;
          const isCurrent = current === null || current.chainRunId === facts.chainRunId;
          const maySend = isCurrent && maySendAt(tx.nowMs, this.#round.rules());
          return store(tx, this.#round.context, { slice, facts, job, rows: group, maySend });
        },
      );
      calls.push(...stored.calls);
      this.#round.report.settled += stored.blocked;
    }
    this.#round.context.pacer.noteFirstSends(calls.length);
    await this.#sendStored(calls, { nowMs: storedAt, sinceMs, batchMax: this.#round.context.capabilities.batchMax });
  }

  /** Not while the downstream is paused or the rate leaves no room; after the cut-off nothing is sent, so nothing waits. */
  #mayStartNow(): boolean {
    const { health, bucket, settings } = this.#round.context;
    if (this.#round.scope.everything) return true;
    return health.pausedWhy === null && bucket.hasRoom(sendHorizonMs(settings.gatewayTimeoutMs));
  }

  /** The same requestNo with the same values: after it is known not to have left, or after P7 permits a repeat. */
  async sendAgain(open: readonly OpenCall[]): Promise<void> {
    if (open.length === 0) return;
    const { health, bucket, settings } = this.#round.context;
    const isHeld = health.pausedWhy !== null || !bucket.hasRoom(sendHorizonMs(settings.gatewayTimeoutMs));
    if (isHeld) return this.#round.later(open.map(rowOf), Math.min(60_000, Math.max(1_000, bucket.heldForMs)));
    const firsts = open.filter(isFirstArrival);
    const repeats = open.filter((one) => !isFirstArrival(one));
    const allowed = await this.#round.context.pacer.allow(repeats.length);
    await this.#round.later(repeats.slice(allowed).map(rowOf), 2_000);
    const going = [...firsts, ...repeats.slice(0, allowed)];
    const marked: CallRow[] = [];
    let at = { nowMs: 0, sinceMs: 0 };
    for (const part of cut(going, 200)) {
      const done = await this.#markSent(part);
      marked.push(...done.calls);
      at = done.at;
    }
    this.#round.report.repeated += marked.length;
    const caps = open.flatMap(({ row }) => (row.batchCap === null ? [] : [row.batchCap]));
    const batchMax = Math.min(this.#round.context.capabilities.batchMax, ...caps);
    await this.#sendStored(marked, { ...at, batchMax });
  }

  /** The durable mark of another send (P3), committed before a byte leaves. */
  #markSent(open: readonly OpenCall[]): Promise<{ calls: CallRow[]; at: { nowMs: number; sinceMs: number } }> {
    const { store, runtime, settings } = this.#round.context;
    return store.transaction('mark-sent', async (tx) => {
      const at = { nowMs: tx.nowMs, sinceMs: runtime.clock.monotonicMs() };
      const sendDeadlineAt = sendDeadlineOf(tx.nowMs, settings.gatewayTimeoutMs);
      const calls: CallRow[] = [];
      for (const { call, row } of open) {
        if (!this.#isInTime(call, tx.nowMs)) {
          // From now on it is asked for like all others, and voided where that can be done.
          const next = { reason: 'UNCLEAR', checks: row.checks + 1, nextCheckAt: tx.nowMs + 1_000 };
          await updateOpenRow(tx, row.id, { ...row, ...next });
        } else if (await markSentAgain(tx, call, sendDeadlineAt)) {
          calls.push({ ...call, sends: call.sends + 1, sendDeadlineAt, state: 'SENT' });
        }
      }
      return { calls, at };
    });
  }

  #isInTime(call: CallRow, nowMs: number): boolean {
    const rules = this.#round.rules();
    const isExpired = nowMs + rules.clockOffsetMs >= call.expireAt;
    const isKeyDead = nowMs + rules.gatewayTimeoutMs >= call.keyDeadAt;
    return maySendAt(nowMs, rules) && !isExpired && !isKeyDead;
  }

  async #sendStored(
    calls: readonly CallRow[],
    at: { nowMs: number; sinceMs: number; batchMax: number },
  ): Promise<void> {
    if (calls.length === 0) return;
    // No more at once than can leave within the send deadline; the rest is found again by the next round.
    const exchanges = await sendCalls(this.#round.context, calls, { ...at, promised: false });
    for (const exchanged of exchanges) await this.#round.settle(exchanged, 'reply');
  }
}

const rowOf = ({ row }: OpenCall): OpenRow => row;

/**
 * No repeat that pacing is for: it never left, or its holder died behind the commit and the downstream knows nothing
 * of it. Without this a night that is killed while most of it is in the air would wait ten minutes for its sends.
 */
const isFirstArrival = ({ call, row }: OpenCall): boolean =>
  call.sends === 0 || (call.sends === 1 && row.detail === TAKEN_OVER);
