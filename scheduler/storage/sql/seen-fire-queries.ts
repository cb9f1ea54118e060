import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { FireState } from '../../firing/fire-transitions.ts';
import type { FireOrigin, Scheduled } from './fire-queries.ts';

/** A fire with the names and the run that a person looks for. */
export interface SeenFireRow {
  readonly id: number;
  readonly job: string | null;
  readonly chain: string | null;
  readonly origin: FireOrigin;
  readonly state: FireState;
  readonly reason: string | null;
  readonly plannedAt: number;
  readonly businessDate: string;
  readonly askedBy: string | null;
  readonly decidedAt: number | null;
  readonly runId: number | null;
  readonly chainRunId: number | null;
  readonly mergedInto: number | null;
  readonly rangeTo: number | null;
  readonly rangeCount: number | null;
}

const SEEN = `select f.id, j.name as job, c.name as chain, f.origin, f.state, f.reason, f.planned_at as plannedAt,
    f.business_date as businessDate, f.asked_by as askedBy, nullif(f.decided_at, 0) as decidedAt, r.id as runId,
    coalesce(n.id, f.chain_run_id) as chainRunId, f.merged_into as mergedInto, f.range_to as rangeTo,
    f.range_count as rangeCount
  from s_fire f
  left join s_job j on j.id = f.job_id
  left join s_chain c on c.id = f.chain_id
  left join s_run r on r.fire_id = f.id
  left join s_chain_run n on n.chain_id = f.chain_id and n.business_date = f.business_date and n.fire_id = f.id`;

export interface FirePage extends Scheduled {
  readonly states: readonly FireState[];
  readonly fromMs: number;
  readonly beforeMs: number;
  readonly limit: number;
}

/** The latest instant first (index s_fire_time). */
export async function seenFires(db: SqlReader, page: FirePage): Promise<SeenFireRow[]> {
  return db.all(
    `${SEEN} where f.job_id = ? and f.chain_id = ? and f.planned_at >= ? and f.planned_at < ?
       and f.state in (${page.states.map(() => '?').join(', ')})
      order by f.planned_at desc, f.id desc limit ${Math.trunc(page.limit)}`,
    [page.jobId, page.chainId, page.fromMs, page.beforeMs, ...page.states],
  );
}

/** The oldest first; the table of held fires is small. */
export async function seenHeldFires(db: SqlReader, limit: number): Promise<SeenFireRow[]> {
  return db.all(
    `${SEEN} where f.id in (select fire_id from s_held_fire)
      order by f.planned_at, f.id limit ${Math.trunc(limit)}`,
  );
}
