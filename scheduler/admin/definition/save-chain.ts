import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import { type Chain, type ChainDefinition, readChain } from '../../definition/chain-definition.ts';
import type { Job } from '../../definition/job-definition.ts';
import { defineChain } from '../../firing/define.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { currentCachedChain, currentCachedJob } from '../../storage/definition-cache.ts';
import { lockCurrent, markMadeHere } from '../../storage/sql/admin-job-queries.ts';
import { chainIdByName, jobIdsByName } from '../../storage/sql/definition-queries.ts';
import { lockSchedule } from '../../storage/sql/schedule-queries.ts';
import { storeInOne } from './store-in-one.ts';

export interface SavedChain {
  readonly chain: string;
  readonly version: number;
}

/** The jobs that a definition names, as they are now, for checking it. */
export async function jobsNamedIn(
  db: SqlReader,
  given: Pick<ChainDefinition, 'nodes' | 'sweeps'>,
): Promise<ReadonlyMap<string, Job>> {
  const names = [given.nodes, given.sweeps ?? []].flat().filter((name) => typeof name === 'string');
  if (names.length === 0) return new Map();
  const ids = await jobIdsByName(db, names);
  const jobs = new Map<string, Job>();
  for (const [name, id] of ids) {
    const job = await currentCachedJob(db, id);
    if (job !== null) jobs.set(name, job);
  }
  return jobs;
}

/** Throws CONFLICT (the name is taken) and CONFIG_INVALID with the field. */
export async function createChain(ctx: SchedulerContext, given: ChainDefinition): Promise<SavedChain> {
  return storeInOne(ctx, 'create-chain', async (tx, effects) => {
    if ((await chainIdByName(tx, given.name)) !== null) {
      throw new DaybreakError('CONFLICT', `name "${given.name}" belongs to another chain`, {
        details: { path: 'name', why: 'belongs to another chain' },
      });
    }
    await defineChain(tx, readChain(given, await jobsNamedIn(tx, given)), effects);
    const row = await lockCurrent(tx, 'chain', given.name);
    if (row !== null) await markMadeHere(tx, 'chain', row.id);
    return { chain: given.name, version: row?.version ?? 0 };
  });
}

/** As `changeJob`, for a chain. Its name stays: it is what runs, holds and schedules know it by. */
export async function changeChain(
  ctx: SchedulerContext,
  order: {
    readonly chain: string;
    readonly seenVersion?: number;
    readonly decide: (chain: Chain, tx: SqlTx) => ChainDefinition | Promise<ChainDefinition>;
  },
): Promise<SavedChain> {
  return storeInOne(ctx, 'change-chain', async (tx, effects) => {
    const chainId = await chainIdByName(tx, order.chain);
    if (chainId !== null) await lockSchedule(tx, { jobId: 0, chainId });
    const row = await lockCurrent(tx, 'chain', order.chain);
    const chain = row === null ? null : await currentCachedChain(tx, row.id);
    if (row === null || chain === null) throw new DaybreakError('NOT_FOUND', `there is no chain "${order.chain}"`);
    if (order.seenVersion !== undefined && order.seenVersion !== row.version) {
      throw new DaybreakError('CONFLICT', `somebody else has changed the chain: version ${row.version} is the newest`, {
        details: { path: 'version', version: row.version },
      });
    }
    const next = await order.decide(chain, tx);
    if (next.name !== chain.name) {
      throw new DaybreakError('BAD_INPUT', 'a chain keeps its name: copy it instead', { details: { path: 'name' } });
    }
    const { configHash: _, ...definition } = next as ChainDefinition & { configHash?: string };
    await defineChain(tx, readChain(definition, await jobsNamedIn(tx, definition)), effects);
    return { chain: next.name, version: (await lockCurrent(tx, 'chain', order.chain))?.version ?? 0 };
  });
}
