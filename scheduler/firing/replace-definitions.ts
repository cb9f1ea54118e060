import type { SqlReader } from '../../shared/sql/sql.ts';
import type { CalendarDefinition } from '../calendar/calendar.ts';
import { isAddedJob } from '../definition/added-job.ts';
import type { Chain } from '../definition/chain-definition.ts';
import { configHash } from '../definition/config-hash.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Definitions } from '../definition/read-definitions.ts';
import { newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { enabledChains, enabledJobs, madeHere } from '../storage/sql/definition-queries.ts';
import { lockCluster } from '../storage/sql/scheduler-node-queries.ts';
import { defineChain } from './define.ts';
import { defineJobs } from './define-together.ts';
import { storeDefinitions } from './store-definitions.ts';

type Given = Definitions & { readonly calendars: readonly CalendarDefinition[] };

/**
 * Stores these definitions, and stops every other job and chain of the store, but jobs that programs added: they fire no
 * more by themselves. Nothing is deleted, so what ran stays readable, and a definition that comes back goes on as the next
 * version.
 */
export async function replaceDefinitions(ctx: SchedulerContext, definitions: Given): Promise<void> {
  await storeDefinitions(ctx, definitions);
  const effects = await ctx.store.transaction('stop-other-definitions', async (tx) => {
    const effects = newEffects();
    await lockCluster(tx);
    const others = await othersThan(tx, definitions);
    await defineJobs(tx, others.jobs.map(stopped), effects);
    for (const chain of others.chains) await defineChain(tx, stopped(chain), effects);
    return effects;
  });
  ctx.apply(effects);
}

/** Stores these definitions beside whatever the store has, and names in the log what else fires by itself. */
export async function addDefinitions(ctx: SchedulerContext, definitions: Given): Promise<void> {
  await storeDefinitions(ctx, definitions);
  const others = await ctx.store.read('list-other-definitions', (db) => othersThan(db, definitions));
  const firing = [...others.jobs, ...others.chains].filter(({ schedule }) => schedule.kind !== 'none');
  if (firing.length === 0) return;
  ctx.logger.warn(
    { names: firing.slice(0, NAMES_MAX).map(({ name }) => name), count: firing.length },
    'the store has jobs or chains that were not given and fire all the same; `onlyThese` or `define` stops them',
  );
}

const NAMES_MAX = 20;

async function othersThan(db: SqlReader, { jobs, chains }: Definitions): Promise<{ jobs: Job[]; chains: Chain[] }> {
  const jobIds = new Set(jobs.map((job) => job.id));
  const chainNames = new Set(chains.map((chain) => chain.name));
  // What people and programs made over an API stands in no code: no start and no file may stop it.
  const here = await madeHere(db);
  return {
    jobs: (await enabledJobs(db)).filter((job) => !jobIds.has(job.id) && !isAddedJob(job) && !here.jobs.has(job.name)),
    chains: (await enabledChains(db)).filter((chain) => !chainNames.has(chain.name) && !here.chains.has(chain.name)),
  };
}

function stopped<T extends { readonly enabled: boolean; readonly configHash: string }>(definition: T): T {
  const { configHash: _, ...rest } = { ...definition, enabled: false };
  return { ...definition, enabled: false, configHash: configHash(rest) };
}
