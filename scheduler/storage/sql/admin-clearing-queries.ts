import type { SqlReader, SqlValue } from '../../../shared/sql/sql.ts';

export interface ClearFilter {
  readonly group?: string;
  readonly jobId?: number;
  readonly beforeMs?: number;
  /** Of each job the newest so many stay. */
  readonly keepLast?: number;
}

/** Ended runs that a clearing would delete, the oldest first. Chain runs that go on keep theirs; so do backfills. */
export async function clearableRuns(
  db: SqlReader,
  filter: ClearFilter,
  page: { readonly afterId: number; readonly limit: number; readonly lock?: string },
): Promise<{ id: number; createdAt: number }[]> {
  const { text, params } = clearing(filter);
  return db.all(
    `select r.id, r.created_at as createdAt from s_run r where r.id > ? and ${text} order by r.id
      limit ${Math.trunc(page.limit)}${page.lock ?? ''}`,
    [page.afterId, ...params],
  );
}

export async function countClearable(
  db: SqlReader,
  filter: ClearFilter,
): Promise<{ runs: number; oldest: number | null; newest: number | null }> {
  const { text, params } = clearing(filter);
  const row = await db.get<{ runs: number; oldest: number | null; newest: number | null }>(
    `select count(*) as runs, min(r.created_at) as oldest, max(r.created_at) as newest from s_run r where ${text}`,
    params,
  );
  return row ?? { runs: 0, oldest: null, newest: null };
}

export async function countAttemptsOf(db: SqlReader, filter: ClearFilter): Promise<number> {
  const { text, params } = clearing(filter);
  const row = await db.get<{ n: number }>(
    `select count(*) as n from s_attempt a join s_run r on r.id = a.run_id where ${text}`,
    params,
  );
  return row?.n ?? 0;
}

function clearing(filter: ClearFilter): { text: string; params: SqlValue[] } {
  const conditions = [
    'r.ended_at is not null',
    `(r.chain_run_id is null or exists (select 1 from s_chain_run n where n.id = r.chain_run_id and n.ended_at is not null))`,
    `not exists (select 1 from s_fire f where f.id = r.fire_id and f.origin = 'backfill')`,
    // What it goes on with is kept under the first of its line.
    `not exists (select 1 from s_run x where x.rerun_of = r.id and x.ended_at is null)`,
    // Until its last attempt is known to have ended.
    'not exists (select 1 from s_kill_order k where k.run_id = r.id)',
  ];
  const params: SqlValue[] = [];
  if (filter.beforeMs !== undefined) {
    conditions.push('r.created_at < ?');
    params.push(filter.beforeMs);
  }
  if (filter.jobId !== undefined) {
    conditions.push('r.job_id = ?');
    params.push(filter.jobId);
  }
  if (filter.group !== undefined) {
    conditions.push('r.app_name = ?');
    params.push(filter.group);
  }
  if (filter.keepLast !== undefined && filter.keepLast > 0) {
    conditions.push(
      `r.id < coalesce((select b.id from s_run b where b.job_id = r.job_id order by b.id desc limit 1 offset ${Math.trunc(filter.keepLast) - 1}), 0)`,
    );
  }
  return { text: conditions.join(' and '), params };
}
