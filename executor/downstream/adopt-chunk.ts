import { DaybreakError } from '../../shared/errors.ts';
import { endLease, holds, type SliceLease } from '../slice/slice-lease.ts';
import { lockSlice, saveSlice } from '../slice/slice-row.ts';
import type { MoneyContext } from './money-context.ts';
import { rulesOf } from './money-context.ts';
import { nextCheckDelayMs } from './next-step.ts';
import { insertOpenRows, type NewOpenRow } from './open-rows.ts';
import { TAKEN_OVER } from './settle-decision.ts';
import { type SliceFacts, tellIfSettled } from './tell-settled.ts';

export interface AdoptedChunk {
  readonly opened: number;
  /** The slice's end under this transaction's lock. */
  readonly hi: number;
}

/**
 * A holder died, or lost the answer to a COMMIT, between a chunk's two transactions. Its calls are stored and may have
 * been sent, so nothing is sent again: what is PROCESSING in that range gets its open row, what waits for the gate
 * gets its own, and the cursor moves past the chunk. The sweep finds out what happened.
 */
export function adoptChunk(context: MoneyContext, lease: SliceLease, facts: SliceFacts): Promise<AdoptedChunk> {
  return context.store.transaction('adopt-chunk', async (tx) => {
    const slice = await lockSlice(tx, lease.runId, lease.sliceNo);
    if (!holds(slice, lease)) {
      throw new DaybreakError('LEASE_LOST', `slice ${lease.sliceNo} of run ${lease.runId} went to another holder`);
    }
    const rows = await tx.arrays(
      `select seq, state from item where run_id = ? and slice_no = ? and seq > ? and seq <= ?
         and state in ('PENDING', 'PROCESSING') order by seq`,
      [lease.runId, lease.sliceNo, slice.cursorSeq, slice.sentToSeq],
    );
    const delayMs = nextCheckDelayMs(0, tx.nowMs, rulesOf(context, facts.cutOffAt));
    const opened = await insertOpenRows(
      tx,
      rows.map(
        ([seq, state]): NewOpenRow => ({
          downstreamId: context.downstreamId,
          runId: lease.runId,
          sliceNo: lease.sliceNo,
          seq: Number(seq),
          reason: state === 'PENDING' ? 'GATE' : 'UNCLEAR',
          detail: state === 'PENDING' ? null : TAKEN_OVER,
          nextCheckAt: state === 'PENDING' ? tx.nowMs : tx.nowMs + Math.round(delayMs),
          batchCap: null,
        }),
      ),
    );
    slice.openCount += opened;
    slice.cursorSeq = slice.sentToSeq;
    slice.leaseUntil = tx.nowMs + context.settings.leaseMs;
    if (slice.cursorSeq >= slice.hi) await endLease(tx, slice);
    await tellIfSettled(tx, slice, facts);
    await saveSlice(tx, slice, lease.epoch);
    return { opened, hi: slice.hi };
  });
}
