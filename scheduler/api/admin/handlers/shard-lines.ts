import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { parseResult } from '../../../run/run-result.ts';
import { AFTER_RUN, BEFORE_RUN, isHook } from '../../../shard/hook-shards.ts';
import { type AttemptPageRow, attemptsOfShards, shardPage } from '../../../storage/sql/admin-run-detail-queries.ts';
import { stoppingAttempts } from '../../../storage/sql/kill-queries.ts';
import type { Query, Reply } from '../contract/routes.ts';
import type { Attempt } from '../contract/run-routes.ts';
import { cursorOf, numberCursor, PAGE_DEFAULT } from './paging.ts';

/** A page of the shards of a run, each with its attempts. */
export async function shardLines(
  db: SqlReader,
  runId: number,
  query: Query<'GET /runs/:runId/shards'>,
): Promise<Reply<'GET /runs/:runId/shards'>> {
  const { limit = PAGE_DEFAULT, state } = query;
  const afterIndex = numberCursor(query.after, Number.MIN_SAFE_INTEGER);
  const which = { runId, afterIndex, limit: limit + 1 };
  const rows = await shardPage(db, state === undefined ? which : { ...which, state });
  const shown = rows.slice(0, limit);
  const indexes = shown.map(({ shardIndex }) => shardIndex);
  const attempts = Map.groupBy(await attemptsOfShards(db, runId, indexes), ({ shardIndex }) => shardIndex);
  const stopping = new Set((await stoppingAttempts(db, runId)).map(({ logId }) => logId));
  return {
    items: shown.map((shard) => ({
      index: shard.shardIndex,
      phase: phaseOf(shard.shardIndex),
      state: shard.state,
      reason: shard.reason,
      result: parseResult(shard.result),
      endedAtMs: shard.endedAt,
      attempts: (attempts.get(shard.shardIndex) ?? []).map((row) => attemptOf(row, stopping)),
    })),
    next: rows.length > limit ? cursorOf(shown.at(-1)?.shardIndex ?? 0) : null,
  };
}

function phaseOf(index: number): 'before' | 'shard' | 'after' {
  if (!isHook(index)) return 'shard';
  return index === BEFORE_RUN ? 'before' : index === AFTER_RUN ? 'after' : 'shard';
}

const attemptOf = (row: AttemptPageRow, stopping: ReadonlySet<number>): Attempt => ({
  logId: row.id,
  no: row.no,
  executorId: row.executorId,
  address: row.address,
  state: stopping.has(row.id) ? 'stopping' : row.state,
  reason: row.reason,
  sentAtMs: row.sentAt,
  acceptedAtMs: row.acceptedAt,
  endedAtMs: row.endedAt,
  sends: row.sends,
});
