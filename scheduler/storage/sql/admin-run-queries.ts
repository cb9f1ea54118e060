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

export async function runExtras(
  db: SqlReader,
  runId: number,
): Promise<{ codeVersion: string | null; jobVersion: number | null } | null> {
  return db.get(
    `select r.code_version as codeVersion,
       (select v.version from s_job_version v where v.job_id = r.job_id and v.config_hash = r.config_hash) as jobVersion
      from s_run r where r.id = ?`,
    [runId],
  );
}

export interface RelatedRow {
  readonly runId: number;
  readonly job: string;
  readonly appName: string;
  readonly state: RunState;
  readonly because: string;
}

/** What it was fired by, and what it fired. */
export async function relatedRuns(db: SqlReader, runId: number, which: 'parents' | 'children'): Promise<RelatedRow[]> {
  const [own, other] = which === 'parents' ? ['child_run_id', 'parent_run_id'] : ['parent_run_id', 'child_run_id'];
  return db.all(
    `select r.id as runId, j.name as job, r.app_name as appName, r.state, l.because from s_child_link l
       join s_run r on r.id = l.${other} join s_job j on j.id = r.job_id where l.${own} = ? order by r.id limit 200`,
    [runId],
  );
}

export interface LineageRow {
  readonly runId: number;
  readonly rerunOf: number | null;
  readonly kind: 'all' | 'failed' | 'resume' | null;
  readonly state: RunState;
}

/** Runs that repeat one another: the first, and those that repeat it, at most so many (index s_run_rerun). */
export async function lineageOf(db: SqlReader, runId: number, limit = 100): Promise<LineageRow[]> {
  const read = (id: number) =>
    db.get<LineageRow>(`select id as runId, rerun_of as rerunOf, rerun_kind as kind, state from s_run where id = ?`, [
      id,
    ]);
  let first = await read(runId);
  for (let steps = 0; first?.rerunOf != null && steps < limit; steps++) first = (await read(first.rerunOf)) ?? first;
  if (first === null) return [];
  const line: LineageRow[] = [first];
  for (let at = 0; at < line.length && line.length < limit; at++) {
    const rows = await db.all<LineageRow>(
      `select id as runId, rerun_of as rerunOf, rerun_kind as kind, state from s_run where rerun_of = ? order by id`,
      [line[at]?.runId ?? 0],
    );
    line.push(...rows);
  }
  return line.slice(0, limit);
}

export interface ShardPageRow {
  readonly shardIndex: number;
  readonly state: 'ready' | 'sent' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly reason: string | null;
  readonly result: string | null;
  readonly endedAt: number | null;
}

/** In index order, after an index (primary key). */
export async function shardPage(
  db: SqlReader,
  which: { readonly runId: number; readonly afterIndex: number; readonly state?: string; readonly limit: number },
): Promise<ShardPageRow[]> {
  const state = which.state === undefined ? '' : ' and state = ?';
  return db.all(
    `select shard_index as shardIndex, state, reason, result, ended_at as endedAt from s_shard
      where run_id = ? and shard_index > ?${state} order by shard_index limit ${Math.trunc(which.limit)}`,
    [which.runId, which.afterIndex, ...(which.state === undefined ? [] : [which.state])],
  );
}

export async function countShardStates(db: SqlReader, runId: number): Promise<Record<string, number>> {
  const rows = await db.all<{ state: string; n: number }>(
    `select state, count(*) as n from s_shard where run_id = ? and shard_index >= 0 group by state`,
    [runId],
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

export interface AttemptPageRow {
  readonly id: number;
  readonly shardIndex: number;
  readonly no: number;
  readonly executorId: number;
  readonly address: string;
  readonly state: 'sent' | 'running' | 'succeeded' | 'failed' | 'refused' | 'lost' | 'cancelled';
  readonly reason: string | null;
  readonly sentAt: number;
  readonly acceptedAt: number | null;
  readonly endedAt: number | null;
  readonly sends: number;
}
const ATTEMPT = `select id, shard_index as shardIndex, no, executor_id as executorId, address, state, reason, sent_at as sentAt,
    accepted_at as acceptedAt, ended_at as endedAt, sends from s_attempt`;

/** Of some shards of a run (unique key run_id, shard_index, no). */
export async function attemptsOfShards(
  db: SqlReader,
  runId: number,
  indexes: readonly number[],
): Promise<AttemptPageRow[]> {
  if (indexes.length === 0) return [];
  return db.all(`${ATTEMPT} where run_id = ? and shard_index in (${marks(indexes)}) order by shard_index, no`, [
    runId,
    ...indexes,
  ]);
}

/** The newest attempts of a run. */
export async function newestAttempts(db: SqlReader, runId: number, limit: number): Promise<AttemptPageRow[]> {
  return db.all(`${ATTEMPT} where run_id = ? order by id desc limit ${Math.trunc(limit)}`, [runId]);
}

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

const marks = (list: readonly unknown[]): string => list.map(() => '?').join(', ');
