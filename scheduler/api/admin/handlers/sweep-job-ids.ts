import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { listedChains } from '../../../storage/sql/admin-job-queries.ts';
import { jobIdsByName } from '../../../storage/sql/definition-queries.ts';

/**
 * Jobs that are a sweep of a chain, and a node of none: their runs in chain runs are those that a sweep's schedule makes.
 * What is a node of another chain is no sweep there, and its runs are not to be missed.
 */
export async function sweepJobIds(db: SqlReader): Promise<number[]> {
  const chains = (await listedChains(db)).map(({ definition }) => definition);
  const nodes = new Set(chains.flatMap((chain) => chain.nodes));
  const names = chains.flatMap((chain) => chain.sweeps).filter((name) => !nodes.has(name));
  if (names.length === 0) return [];
  return [...(await jobIdsByName(db, [...new Set(names)])).values()];
}
