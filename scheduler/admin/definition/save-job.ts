import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import { type Job, type JobDefinition, readJob } from '../../definition/job-definition.ts';
import { defineJob } from '../../firing/define.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { currentCachedJob } from '../../storage/definition-cache.ts';
import { lockCurrent, markMadeHere } from '../../storage/sql/admin-job-queries.ts';
import { currentJob, jobIdsByName, lockJob } from '../../storage/sql/definition-queries.ts';
import { ensureGroups } from '../../storage/sql/group-queries.ts';
import { claimJobId } from '../../storage/sql/job-id-queries.ts';
import { lockSchedule } from '../../storage/sql/schedule-queries.ts';
import { storeInOne } from './store-in-one.ts';

export type JobInput = Omit<JobDefinition, 'id'> & { readonly id?: number };
export interface SavedJob {
  readonly jobId: number;
  readonly name: string;
  readonly version: number;
}

/** Makes a job. Throws CONFIG_INVALID with the field, CONFLICT: the name or the id is taken. */
export async function createJob(
  ctx: SchedulerContext,
  given: JobInput,
  { check, onMade }: { check(job: Job): void; onMade(jobId: number, group: string): void },
): Promise<SavedJob> {
  return storeInOne(ctx, 'create-job', async (tx, effects) => {
    if ((await jobIdsByName(tx, [given.name])).has(given.name)) throw taken('name', given.name);
    if (given.id !== undefined && (await currentCachedJob(tx, given.id)) !== null) throw taken('id', given.id);
    // A placeholder that nobody else takes; the definition gives the row its name.
    const id = given.id ?? (await claimJobId(tx, (free) => `new-${free}`));
    await assertParents(tx, given, id);
    await ensureGroups(tx, [given.group]);
    const job = readJob({ ...given, id });
    check(job);
    await defineJob(tx, job, effects);
    await markMadeHere(tx, 'job', id);
    onMade(id, job.group);
    return { jobId: id, name: job.name, version: await versionOf(tx, id) };
  });
}

/**
 * Makes the next version of a job of what `decide` says about the present one. Throws NOT_FOUND; CONFLICT when somebody
 * else was first (`seenVersion` is not the newest); CONFIG_INVALID with the field.
 */
export async function changeJob(
  ctx: SchedulerContext,
  order: {
    readonly jobId: number;
    readonly seenVersion?: number;
    readonly decide: (job: Job, tx: SqlTx) => JobDefinition | Promise<JobDefinition>;
    /** Throws what only the caller can judge, e.g. a right in the group that it would be of. */
    readonly check?: (job: Job) => void;
  },
): Promise<SavedJob> {
  const { jobId } = order;
  return storeInOne(ctx, 'change-job', async (tx, effects) => {
    // Locked before it is read, so that of two changes at once neither is lost; the schedule first, as everywhere.
    await lockSchedule(tx, { jobId, chainId: 0 });
    await lockJob(tx, jobId);
    const row = await lockCurrent(tx, 'job', jobId);
    const job = await currentJob(tx, { id: jobId });
    if (row === null || job === null) throw new DaybreakError('NOT_FOUND', `there is no job ${jobId}`);
    if (order.seenVersion !== undefined && order.seenVersion !== row.version) {
      throw new DaybreakError('CONFLICT', `somebody else has changed the job: version ${row.version} is the newest`, {
        details: { path: 'version', version: row.version },
      });
    }
    const next = await order.decide(job, tx);
    if (next.id !== jobId) throw new DaybreakError('BAD_INPUT', 'a job keeps its id', { details: { path: 'id' } });
    if (next.name !== job.name) await assertNameFree(tx, next.name, jobId);
    await assertParents(tx, next, jobId);
    const read = readJob(withoutHash(next));
    order.check?.(read);
    await ensureGroups(tx, [read.group]);
    await defineJob(tx, read, effects);
    return { jobId, name: next.name, version: await versionOf(tx, jobId) };
  });
}

async function assertNameFree(tx: SqlTx, name: string, jobId: number): Promise<void> {
  const id = (await jobIdsByName(tx, [name])).get(name);
  if (id !== undefined && id !== jobId) throw taken('name', name);
}

/** Jobs that it fires after have to be there, and must not fire after it. Throws CONFIG_INVALID with the field. */
export async function assertParents(
  db: SqlReader,
  job: Pick<JobDefinition, 'name' | 'schedule'>,
  jobId: number,
): Promise<void> {
  const { schedule } = job;
  if (schedule?.kind !== 'parent') return;
  const seen = new Set<string>([job.name]);
  let next = [...schedule.jobs];
  while (next.length > 0) {
    const ids = await jobIdsByName(db, next);
    const above: string[] = [];
    for (const name of next) {
      const id = ids.get(name);
      if (id === jobId || name === job.name)
        throw parentProblem(`goes round in a circle: "${name}" fires after itself`);
      const parent = id === undefined ? null : await currentCachedJob(db, id);
      if (parent === null) throw parentProblem(`names "${name}", but there is no such job`);
      seen.add(name);
      if (parent.schedule.kind === 'parent')
        above.push(...parent.schedule.jobs.filter((each) => !seen.has(each) || each === job.name));
    }
    next = above;
  }
}

const parentProblem = (why: string): DaybreakError =>
  new DaybreakError('CONFIG_INVALID', `schedule.jobs ${why}`, { details: { path: 'schedule.jobs', why } });

async function versionOf(tx: SqlTx, jobId: number): Promise<number> {
  return (await lockCurrent(tx, 'job', jobId))?.version ?? 0;
}

function withoutHash(definition: JobDefinition): JobDefinition {
  const { configHash: _, ...rest } = definition as JobDefinition & { configHash?: string };
  return rest;
}

const taken = (path: string, value: string | number): DaybreakError =>
  new DaybreakError('CONFLICT', `${path} "${value}" belongs to another job`, {
    details: { path, why: 'belongs to another job' },
  });
