import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Chain } from '../definition/chain-definition.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { setParentsOf } from '../storage/sql/child-job-queries.ts';
import { chainIdByName, storeChain, storeJob } from '../storage/sql/definition-queries.ts';
import { lockSchedule } from '../storage/sql/schedule-queries.ts';
import { syncSchedule } from './sync-schedule.ts';
import { timetableOf } from './timetable.ts';

/**
 * Makes this version of a job the current one and its schedule follow, in one transaction: later instants are of the new
 * version, decided ones stay. Throws CONFIG_INVALID, e.g. when its calendar is not stored. Returns whether it is new.
 */
export async function defineJob(tx: SqlTx, job: Job, effects: Effects): Promise<boolean> {
  const of = { jobId: job.id, chainId: 0 };
  // The schedule's row first, then the job's: one order for everybody.
  await lockSchedule(tx, of);
  const isNew = await storeJob(tx, job);
  if (isNew) {
    await timetableOf(tx, job);
    const { schedule } = job;
    const parents = schedule.kind === 'parent' && job.enabled ? schedule : { jobs: [], on: 'always' as const };
    await setParentsOf(tx, job.id, parents.jobs, parents.on);
  }
  await syncSchedule(tx, of, job, effects);
  return isNew;
}

/** As `defineJob`, for a chain. */
export async function defineChain(tx: SqlTx, chain: Chain, effects: Effects): Promise<boolean> {
  const known = await chainIdByName(tx, chain.name);
  if (known !== null) await lockSchedule(tx, { jobId: 0, chainId: known });
  const isNew = await storeChain(tx, chain);
  if (isNew) await timetableOf(tx, chain);
  const chainId = known ?? (await chainIdByName(tx, chain.name));
  if (chainId === null) throw new Error(`chain "${chain.name}" is not there after it was stored`);
  await syncSchedule(tx, { jobId: 0, chainId }, chain, effects);
  return isNew;
}
