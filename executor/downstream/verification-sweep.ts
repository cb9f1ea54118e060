import { wakeOutbox } from '../node/outbox.ts';
import { findCall } from './call-rows.ts';
import type { MoneyContext } from './money-context.ts';
import type { SweepReport } from './money-engine.ts';
import { SEND_MARGIN_MS } from './next-step.ts';
import { claimDueRows, type OpenRow } from './open-rows.ts';
import { storeGated, storeNextAttempts } from './store-attempts.ts';
import { SweepQuestions } from './sweep-questions.ts';
import { type OpenCall, SweepRound, type SweepScope } from './sweep-round.ts';
import { SweepSends } from './sweep-sends.ts';

/**
 * What was left in the air (P6, P7). Each shard takes the due open rows with id mod total = index, under a lease in
 * the row, and does with each what its reason asks for:
 *
 *   waiting for a gate > ask the gate again        RETRY_WAIT > the next attempt, with a new requestNo
 *   NOT_SENT > the same requestNo again            all others > query; then repeat, void, or wait
 */
export async function sweepOpenItems(context: MoneyContext, scope: SweepScope): Promise<SweepReport> {
  const round = new SweepRound(context, scope);
  const sends = new SweepSends(round);
  const questions = new SweepQuestions(round, sends);
  const limit = roundRows(context);
  // The last pass looks at each row once, due or not; a row that it has looked at is ordered behind the others.
  const rounds = scope.everything ? Math.ceil((await countOpen(context)) / limit) + 1 : Number.MAX_SAFE_INTEGER;
  for (let done = 0; done < rounds && !round.isStopped(); done += 1) {
    const rows = await claim(context, scope, limit);
    const { waiting, retries, unsent, unclear } = await sortRows(context, rows);
    await sends.storeAndSend(retries, storeNextAttempts);
    await sends.sendAgain(unsent);
    await questions.ask(unclear);
    // Last, because an answer of a moment ago may have opened or closed a gate.
    await sends.storeAndSend(waiting, storeGated);
    wakeOutbox(context.store);
    if (rows.length < limit) break;
  }
  return { ...round.report, stillOpen: await countOpen(context) };
}

const CLAIM_MS = 60_000;
/** Rows of one round at most: a sweep stops often enough to be seen, to be ended, and to let fresh rows in. */
const ROUND_ROWS_MAX = 2_000;

/** No more than can be asked for, or sent, within half the send deadline. */
function roundRows({ capabilities, settings }: MoneyContext): number {
  const { batchMax, maxRequestsPerSecond } = capabilities;
  const halfDeadlineMs = (settings.gatewayTimeoutMs + SEND_MARGIN_MS) / 2;
  const requests = Math.floor((0.9 * maxRequestsPerSecond * halfDeadlineMs) / 1_000);
  return Math.max(1, Math.min(ROUND_ROWS_MAX, batchMax * Math.max(1, requests)));
}

function claim(context: MoneyContext, scope: SweepScope, limit: number): Promise<readonly OpenRow[]> {
  return context.store.transaction('claim-open-rows', (tx) =>
    claimDueRows(tx, {
      downstreamId: context.downstreamId,
      shardIndex: scope.shardIndex,
      shardTotal: scope.shardTotal,
      limit,
      claimMs: CLAIM_MS,
      ...(scope.everything ? { dueBy: Number.MAX_SAFE_INTEGER } : {}),
    }),
  );
}

interface SortedRows {
  readonly waiting: OpenRow[];
  readonly retries: OpenRow[];
  readonly unsent: OpenCall[];
  readonly unclear: OpenCall[];
}

/** Sorts the rows by what their item is now; a row whose item is settled by now is simply gone. */
function sortRows(context: MoneyContext, rows: readonly OpenRow[]): Promise<SortedRows> {
  return context.store.read('read-open-rows', async (db) => {
    const sorted: SortedRows = { waiting: [], retries: [], unsent: [], unclear: [] };
    for (const row of rows) {
      const [item] = await db.arrays(
        'select subject, presentation, attempt, state from item where run_id = ? and slice_no = ? and seq = ?',
        [row.runId, row.sliceNo, row.seq],
      );
      if (item?.[3] === 'PENDING') sorted.waiting.push(row);
      if (item?.[3] === 'RETRY_WAIT') sorted.retries.push(row);
      if (item?.[3] !== 'PROCESSING') continue;
      const call = await findCall(db, {
        downstreamId: context.downstreamId,
        subject: Number(item[0]),
        presentation: Number(item[1]),
        attempt: Number(item[2]),
      });
      if (call) (row.reason === 'NOT_SENT' ? sorted.unsent : sorted.unclear).push({ row, call });
    }
    return sorted;
  });
}

function countOpen(context: MoneyContext): Promise<number> {
  return context.store.read('count-open', async (db) => {
    const row = await db.get<{ n: number }>('select count(*) as n from open_item where downstream_id = ?', [
      context.downstreamId,
    ]);
    return Number(row?.n ?? 0);
  });
}
