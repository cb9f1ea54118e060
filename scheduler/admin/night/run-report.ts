import type { SqlReader } from '../../../shared/sql/sql.ts';
import { addRun, dayOf, type Figures, noFigures } from '../../count/day-figures.ts';
import { quantile } from '../../count/histogram.ts';
import { listedJobs } from '../../storage/sql/admin-job-queries.ts';
import { addCountedDays, type DaysFilter, readCountMark, runsNotCounted } from '../../storage/sql/run-day-queries.ts';

/** Runs of a day, or of a job; quantiles are within a hundredth of themselves. */
export interface ReportFigures {
  readonly key: string;
  readonly jobId: number | null;
  readonly runs: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly other: number;
  readonly durationP50Ms: number | null;
  readonly durationP95Ms: number | null;
  readonly latenessP50Ms: number | null;
  readonly latenessP95Ms: number | null;
}

export interface ReportOrder {
  /** First and last day, UTC. */
  readonly from: string;
  readonly to: string;
  readonly jobId: number | null;
  /** Null: all. */
  readonly groups: readonly string[] | null;
}

/** What began in the last minutes, or has not ended, is read as it is; more than so much of it is not waited for. */
const NOT_COUNTED_MAX = 100_000;

/** A row per day on which anything began. */
export async function reportByDay(db: SqlReader, { jobId, ...order }: ReportOrder): Promise<ReportFigures[]> {
  const sums = await sumsOf(db, { ...order, jobIds: jobId === null ? null : [jobId] }, ({ day }) => day);
  return [...sums].map(([day, figures]) => reportLine(day, null, figures)).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Jobs by name, those after a name, at most so many and one more; jobs that nothing was fired of are not among them. */
export async function reportByJob(
  db: SqlReader,
  { jobId, ...order }: ReportOrder,
  page: { readonly after: string | null; readonly limit: number },
): Promise<ReportFigures[]> {
  const jobs = (await listedJobs(db)).filter(
    ({ id, name }) => (jobId === null || id === jobId) && (page.after === null || name > page.after),
  );
  const lines: ReportFigures[] = [];
  // Where most jobs had nothing to do, more of them are looked at in one step.
  for (let at = 0, step = page.limit + 1; at < jobs.length && lines.length <= page.limit; at += step, step = STEP_MAX) {
    const part = jobs.slice(at, at + step);
    const jobIds = part.map(({ id }) => id);
    const sums = await sumsOf(db, { ...order, jobIds }, (key) => key.jobId);
    for (const { id, name } of part) {
      const figures = sums.get(id);
      if (figures !== undefined) lines.push(reportLine(name, id, figures));
    }
  }
  return lines.slice(0, page.limit + 1);
}

const STEP_MAX = 1_000;

/**
 * What is counted and what is not yet, as of one version of the count: every statement sees what is committed, so a run
 * that is counted between two of them would be there twice or not at all.
 */
async function sumsOf<Key extends string | number>(
  db: SqlReader,
  filter: DaysFilter,
  keyOf: (of: { readonly jobId: number; readonly day: string }) => Key,
): Promise<Map<Key, Figures>> {
  for (let tries = 1; ; tries++) {
    const mark = await readCountMark(db);
    const sums = new Map<Key, Figures>();
    const sumAt = (key: Key): Figures => {
      const sum = sums.get(key) ?? noFigures();
      sums.set(key, sum);
      return sum;
    };
    await addCountedDays(db, filter, (key) => sumAt(keyOf(key)));
    for (const run of await runsNotCounted(db, mark, { ...filter, limit: NOT_COUNTED_MAX })) {
      addRun(sumAt(keyOf({ jobId: run.jobId, day: dayOf(run.createdAt) })), run);
    }
    if (tries === TRIES || (await readCountMark(db)).version === mark.version) return sums;
  }
}

const TRIES = 5;

function reportLine(key: string, jobId: number | null, figures: Figures): ReportFigures {
  const { runs, succeeded, failed, durations, latenesses } = figures;
  return {
    key,
    jobId,
    runs,
    succeeded,
    failed,
    other: runs - succeeded - failed,
    durationP50Ms: quantile(durations, 0.5),
    durationP95Ms: quantile(durations, 0.95),
    latenessP50Ms: quantile(latenesses, 0.5),
    latenessP95Ms: quantile(latenesses, 0.95),
  };
}
