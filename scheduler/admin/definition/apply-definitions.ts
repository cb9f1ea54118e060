import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import { storeCalendarIn } from '../../calendar/store-calendar.ts';
import { type Chain, readChain } from '../../definition/chain-definition.ts';
import { type Job, readJob } from '../../definition/job-definition.ts';
import { isTakenAway } from '../../definition/removed-tag.ts';
import { type Effects, newEffects } from '../../effects.ts';
import { defineChain } from '../../firing/define.ts';
import { defineJobs } from '../../firing/define-together.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import {
  listedChains,
  listedJobs,
  lockCurrent,
  markJobsMadeHere,
  markMadeHere,
} from '../../storage/sql/admin-job-queries.ts';
import { lockAdmins } from '../../storage/sql/admin-people-queries.ts';
import { allCalendars } from '../../storage/sql/calendar-queries.ts';
import { allGroups, ensureGroups, updateGroup } from '../../storage/sql/group-queries.ts';
import { claimJobIds } from '../../storage/sql/job-id-queries.ts';
import { lockCluster } from '../../storage/sql/scheduler-node-queries.ts';
import { applyPeople, type ChangedBy } from '../people/apply-people.ts';
import { exportPeople } from '../people/plan-people.ts';
import {
  type DefinitionChange,
  type DefinitionFile,
  type DefinitionPlan,
  planDefinitions,
  settingsOf,
} from './plan-definitions.ts';
import { jobsNamedIn } from './save-chain.ts';
import { trimChain, trimJob } from './trim-definition.ts';

/**
 * Stores what a file has, all of it or nothing, in one transaction. What comes of it is judged once more inside: `judge`
 * throws what may not be, and CONFLICT is thrown when it is not what `basis` names, e.g. because somebody was quicker.
 */
export async function applyDefinitions(
  ctx: SchedulerContext,
  file: DefinitionFile,
  {
    basis,
    by,
    hashes,
    checkJob,
    judge,
  }: {
    readonly basis: string;
    readonly by: ChangedBy;
    /** Of the first passwords of those who were new when they were made, by name. */
    readonly hashes: ReadonlyMap<string, string>;
    checkJob(job: Job): void;
    judge(plan: Pick<Awaited<ReturnType<typeof planDefinitions>>, 'problems' | 'changes'>): void;
  },
): Promise<DefinitionChange[]> {
  const { changes, effects } = await ctx.store.transaction('apply-definitions', async (tx) => {
    const effects = newEffects();
    // One file after the other, and none beside a scheduler that starts with definitions of its own.
    await lockCluster(tx);
    // Whoever changes people on the page locks these first: what is compared with stays so until it is stored.
    if ((file.people ?? []).length > 0) await lockAdmins(tx);
    const plan = await planDefinitions(tx, file, checkJob);
    judge(plan);
    if (plan.basis !== basis) {
      throw new DaybreakError(
        'CONFLICT',
        'what is stored has changed since the changes were shown: look at them again',
        {
          details: { path: 'basis' },
        },
      );
    }
    const { groups, calendars, jobs, chains, people } = plan.make;
    await ensureGroups(tx, [...groups.map(({ appName }) => appName), ...jobs.map(({ job }) => job.group)]);
    for (const group of groups) await updateGroup(tx, group);
    for (const calendar of calendars) await storeCalendarIn(tx, calendar, effects);
    await applyJobs(tx, jobs, effects);
    for (const { isNew, chain } of chains) {
      await defineChain(tx, readChain(chain, await jobsNamedIn(tx, chain)), effects);
      const row = isNew ? await lockCurrent(tx, 'chain', chain.name) : null;
      if (row !== null) await markMadeHere(tx, 'chain', row.id);
    }
    await applyPeople(tx, people, { by, hashes });
    return { changes: plan.changes, effects };
  });
  ctx.apply(effects);
  ctx.wake('plan-fires');
  return changes;
}

/** All at once: one by one, two thousand of them took the transaction many seconds. In the order of their ids, as everybody locks them. */
async function applyJobs(tx: SqlTx, planned: DefinitionPlan['make']['jobs'], effects: Effects): Promise<void> {
  const free = await claimJobIds(tx, planned.filter(({ id }) => id === null).length, (id) => `new-${id}`);
  const jobs = planned.map(({ id, isNew, job }) => {
    const { configHash: _, ...definition } = job;
    return { isNew, job: id === null ? readJob({ ...definition, id: free.shift() ?? 0 }) : job };
  });
  const sorted = jobs.map(({ job }) => job).sort((a, b) => a.id - b.id);
  await defineJobs(tx, sorted, effects);
  await markJobsMadeHere(
    tx,
    jobs.filter(({ isNew }) => isNew).map(({ job }) => job.id),
  );
}

/**
 * Everything that is stored as a file has it: applied again it changes nothing. What was taken away is left out, and people
 * unless they are asked for.
 */
export async function exportDefinitions(db: SqlReader, withPeople: boolean): Promise<DefinitionFile> {
  const isThere = (definition: Job | Chain): boolean => !isTakenAway(definition);
  const jobs = (await listedJobs(db)).map(({ definition }) => definition);
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const chains = (await listedChains(db)).map(({ definition }) => definition);
  return {
    groups: (await allGroups(db)).map((row) => {
      const { title, addressType, addresses, runLimit } = settingsOf(row);
      return {
        name: row.appName,
        ...(title === row.appName ? {} : { title }),
        ...(addressType === 'auto' ? {} : { addressType }),
        ...(addresses.length === 0 ? {} : { addresses }),
        ...(runLimit === 0 ? {} : { runLimit }),
      };
    }),
    calendars: (await allCalendars(db)).map(({ definition }) => JSON.parse(definition) as never),
    jobs: jobs.filter(isThere).map(trimJob),
    chains: chains.filter(isThere).map((chain) => trimChain(chain, byName)),
    ...(withPeople ? { people: await exportPeople(db) } : {}),
  };
}
