import type { SqlTx } from '../../shared/sql/sql.ts';
import type { CalendarDefinition } from '../calendar/calendar.ts';
import { storeCalendarIn } from '../calendar/store-calendar.ts';
import type { Chain } from '../definition/chain-definition.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Definitions } from '../definition/read-definitions.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { setParentsOf } from '../storage/sql/child-job-queries.ts';
import { chainIdByName, storeChain, storeJob } from '../storage/sql/definition-queries.ts';
import { ensureGroups } from '../storage/sql/group-queries.ts';
import { lockSchedule } from '../storage/sql/schedule-queries.ts';
import { lockCluster } from '../storage/sql/scheduler-node-queries.ts';
import { syncSchedule } from './sync-schedule.ts';
import { timetableOf } from './timetable.ts';

/** Stores what a scheduler was started with, all of it or nothing. Throws CONFIG_INVALID. */
export async function storeDefinitions(
  ctx: SchedulerContext,
  { calendars, jobs, chains }: Definitions & { readonly calendars: readonly CalendarDefinition[] },
): Promise<void> {
  const effects = await ctx.store.transaction('store-definitions', async (tx) => {
    const effects = newEffects();
    // Schedulers of a cluster start together, with the same definitions: one after the other.
    await lockCluster(tx);
    await ensureGroups(
      tx,
      jobs.map((job) => job.group),
    );
    for (const calendar of calendars) await storeCalendarIn(tx, calendar, effects);
    for (const job of jobs) await defineJob(tx, job, effects);
    for (const chain of chains) await defineChain(tx, chain, effects);
    return effects;
  });
  ctx.apply(effects);
}

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
