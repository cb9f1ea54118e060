import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import type { Visible } from '../../../admin/rights/rights.ts';
import type { RunState } from '../../../run/run-transitions.ts';
import {
  countRange,
  type RunFilter,
  type RunLineRow,
  type RunSort,
  runLines,
  SORTED_MAX,
} from '../../../storage/sql/admin-run-queries.ts';
import { chainIdByName } from '../../../storage/sql/definition-queries.ts';
import type { Query, Reply } from '../contract/routes.ts';
import type { RunLine } from '../contract/run-routes.ts';
import { cursorOf, PAGE_DEFAULT, readCursor } from './paging.ts';
import { sweepJobIds } from './sweep-job-ids.ts';

const OPEN: readonly RunState[] = ['waiting', 'running', 'dispatched'];
const BAD: readonly RunState[] = ['failed', 'timed_out', 'cancelled'];

/** A page of the list of runs. */
export async function runPage(db: SqlReader, query: Query<'GET /runs'>, visible: Visible): Promise<Reply<'GET /runs'>> {
  const { limit = PAGE_DEFAULT, sort = 'started', order = 'desc' } = query;
  const filter = await filterOf(db, query, visible);
  if (filter === null) return { items: [], next: null };
  if (sort !== 'started' && filter.jobId === undefined) await assertNarrow(db, filter);
  const key = readCursor(query.after);
  const after = key === null ? null : ([Number(key[0]), Number(key[1])] as const);
  const rows = await runLines(db, filter, { sort, order, limit: limit + 1, after });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map((row) => runLineOf(row, db.nowMs)),
    next: rows.length > limit && last !== undefined ? cursorOf(sortedBy(last, sort), last.id) : null,
  };
}

/** What the list is sorted by; of a start the id alone tells. */
function sortedBy(row: RunLineRow, sort: RunSort): number {
  if (sort === 'duration') return row.durationMs ?? 0;
  return sort === 'lateness' ? row.latenessMs : 0;
}

async function filterOf(db: SqlReader, query: Query<'GET /runs'>, visible: Visible): Promise<RunFilter | null> {
  const { jobId, chainRunId, chain, group, state, businessDate, fromMs, toMs, sweeps } = query;
  const chainId = chain === undefined ? undefined : await chainIdByName(db, chain);
  if (chainId === null) return null;
  const groups = visible.kind === 'all' ? (group === undefined ? undefined : [group]) : groupsIn(visible.names, group);
  if (groups?.length === 0) return null;
  const states = state === undefined ? undefined : state === 'open' ? OPEN : state === 'bad' ? BAD : [state];
  const leftOut = sweeps === 'without' ? await sweepJobIds(db) : undefined;
  const given = { jobId, chainRunId, chainId, groups, states, businessDate, fromMs, toMs, sweepJobIds: leftOut };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RunFilter;
}

const groupsIn = (names: ReadonlySet<string>, group: string | undefined): readonly string[] =>
  group === undefined ? [...names] : names.has(group) ? [group] : [];

/** An order that no index has is offered for so many runs as can be sorted at once. */
async function assertNarrow(db: SqlReader, { fromMs, toMs }: RunFilter): Promise<void> {
  const why = 'sort by duration or lateness within one job, or within a time range of fewer runs';
  if (fromMs === undefined) throw new DaybreakError('BAD_INPUT', why, { details: { path: 'fromMs' } });
  const runs = await countRange(db, fromMs, toMs ?? Number.MAX_SAFE_INTEGER, SORTED_MAX);
  if (runs >= SORTED_MAX) throw new DaybreakError('BAD_INPUT', why, { details: { path: 'fromMs' } });
}

export function runLineOf(row: RunLineRow, nowMs: number): RunLine {
  return {
    id: row.id,
    jobId: row.jobId,
    job: row.job,
    group: row.appName,
    chainRunId: row.chainRunId,
    chain: row.chain,
    state: row.state,
    waitsFor: row.state === 'waiting' ? row.waitsFor : null,
    reason: row.reason,
    businessDate: row.businessDate,
    origin: row.origin,
    by: row.askedBy,
    rerunOf: row.rerunOf,
    plannedAtMs: row.plannedAt,
    startedAtMs: row.createdAt,
    endedAtMs: row.endedAt,
    durationMs: row.durationMs ?? Math.max(0, nowMs - row.createdAt),
    latenessMs: row.latenessMs,
    shardTotal: row.shardTotal,
  };
}
