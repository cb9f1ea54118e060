import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader } from '../../../shared/sql/sql.ts';
import { storeCalendarIn } from '../../calendar/store-calendar.ts';
import { readChain } from '../../definition/chain-definition.ts';
import { type Job, readJob } from '../../definition/job-definition.ts';
import { REMOVED_TAG } from '../../definition/removed-tag.ts';
import { newEffects } from '../../effects.ts';
import { defineChain, defineJob } from '../../firing/define.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { listedChains, listedJobs, lockCurrent, markMadeHere } from '../../storage/sql/admin-job-queries.ts';
import { lockAdmins } from '../../storage/sql/admin-people-queries.ts';
import { allCalendars } from '../../storage/sql/calendar-queries.ts';
import { lockJob } from '../../storage/sql/definition-queries.ts';
import { allGroups, ensureGroups, updateGroup } from '../../storage/sql/group-queries.ts';
import { claimJobId } from '../../storage/sql/job-id-queries.ts';
import { lockSchedule } from '../../storage/sql/schedule-queries.ts';
import { lockCluster } from '../../storage/sql/scheduler-node-queries.ts';
import { applyPeople, type ChangedBy } from '../people/apply-people.ts';
import { exportPeople } from '../people/plan-people.ts';
import { type DefinitionChange, type DefinitionFile, planDefinitions, settingsOf } from './plan-definitions.ts';
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
    for (const { id, job } of jobs) {
      const isNew = plan.changes.some(
        ({ kind, name, action }) => kind === 'job' && name === job.name && action === 'create',
      );
      const jobId = id ?? (await claimJobId(tx, (free) => `new-${free}`));
      if (!isNew) {
        await lockSchedule(tx, { jobId, chainId: 0 });
        await lockJob(tx, jobId);
      }
      const { configHash: _, ...definition } = job;
      await defineJob(tx, id === null ? readJob({ ...definition, id: jobId }) : job, effects);
      if (isNew) await markMadeHere(tx, 'job', jobId);
    }
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

/**
 * Everything that is stored as a file has it: applied again it changes nothing. What was taken away is left out, and people
 * unless they are asked for.
 */
export async function exportDefinitions(db: SqlReader, withPeople: boolean): Promise<DefinitionFile> {
  const isThere = ({ tags }: { readonly tags: readonly string[] }): boolean => !tags.includes(REMOVED_TAG);
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
