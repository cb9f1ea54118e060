import { defineHandler, type Handler, type HandlerContext } from '../../index.ts';

/** Where the merchants are, and where their daily totals go: your database, behind two functions. */
export interface MerchantBooks {
  /** Every merchant number, in any order; each node reads them all and works its own. */
  merchantNos(): AsyncIterable<string>;
  /** Closes one merchant's day and returns its total in minor units. Closing a closed day changes nothing. */
  closeDay(merchantNo: string, businessDate: string, signal: AbortSignal): Promise<{ totalMinor: bigint }>;
}

interface CloseCounts {
  closed: number;
  notMine: number;
}

/**
 * Closes the day of every merchant, each on exactly one node. The scheduler broadcasts the job, so every node is asked
 * with its own shard index; `ctx.owns` answers the same on all of them, and a node that comes or goes changes nothing
 * for a run that has begun: the total was fixed when the run was made, and a lost node's index is sent to an heir.
 *
 * A shard may be tried again, so the work on one merchant must be repeatable. Here the books see to that: closing a
 * closed day changes nothing. Money that leaves the house needs more than that: see the settlement example.
 */
export function dailyClose(books: MerchantBooks): Handler {
  return defineHandler('daily-close', async (ctx) => {
    const counts: CloseCounts = { closed: 0, notMine: 0 };
    for await (const merchantNo of books.merchantNos()) {
      // A kill, the job's time limit, or a node that stops: leave soon, and let the next attempt go on.
      ctx.signal.throwIfAborted();
      if (ctx.owns(merchantNo)) await closeMerchant(merchantNo, counts, books, ctx);
      else counts.notMine += 1;
    }
    ctx.log.info(`shard ${ctx.shardIndex} of ${ctx.shardTotal} closed ${counts.closed} merchants`);
    return { ...counts };
  });
}

async function closeMerchant(
  merchantNo: string,
  counts: CloseCounts,
  books: MerchantBooks,
  ctx: HandlerContext,
): Promise<void> {
  const { totalMinor } = await books.closeDay(merchantNo, ctx.businessDate, ctx.signal);
  counts.closed += 1;
  ctx.log.info(`merchant ${merchantNo}: ${totalMinor}`);
}
