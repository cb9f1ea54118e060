import type { CalendarDefinition } from '../calendar/calendar.ts';
import { storeCalendarIn } from '../calendar/store-calendar.ts';
import type { Definitions } from '../definition/read-definitions.ts';
import { newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { ensureGroups } from '../storage/sql/group-queries.ts';
import { lockCluster } from '../storage/sql/scheduler-node-queries.ts';
import { defineChain } from './define.ts';
import { defineJobs } from './define-together.ts';

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
    await defineJobs(tx, jobs, effects);
    for (const chain of chains) await defineChain(tx, chain, effects);
    return effects;
  });
  ctx.apply(effects);
}
