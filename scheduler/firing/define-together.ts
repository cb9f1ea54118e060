import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarms, firingSubject } from '../alarm/raise-alarm.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { cachedJobs } from '../storage/definition-cache.ts';
import { insertParents } from '../storage/sql/child-job-queries.ts';
import {
  type CurrentJob,
  insertJobs,
  type JobVersion,
  lockJobs,
  namesTaken,
  updateJobs,
} from '../storage/sql/define-queries.ts';
import { jobsWithFires } from '../storage/sql/fire-queries.ts';
import { insertSchedules, lockSchedules, rehashSchedules, type ScheduleRow } from '../storage/sql/schedule-queries.ts';
import { defineJob } from './define.ts';
import { firesItself, firstInstant, isSameTiming } from './sync-schedule.ts';
import { timetableOf } from './timetable.ts';

/** In one statement; the text of so many definitions is about a megabyte. */
const PART = 500;

/**
 * `defineJob` for many, with the same rows in the end: what is as it was, what is new, and what fires as before goes in a
 * dozen statements for all of it; one whose schedule changes has a past to be settled and goes by itself. One by one, ten
 * thousand jobs took a minute and a half on MariaDB, at a start as well as for a file that is applied; so it is two seconds.
 */
export async function defineJobs(tx: SqlTx, jobs: readonly Job[], effects: Effects): Promise<void> {
  const rest: Job[] = [];
  for (let from = 0; from < jobs.length; from += PART) {
    rest.push(...(await definePart(tx, jobs.slice(from, from + PART), effects)));
  }
  for (const job of rest) await defineJob(tx, job, effects);
}

/** Returns those that go one by one. */
async function definePart(tx: SqlTx, jobs: readonly Job[], effects: Effects): Promise<Job[]> {
  const world = await readWorld(tx, jobs);
  const sorted = Map.groupBy(jobs, (job) => sortOf(job, world));
  const fresh = sorted.get('new') ?? [];
  const changed = sorted.get('changed') ?? [];
  // Refuses a calendar that is not stored.
  for (const job of [...fresh, ...changed]) if (job.limits.calendar !== null) await timetableOf(tx, job);
  const isThere = ({ id }: Job): boolean => world.current.has(id);
  await insertJobs(
    tx,
    fresh.filter((job) => !isThere(job)).map((job) => ({ job, version: 1 })),
  );
  await updateJobs(
    tx,
    [...fresh.filter(isThere), ...changed].map(
      (job): JobVersion => ({ job, version: (world.current.get(job.id)?.version ?? 0) + 1 }),
    ),
  );
  await rehashSchedules(
    tx,
    changed.filter(({ id }) => world.schedules.has(id)).map((job) => ({ jobId: job.id, configHash: job.configHash })),
  );
  await insertParents(
    tx,
    fresh.flatMap(({ id, schedule, enabled }) =>
      schedule.kind === 'parent' && enabled ? [{ childJobId: id, parents: schedule.jobs, on: schedule.on }] : [],
    ),
  );
  await beginSchedules(tx, fresh, effects);
  // Whatever was wrong with one that is asked for again: if it still is, the next pass says so.
  await closeAlarms(
    tx,
    'SCHEDULE_BROKEN',
    [...fresh, ...changed.filter(({ id }) => !world.schedules.has(id))].map(({ id }) =>
      firingSubject({ jobId: id, chainId: 0 }),
    ),
  );
  return sorted.get('by itself') ?? [];
}

interface World {
  readonly current: ReadonlyMap<number, CurrentJob>;
  readonly versions: ReadonlyMap<string, Job>;
  readonly schedules: ReadonlyMap<number, ScheduleRow>;
  /** Jobs that have fired, or are to. */
  readonly fired: ReadonlySet<number>;
  /** Whose the names are now. */
  readonly names: ReadonlyMap<string, number>;
}

async function readWorld(tx: SqlTx, jobs: readonly Job[]): Promise<World> {
  const ids = jobs.map(({ id }) => id);
  // Schedules first, then jobs: one order for everybody.
  const schedules = new Map((await lockSchedules(tx, ids)).map((row) => [row.jobId, row]));
  const current = new Map((await lockJobs(tx, ids)).map((row) => [row.jobId, row]));
  const outdated = jobs.flatMap(({ id, configHash }) => {
    const row = current.get(id);
    return row === undefined || row.configHash === configHash ? [] : [row];
  });
  return {
    schedules,
    current,
    versions: await cachedJobs(tx, outdated),
    fired: await jobsWithFires(
      tx,
      ids.filter((id) => !current.has(id)),
    ),
    names: await namesTaken(
      tx,
      jobs.map(({ name }) => name),
    ),
  };
}

/** same: nothing is to be done. changed: it fires as before. new: it was never there, and has a past in no table. */
function sortOf(job: Job, world: World): 'same' | 'changed' | 'new' | 'by itself' {
  const row = world.current.get(job.id);
  const schedule = world.schedules.get(job.id);
  // Whether another one gives the name up in this very list is seen one by one.
  if ((world.names.get(job.name) ?? job.id) !== job.id) return 'by itself';
  // An id that this transaction has claimed has a row and nothing else.
  if (row === undefined || row.configHash === '') {
    const hasPast = schedule !== undefined || world.fired.has(job.id);
    return hasPast ? 'by itself' : 'new';
  }
  // Without a row of its own a schedule has come to its end, or begins now.
  if (firesItself(job) !== (schedule !== undefined)) return 'by itself';
  if (schedule !== undefined && schedule.configHash !== row.configHash) return 'by itself';
  if (row.configHash === job.configHash) return 'same';
  const before = world.versions.get(row.configHash);
  return before !== undefined && isSameTiming(before, job) ? 'changed' : 'by itself';
}

async function beginSchedules(tx: SqlTx, fresh: readonly Job[], effects: Effects): Promise<void> {
  const timed = fresh.filter(firesItself);
  if (timed.length === 0) return;
  effects.wakes.add('plan-fires');
  const schedules = await Promise.all(
    timed.map(async (job) => ({ jobId: job.id, configHash: job.configHash, nextAt: await firstInstant(tx, job) })),
  );
  const isDelay = new Set(timed.filter(({ schedule }) => schedule.kind === 'fixed_delay').map(({ id }) => id));
  // Only a delay may be without an instant and get one later.
  await insertSchedules(
    tx,
    schedules.filter(({ jobId, nextAt }) => nextAt !== null || isDelay.has(jobId)),
  );
}
