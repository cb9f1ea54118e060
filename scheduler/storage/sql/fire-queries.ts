import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { FireState } from '../../firing/fire-transitions.ts';

/** The kinds of schedule by which a job or chain fires itself. */
export const OWN_ORIGINS = ['cron', 'fixed_rate', 'fixed_delay', 'one_off'] as const;
export type OwnOrigin = (typeof OWN_ORIGINS)[number];
export type FireOrigin = OwnOrigin | 'manual' | 'api' | 'chain' | 'parent' | 'backfill' | 'rerun';

export interface NewFire {
  /** 0: it is a fire of a chain. */
  readonly jobId: number;
  readonly chainId?: number;
  readonly origin: FireOrigin;
  readonly dedupKey: string;
  readonly chainRunId: number | null;
  readonly plannedAt: number;
  readonly businessDate: string;
  readonly calendarVersion?: number;
  /** The version of the definition that planned it; its run takes the version that is current when it fires. */
  readonly configHash?: string | null;
  readonly param?: string | null;
  readonly askedBy?: string | null;
  readonly state: FireState;
  readonly reason: string | null;
  readonly mergedInto?: number | null;
  /** Of a truncated range: its last instant, and how many there are. */
  readonly rangeTo?: number | null;
  readonly rangeCount?: number | null;
}

export interface FireRow {
  readonly id: number;
  readonly jobId: number;
  readonly chainId: number;
  readonly origin: FireOrigin;
  readonly dedupKey: string;
  readonly state: FireState;
  readonly chainRunId: number | null;
  readonly plannedAt: number;
  readonly businessDate: string;
  /** The version whose instant it is; null where nothing but a person or another run asked for it. */
  readonly configHash: string | null;
  readonly param: string | null;
  readonly reason: string | null;
  readonly mergedInto: number | null;
  readonly decidedAt: number | null;
}

export const FIRE_COLUMNS = `f.id, f.job_id as jobId, f.chain_id as chainId, f.origin, f.dedup_key as dedupKey, f.state,
  f.chain_run_id as chainRunId, f.planned_at as plannedAt, f.business_date as businessDate,
  f.config_hash as configHash, f.param, f.reason, f.merged_into as mergedInto, nullif(f.decided_at, 0) as decidedAt`;

const NEW_COLUMNS = [
  'job_id',
  'chain_id',
  'origin',
  'dedup_key',
  'chain_run_id',
  'planned_at',
  'business_date',
  'calendar_version',
  'config_hash',
  'param',
  'asked_by',
  'state',
  'reason',
  'merged_into',
  'range_to',
  'range_count',
  'decided_at',
] as const;

const valuesOf = (fire: NewFire, nowMs: number): SqlValue[] => [
  fire.jobId,
  fire.chainId ?? 0,
  fire.origin,
  fire.dedupKey,
  fire.chainRunId,
  fire.plannedAt,
  fire.businessDate,
  fire.calendarVersion ?? 0,
  fire.configHash ?? null,
  fire.param ?? null,
  fire.askedBy ?? null,
  fire.state,
  fire.reason,
  fire.mergedInto ?? null,
  fire.rangeTo ?? null,
  fire.rangeCount ?? null,
  fire.state === 'planned' ? 0 : nowMs,
];

/** Writes fires whose keys are not there yet, and nothing beside them. Returns how many are new. */
export async function insertFireRows(tx: SqlTx, fires: readonly NewFire[]): Promise<number> {
  return tx.insertRows(
    { table: 's_fire', columns: NEW_COLUMNS, onConflict: 'ignore' },
    fires.map((fire) => valuesOf(fire, tx.nowMs)),
  );
}

/** Which of these jobs have a fire of any kind (unique key of s_fire). */
export async function jobsWithFires(db: SqlReader, jobIds: readonly number[]): Promise<Set<number>> {
  if (jobIds.length === 0) return new Set();
  const rows = await db.all<{ jobId: number }>(
    `select distinct job_id as jobId from s_fire where job_id in (${jobIds.map(() => '?').join(', ')})`,
    [...jobIds],
  );
  return new Set(rows.map(({ jobId }) => jobId));
}

/** Planned fires stand in the small table from which they are decided; one that stands there already stays. */
export async function insertPlannedFires(
  tx: SqlTx,
  fires: readonly { readonly id: number; readonly plannedAt: number }[],
): Promise<void> {
  await tx.insertRows(
    { table: 's_planned_fire', columns: ['planned_at', 'fire_id'], onConflict: 'ignore' },
    fires.map((fire) => [fire.plannedAt, fire.id]),
  );
}

/** Writes the fire unless its key is there; the unique key (job or chain, origin, dedup_key) decides, so twice is once. */
export async function insertFire(tx: SqlTx, fire: NewFire): Promise<{ id: number; inserted: boolean }> {
  const inserted = await insertFireRows(tx, [fire]);
  const row = await tx.get<{ id: number }>(
    `select id from s_fire where job_id = ? and chain_id = ? and origin = ? and dedup_key = ?`,
    [fire.jobId, fire.chainId ?? 0, fire.origin, fire.dedupKey],
  );
  if (row === null) throw new Error(`fire ${fire.dedupKey} of job ${fire.jobId} is neither new nor there`);
  if (inserted === 1 && fire.state === 'planned') {
    await insertPlannedFires(tx, [{ id: row.id, plannedAt: fire.plannedAt }]);
  }
  return { id: row.id, inserted: inserted === 1 };
}

export type FireKey = Pick<NewFire, 'jobId' | 'chainId' | 'origin' | 'dedupKey'>;

// One text for every call: the last key is asked for again and again where there are fewer.
const KEYS = 50;

/** Fires by their keys, in the order of the keys (the unique key of s_fire). */
export async function firesByKeys(
  tx: SqlTx,
  keys: readonly FireKey[],
): Promise<({ readonly id: number; readonly state: FireState } | null)[]> {
  const nameOf = (key: { jobId: number; chainId?: number; origin: string; dedupKey: string }): string =>
    `${key.jobId} ${key.chainId ?? 0} ${key.origin} ${key.dedupKey}`;
  const found = new Map<string, { id: number; state: FireState }>();
  const one = '(job_id = ? and chain_id = ? and origin = ? and dedup_key = ?)';
  for (let at = 0; at < keys.length; at += KEYS) {
    const part = Array.from({ length: KEYS }, (_, i) => keys[Math.min(at + i, keys.length - 1)] as FireKey);
    const rows = await tx.all<{
      id: number;
      jobId: number;
      chainId: number;
      origin: string;
      dedupKey: string;
      state: FireState;
    }>(
      `select id, job_id as jobId, chain_id as chainId, origin, dedup_key as dedupKey, state
        from s_fire
        where ${Array.from({ length: KEYS }, () => one).join(' or ')}`,
      part.flatMap((key) => [key.jobId, key.chainId ?? 0, key.origin, key.dedupKey]),
    );
    for (const row of rows) found.set(nameOf(row), row);
  }
  return keys.map((key) => found.get(nameOf(key)) ?? null);
}

/** Planned fires up to an instant, oldest first, after the one given (primary key of s_planned_fire). */
export async function plannedFires(
  db: SqlReader,
  upToMs: number,
  limit: number,
  after: { plannedAt: number; fireId: number } = { plannedAt: 0, fireId: 0 },
): Promise<{ fireId: number; plannedAt: number }[]> {
  return db.all(
    `select fire_id as fireId, planned_at as plannedAt from s_planned_fire
      where planned_at >= ? and planned_at <= ? and (planned_at > ? or fire_id > ?)
      order by planned_at, fire_id limit ${limit}`,
    [after.plannedAt, upToMs, after.plannedAt, after.fireId],
  );
}

export async function fireOrigin(db: SqlReader, fireId: number): Promise<FireOrigin | null> {
  return (await db.get<{ origin: FireOrigin }>(`select origin from s_fire where id = ?`, [fireId]))?.origin ?? null;
}

export async function lockFire(tx: SqlTx, fireId: number): Promise<FireRow | null> {
  return tx.get(`select ${FIRE_COLUMNS} from s_fire f where f.id = ?${tx.forUpdate}`, [fireId]);
}

/** Locks them in the order of their ids, and waits for those that somebody else has. */
export const lockFires = (tx: SqlTx, fireIdList: readonly number[]): Promise<FireRow[]> =>
  firesByIds(tx, fireIdList, tx.forUpdate);

/** The same without those that another scheduler has just now: good for picking, wrong for counting (trap T5). */
export const pickFires = (tx: SqlTx, fireIdList: readonly number[]): Promise<FireRow[]> =>
  firesByIds(tx, fireIdList, tx.forUpdateSkipLocked);

async function firesByIds(tx: SqlTx, fireIdList: readonly number[], lock: string): Promise<FireRow[]> {
  if (fireIdList.length === 0) return [];
  const marks = fireIdList.map(() => '?').join(', ');
  return tx.all(`select ${FIRE_COLUMNS} from s_fire f where f.id in (${marks}) order by f.id${lock}`, [...fireIdList]);
}

// The length of the column.
const REASON_MAX = 255;

/** Gives a fire the verdict that was decided on its state. False: it is in that state no more. */
export async function decideFire(
  tx: SqlTx,
  fire: Pick<FireRow, 'id' | 'state' | 'plannedAt'>,
  to: FireState,
  reason: string | null,
  mergedInto: number | null = null,
): Promise<boolean> {
  const decided = await tx.run(
    `update s_fire set state = ?, reason = coalesce(?, reason), merged_into = ?, decided_at = ?
      where id = ? and state = ?`,
    [to, reason?.slice(0, REASON_MAX) ?? null, mergedInto, tx.nowMs, fire.id, fire.state],
  );
  if (fire.state === 'planned') {
    await tx.run(`delete from s_planned_fire where planned_at = ? and fire_id = ?`, [fire.plannedAt, fire.id]);
  } else if (fire.state === 'held') {
    await tx.run(`delete from s_held_fire where fire_id = ?`, [fire.id]);
  }
  return decided === 1;
}

/** Says of a planned fire why it fires so late: it was judged, and is not judged again. */
export async function markJudged(tx: SqlTx, fireId: number, reason: string): Promise<void> {
  await tx.run(`update s_fire set reason = ? where id = ? and state = 'planned'`, [reason, fireId]);
}

/** The same of many LOCKED fires. */
export async function markJudgedTogether(
  tx: SqlTx,
  judged: readonly (readonly [fireId: number, reason: string])[],
): Promise<void> {
  const marked = await tx.updateRows(
    { table: 's_fire', key: ['id'], set: ['reason'], guard: `state = 'planned'` },
    judged.map(([fireId, reason]) => [fireId, reason]),
  );
  if (marked !== judged.length) throw new Error(`${judged.length - marked} locked fires are planned no more`);
}

const OWN = OWN_ORIGINS.map((origin) => `'${origin}'`).join(', ');

export interface Scheduled {
  /** 0 for a chain, as chainId is 0 for a job. */
  readonly jobId: number;
  readonly chainId: number;
}

/** Which part of what is planned. */
export type PlannedRange = { readonly beforeMs: number } | { readonly afterMs: number };

/** Undecided fires of its own schedule, locked, oldest first. Through the small table: what is planned is never much. */
export async function undecidedOwnFires(tx: SqlTx, of: Scheduled, range: PlannedRange): Promise<FireRow[]> {
  return undecidedOf(await lockFires(tx, await ownPlannedIds(tx, of, range)));
}

/** The same, or null when another scheduler has one of them: a part of them cannot be judged together. */
export async function pickUndecidedOwnFires(tx: SqlTx, of: Scheduled, range: PlannedRange): Promise<FireRow[] | null> {
  const ids = await ownPlannedIds(tx, of, range);
  const fires = await pickFires(tx, ids);
  return fires.length < ids.length ? null : undecidedOf(fires);
}

/**
 * Read without a lock: a fire's row is locked before its row in the small table, by everybody. Locked through the join it
 * would be the other way round, and two schedulers would wait for each other.
 */
async function ownPlannedIds(tx: SqlTx, of: Scheduled, range: PlannedRange): Promise<number[]> {
  const [bound, atMs] = 'beforeMs' in range ? ['<', range.beforeMs] : ['>', range.afterMs];
  const rows = await tx.all<{ id: number }>(
    `select f.id from s_planned_fire p join s_fire f on f.id = p.fire_id
      where p.planned_at ${bound} ? and f.job_id = ? and f.chain_id = ? and f.chain_run_id is null
        and f.origin in (${OWN})`,
    [atMs, of.jobId, of.chainId],
  );
  return rows.map(({ id }) => id);
}

/** The instants of undecided fires of jobs' own schedules that are due, by job. Read without a lock, as above. */
export async function undecidedOwnByJob(
  tx: SqlTx,
  jobIds: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  if (jobIds.length === 0) return new Map();
  const rows = await tx.all<{ jobId: number; plannedAt: number }>(
    `select f.job_id as jobId, f.planned_at as plannedAt
       from s_planned_fire p join s_fire f on f.id = p.fire_id
      where p.planned_at <= ? and f.job_id in (${jobIds.map(() => '?').join(', ')}) and f.chain_id = 0
        and f.chain_run_id is null and f.origin in (${OWN})`,
    [tx.nowMs, ...jobIds],
  );
  const byJob = new Map<number, number[]>();
  for (const { jobId, plannedAt } of rows) byJob.set(jobId, [...(byJob.get(jobId) ?? []), plannedAt]);
  return byJob;
}

/** Decided by somebody else between the read and the lock: not undecided any more. */
const undecidedOf = (fires: readonly FireRow[]): FireRow[] =>
  fires.filter(({ state }) => state === 'planned').sort((a, b) => a.plannedAt - b.plannedAt);

/** Takes fires back that nobody has decided on: an edit of the schedule plans these instants anew. */
export async function deleteUndecidedFires(tx: SqlTx, fires: readonly FireRow[]): Promise<void> {
  for (const fire of fires) {
    await tx.run(`delete from s_planned_fire where planned_at = ? and fire_id = ?`, [fire.plannedAt, fire.id]);
    await tx.run(`delete from s_fire where id = ? and state = 'planned'`, [fire.id]);
  }
}

/** The latest instant of its own schedule that has a fire, or null (index s_fire_time, from its end). */
export async function lastOwnInstant(db: SqlReader, of: Scheduled): Promise<number | null> {
  const row = await db.get<{ lastMs: number }>(
    `select coalesce(range_to, planned_at) as lastMs from s_fire
      where job_id = ? and chain_id = ? and chain_run_id is null and origin in (${OWN})
      order by planned_at desc limit 1`,
    [of.jobId, of.chainId],
  );
  return row?.lastMs ?? null;
}

/** Its latest fire of that origin (index s_fire_time, from its end). */
export async function lastFireOf(db: SqlReader, of: Scheduled, origin: FireOrigin): Promise<FireRow | null> {
  return db.get(
    `select ${FIRE_COLUMNS} from s_fire f where f.job_id = ? and f.chain_id = ? and f.origin = ?
      order by f.planned_at desc, f.id desc limit 1`,
    [of.jobId, of.chainId, origin],
  );
}

/** Through the small table of planned fires, never through the history of all. */
export async function plannedFiresOfChainRun(db: SqlReader, chainRunId: number): Promise<FireRow[]> {
  return db.all(
    `select ${FIRE_COLUMNS} from s_planned_fire p join s_fire f on f.id = p.fire_id
      where f.chain_run_id = ? order by f.planned_at`,
    [chainRunId],
  );
}

/** Starts a sweep: its first instant is one period from now. One that runs already goes on. */
export async function startSchedule(
  tx: SqlTx,
  schedule: { jobId: number; chainRunId: number; configHash: string; everyMs: number },
): Promise<void> {
  await tx.insertRows(
    {
      table: 's_schedule',
      columns: ['job_id', 'chain_id', 'chain_run_id', 'config_hash', 'next_at'],
      onConflict: 'ignore',
    },
    [[schedule.jobId, 0, schedule.chainRunId, schedule.configHash, tx.nowMs + schedule.everyMs]],
  );
}

/** Ends the sweeps of a chain run. By their keys: a delete that walks the table would wait for whoever plans another one. */
export async function stopSchedules(tx: SqlTx, chainRunId: number): Promise<void> {
  const sweeps = await tx.all<{ jobId: number }>(`select job_id as jobId from s_schedule where chain_run_id = ?`, [
    chainRunId,
  ]);
  for (const { jobId } of sweeps) {
    await tx.run(`delete from s_schedule where job_id = ? and chain_id = 0 and chain_run_id = ?`, [jobId, chainRunId]);
  }
}
