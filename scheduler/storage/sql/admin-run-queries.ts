import type { SqlReader, SqlValue } from '../../../shared/sql/sql.ts';
import type { WaitsFor } from '../../run/judge-waiting.ts';
import type { RunState } from '../../run/run-transitions.ts';

export interface RunLineRow {
  readonly id: number;
  readonly jobId: number;
  readonly job: string;
  readonly appName: string;
  readonly chainRunId: number | null;
  readonly chain: string | null;
  readonly state: RunState;
  readonly waitsFor: WaitsFor | null;
  readonly reason: string | null;
  readonly businessDate: string;
  readonly origin: string;
  readonly askedBy: string | null;
  readonly rerunOf: number | null;
  readonly plannedAt: number;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly durationMs: number | null;
  readonly latenessMs: number;
  readonly shardTotal: number | null;
}

const LINE = `select r.id, r.job_id as jobId, j.name as job, r.app_name as appName, r.chain_run_id as chainRunId, c.name as chain,
    r.state, r.waits_for as waitsFor, r.reason, r.business_date as businessDate, f.origin, f.asked_by as askedBy,
    r.rerun_of as rerunOf, r.planned_at as plannedAt, r.created_at as createdAt, r.ended_at as endedAt,
    r.duration_ms as durationMs, r.lateness_ms as latenessMs, r.shard_total as shardTotal
  from s_run r join s_job j on j.id = r.job_id join s_fire f on f.id = r.fire_id
  left join s_chain_run n on n.id = r.chain_run_id left join s_chain c on c.id = n.chain_id`;

export type RunSort = 'started' | 'duration' | 'lateness';

export interface RunFilter {
  readonly jobId?: number;
  readonly chainRunId?: number;
  readonly chainId?: number;
  /** Any of these groups. */
  readonly groups?: readonly string[];
  readonly states?: readonly RunState[];
  readonly businessDate?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Runs of these jobs are left out where they are part of a chain run. */
  readonly sweepJobIds?: readonly number[];
}

export interface RunPage {
  readonly sort: RunSort;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The key of the last row of the page before: the value sorted by (for a start the id alone), and the id. */
  readonly after: readonly [number, number] | null;
}

/** Ids rise with the instant of the start but for starts in the same moments: so far apart they never cross. */
const ID_SLACK = 1_000;
/** So many runs are sorted at most where no index has them in order. */
export const SORTED_MAX = 200_000;

const SORT_COLUMNS = { started: 'r.id', duration: 'r.duration_ms', lateness: 'r.lateness_ms' } as const;

/** Which ids the runs of a time range have: two steps into the index s_run_created. */
export async function idsOfRange(
  db: SqlReader,
  { fromMs, toMs }: Pick<RunFilter, 'fromMs' | 'toMs'>,
): Promise<{ readonly fromId: number; readonly toId: number }> {
  const first =
    fromMs === undefined
      ? null
      : await db.get<{ id: number }>(`select id from s_run where created_at >= ? order by created_at, id limit 1`, [
          fromMs,
        ]);
  const last =
    toMs === undefined
      ? null
      : await db.get<{ id: number }>(
          `select id from s_run where created_at < ? order by created_at desc, id desc limit 1`,
          [toMs],
        );
  return {
    fromId: fromMs === undefined ? 0 : first === null ? Number.MAX_SAFE_INTEGER : Math.max(0, first.id - ID_SLACK),
    toId: toMs === undefined ? Number.MAX_SAFE_INTEGER : last === null ? 0 : last.id + ID_SLACK,
  };
}

/**
 * A page of runs. The ids are found first, from indexes alone (s_run_job, s_run_chain, s_run_state, s_run_group,
 * s_run_date, s_run_duration, s_run_lateness, each of which ends in the id); only those of the page are joined.
 */
export async function runLines(db: SqlReader, filter: RunFilter, page: RunPage): Promise<RunLineRow[]> {
  const ids = await db.all<{ id: number }>(...(await idsText(db, filter, page)));
  return runLinesOf(
    db,
    ids.map(({ id }) => id),
  );
}

async function idsText(db: SqlReader, filter: RunFilter, page: RunPage): Promise<[string, SqlValue[]]> {
  const conditions: string[] = [];
  const params: SqlValue[] = [];
  const add = (condition: string, ...values: SqlValue[]): void => {
    conditions.push(condition);
    params.push(...values);
  };
  const isRange = filter.fromMs !== undefined || filter.toMs !== undefined;
  if (isRange) {
    const { fromId, toId } = await idsOfRange(db, filter);
    add('r.id >= ? and r.id <= ?', fromId, toId);
    if (filter.fromMs !== undefined) add('r.created_at >= ?', filter.fromMs);
    if (filter.toMs !== undefined) add('r.created_at < ?', filter.toMs);
  }
  if (filter.jobId !== undefined) add('r.job_id = ?', filter.jobId);
  if (filter.chainRunId !== undefined) add('r.chain_run_id = ?', filter.chainRunId);
  if (filter.chainId !== undefined) {
    add('r.chain_run_id in (select n.id from s_chain_run n where n.chain_id = ?)', filter.chainId);
  }
  if (filter.groups !== undefined) add(`r.app_name in (${marks(filter.groups)})`, ...filter.groups);
  if (filter.states !== undefined) add(`r.state in (${marks(filter.states)})`, ...filter.states);
  if (filter.businessDate !== undefined) add('r.business_date = ?', filter.businessDate);
  const { sweepJobIds = [] } = filter;
  // Said by what stays: a server with few such runs among many sweeps reads them from s_run_job and s_run_chain alone.
  if (sweepJobIds.length > 0) {
    add(`(r.chain_run_id is null or r.job_id not in (${marks(sweepJobIds)}))`, ...sweepJobIds);
  }
  if (page.sort === 'duration') add('r.duration_ms is not null');
  const column = SORT_COLUMNS[page.sort];
  const [than, direction] = page.order === 'desc' ? ['<', 'desc'] : ['>', 'asc'];
  if (page.after !== null) {
    const [value, id] = page.after;
    if (page.sort === 'started') add(`r.id ${than} ?`, id);
    else add(`(${column} ${than} ? or (${column} = ? and r.id ${than} ?))`, value, value, id);
  }
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const order = page.sort === 'started' ? `r.id ${direction}` : `${column} ${direction}, r.id ${direction}`;
  return [`select r.id from s_run r${where} order by ${order} limit ${Math.trunc(page.limit)}`, params];
}

/** Lines of these runs in the order given. */
export async function runLinesOf(db: SqlReader, ids: readonly number[]): Promise<RunLineRow[]> {
  if (ids.length === 0) return [];
  const rows = await db.all<RunLineRow>(`${LINE} where r.id in (${marks(ids)})`, [...ids]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** How many runs began in a range, counted no further than `max` (index s_run_created). */
export async function countRange(db: SqlReader, fromMs: number, toMs: number, max: number): Promise<number> {
  const row = await db.get<{ n: number }>(
    `select count(*) as n from (select 1 from s_run where created_at >= ? and created_at < ? limit ${Math.trunc(max)}) x`,
    [fromMs, toMs],
  );
  return row?.n ?? 0;
}

/** How long a run of each job usually takes: the middle one of its last nine that succeeded (index s_run_job). */
export async function usualDurations(db: SqlReader, jobIds: readonly number[]): Promise<Map<number, number>> {
  const usual = new Map<number, number>();
  for (const jobId of new Set(jobIds)) {
    const rows = await db.all<{ durationMs: number }>(
      `select duration_ms as durationMs from s_run where job_id = ? and state = 'succeeded' order by id desc limit 9`,
      [jobId],
    );
    const sorted = rows.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    if (middle !== undefined) usual.set(jobId, middle);
  }
  return usual;
}

const marks = (list: readonly unknown[]): string => list.map(() => '?').join(', ');
