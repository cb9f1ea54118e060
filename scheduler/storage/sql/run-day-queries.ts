import type { SqlReader, SqlTx, SqlValue } from '../../../shared/sql/sql.ts';
import type { CountedRun, Figures, FiguresKey } from '../../count/day-figures.ts';
import { EVERY_GROUP, EVERY_JOB, noFigures } from '../../count/day-figures.ts';
import { readHistogramInto, writeHistogram } from '../../count/histogram.ts';

/** How far runs are counted. Whoever changes what is counted holds it, and takes it before any run. */
export interface CountMark {
  readonly runId: number;
  readonly version: number;
}

/** Null: somebody else counts at this moment. */
export async function pickCountMark(tx: SqlTx): Promise<CountMark | null> {
  return tx.get(`${MARK}${tx.forUpdateSkipLocked}`);
}

/** Waits for whoever counts: with nothing in hand. */
export async function lockCountMark(tx: SqlTx): Promise<CountMark> {
  return markOf(await tx.get<CountMark>(`${MARK}${tx.forUpdate}`));
}

export async function readCountMark(db: SqlReader): Promise<CountMark> {
  return markOf(await db.get<CountMark>(MARK));
}

const MARK = `select run_id as runId, version from s_run_count_mark where id = 1`;

function markOf(row: CountMark | null): CountMark {
  if (row === null) throw new Error('the row of s_run_count_mark is gone');
  return row;
}

export async function moveCountMark(tx: SqlTx, runId: number): Promise<void> {
  await tx.run(`update s_run_count_mark set run_id = ?, version = version + 1 where id = 1`, [runId]);
}

/** The newest run that began before an instant (index s_run_created); null: none. */
export async function lastRunBefore(db: SqlReader, atMs: number): Promise<number | null> {
  const row = await db.get<{ id: number }>(
    `select id from s_run where created_at < ? order by created_at desc, id desc limit 1`,
    [atMs],
  );
  return row?.id ?? null;
}

export interface RunToCount extends CountedRun {
  readonly id: number;
  readonly endedAt: number | null;
}

const RUN = `select r.id, r.job_id as jobId, r.app_name as appName, r.state, r.created_at as createdAt,
    r.ended_at as endedAt, r.duration_ms as durationMs, r.lateness_ms as latenessMs`;

/**
 * The next runs by id (primary key), each of them locked for reading: that waits for those which another transaction has
 * inserted and not committed yet, and which would never be looked at again once the mark has passed them.
 */
export async function runsToCount(
  tx: SqlTx,
  range: { readonly afterId: number; readonly toId: number; readonly limit: number },
): Promise<RunToCount[]> {
  return tx.all(`${RUN} from s_run r where r.id > ? and r.id <= ? order by r.id limit ${range.limit}${tx.forShare}`, [
    range.afterId,
    range.toId,
  ]);
}

export async function keepUncounted(tx: SqlTx, runIds: readonly number[]): Promise<void> {
  const rows = runIds.map((id) => [id]);
  await tx.insertRows({ table: 's_uncounted_run', columns: ['run_id'], onConflict: 'ignore' }, rows);
}

/** Of those that were passed while they ran, some that have ended since. */
export async function endedUncounted(db: SqlReader, limit: number): Promise<RunToCount[]> {
  return db.all(
    `${RUN} from s_uncounted_run u join s_run r on r.id = u.run_id
      where not exists (select 1 from s_open_run o where o.run_id = u.run_id) and r.ended_at is not null
      order by u.run_id limit ${limit}`,
  );
}

/** Those of some runs that are not counted yet: beyond the mark, or passed while they ran. */
export async function uncountedOf(db: SqlReader, mark: CountMark, runIds: readonly number[]): Promise<RunToCount[]> {
  return db.all(
    `${RUN} from s_run r where r.id in (${marks(runIds)})
      and (r.id > ? or exists (select 1 from s_uncounted_run u where u.run_id = r.id))`,
    [...runIds, mark.runId],
  );
}

export async function forgetUncounted(tx: SqlTx, runIds: readonly number[]): Promise<void> {
  if (runIds.length > 0) await tx.run(`delete from s_uncounted_run where run_id in (${marks(runIds)})`, [...runIds]);
}

/** What the days do not hold yet, of some days: runs beyond the mark (primary key) and those that were passed. */
export async function runsNotCounted(
  db: SqlReader,
  mark: CountMark,
  which: DaysFilter & { readonly limit: number },
): Promise<CountedRun[]> {
  const { text, params } = runConditions(which);
  const beyond = await db.all<CountedRun>(
    `${RUN} from s_run r where r.id > ? and ${text} order by r.id limit ${which.limit}`,
    [mark.runId, ...params],
  );
  const passed = await db.all<CountedRun>(
    `${RUN} from s_uncounted_run u join s_run r on r.id = u.run_id where ${text} limit ${which.limit}`,
    params,
  );
  return [...beyond, ...passed];
}

export interface DaysFilter {
  /** First and last day, UTC. */
  readonly from: string;
  readonly to: string;
  /** Null: every job. */
  readonly jobIds: readonly number[] | null;
  /** Null: all. */
  readonly groups: readonly string[] | null;
}

function runConditions({ from, to, jobIds, groups }: DaysFilter): { text: string; params: SqlValue[] } {
  const endMs = Date.parse(`${to}T00:00:00Z`) + 86_400_000;
  const conditions = ['r.created_at >= ?', 'r.created_at < ?'];
  const params: SqlValue[] = [Date.parse(`${from}T00:00:00Z`), endMs];
  for (const [column, values] of [
    ['r.job_id', jobIds],
    ['r.app_name', groups],
  ] as const) {
    if (values === null) continue;
    conditions.push(`${column} in (${marks(values)})`);
    params.push(...values);
  }
  return { text: conditions.join(' and '), params };
}

/**
 * Adds days as they are counted (primary key: job, day, group) to the sums that they belong to, without figures of their
 * own in between: there are 18,000 of them in three months of two hundred jobs.
 */
export async function addCountedDays(
  db: SqlReader,
  { from, to, jobIds, groups }: DaysFilter,
  sumOf: (key: Omit<FiguresKey, 'appName'>) => Figures,
): Promise<void> {
  const ids = jobIds ?? [EVERY_JOB];
  const names = groups ?? (jobIds === null ? [EVERY_GROUP] : null);
  const inGroups = names === null ? '' : ` and app_name in (${marks(names)})`;
  const rows = await db.arrays(
    `select job_id, day, runs, succeeded, failed, durations, latenesses from s_run_day
      where job_id in (${marks(ids)}) and day >= ? and day <= ?${inGroups}`,
    [...ids, from, to, ...(names ?? [])],
  );
  for (const [jobId, day, ...counted] of rows) addTo(sumOf({ jobId: Number(jobId), day: String(day) }), counted);
}

/** Adds to the days, those that are not there yet among them. Its caller holds the mark. */
export async function addToDays(
  tx: SqlTx,
  added: readonly { readonly key: FiguresKey; readonly figures: Figures }[],
  add: (into: Figures, more: Figures) => void,
): Promise<void> {
  for (let from = 0; from < added.length; from += AT_ONCE) {
    const part = added.slice(from, from + AT_ONCE);
    const rows = await tx.arrays(
      `select ${COLUMNS.join(', ')} from s_run_day where ${part.map(() => '(job_id = ? and day = ? and app_name = ?)').join(' or ')}`,
      part.flatMap(({ key }) => keyOf(key)),
    );
    const known = new Map(rows.map(readDay).map(({ key, figures }) => [keyOf(key).join(' '), figures]));
    const [fresh, changed]: [SqlValue[][], SqlValue[][]] = [[], []];
    for (const { key, figures } of part) {
      const before = known.get(keyOf(key).join(' '));
      const sum = before ?? noFigures();
      add(sum, figures);
      (before === undefined ? fresh : changed).push([...keyOf(key), ...valuesOf(sum)]);
    }
    await tx.insertRows({ table: 's_run_day', columns: COLUMNS }, fresh);
    await tx.updateRows({ table: 's_run_day', key: COLUMNS.slice(0, 3), set: COLUMNS.slice(3) }, changed);
  }
}

const AT_ONCE = 300;
const COLUMNS = ['job_id', 'day', 'app_name', 'runs', 'succeeded', 'failed', 'durations', 'latenesses'];

const keyOf = ({ jobId, day, appName }: FiguresKey): (string | number)[] => [jobId, day, appName];
const valuesOf = ({ runs, succeeded, failed, durations, latenesses }: Figures): SqlValue[] => [
  runs,
  succeeded,
  failed,
  writeHistogram(durations),
  writeHistogram(latenesses),
];

function readDay(row: readonly SqlValue[]): { key: FiguresKey; figures: Figures } {
  const [jobId, day, appName, ...counted] = row;
  const figures = noFigures();
  addTo(figures, counted);
  return { key: { jobId: Number(jobId), day: String(day), appName: String(appName) }, figures };
}

function addTo(into: Figures, [runs, succeeded, failed, durations, latenesses]: readonly SqlValue[]): void {
  into.runs += Number(runs);
  into.succeeded += Number(succeeded);
  into.failed += Number(failed);
  readHistogramInto(into.durations, String(durations));
  readHistogramInto(into.latenesses, String(latenesses));
}

const marks = (list: readonly unknown[]): string => list.map(() => '?').join(', ');
