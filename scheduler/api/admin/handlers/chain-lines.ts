import type { SqlReader } from '../../../../shared/sql/sql.ts';
import type { Chain } from '../../../definition/chain-definition.ts';
import { isTakenAway, ownTags } from '../../../definition/removed-tag.ts';
import { holdInWords } from '../../../firing/held-by.ts';
import { newestChainRuns } from '../../../storage/sql/admin-chain-queries.ts';
import { type Listed, nextFiresOf } from '../../../storage/sql/admin-job-queries.ts';
import { allHolds, type HoldRow } from '../../../storage/sql/hold-queries.ts';
import type { ChainLine } from '../contract/chain-routes.ts';
import { chainRunLineOf } from './chain-run-handlers.ts';

/** The lines of the list of chains, with what stands beside a definition: its hold, its next fire, its last run. */
export async function chainLines(
  db: SqlReader,
  chains: readonly (Listed<Chain> & { readonly groups: readonly string[] })[],
): Promise<ChainLine[]> {
  const ids = chains.map(({ id }) => id);
  const last = await newestChainRuns(db, ids);
  const next = await nextFiresOf(db, 'chain', ids);
  const holds = await allHolds(db);
  return chains.map(({ id, version, updatedAt, groups, definition: chain }) => {
    const run = last.get(id);
    return {
      name: chain.name,
      title: chain.title,
      owner: chain.owner,
      tags: ownTags(chain),
      schedule: chain.schedule,
      enabled: chain.enabled,
      heldBecause: holdOf(holds, chain.name),
      nodes: chain.nodes.length,
      groups: [...groups],
      version,
      updatedAtMs: updatedAt,
      nextFireAtMs: next.get(id) ?? null,
      lastRun: run === undefined ? null : chainRunLineOf(run),
    };
  });
}

function holdOf(holds: readonly HoldRow[], chain: string): string | null {
  const over = holds.find(({ scope, name }) => scope === 'cluster' || (scope === 'chain' && name === chain));
  return over === undefined ? null : holdInWords(over);
}

/** Whether the filters of the list let it through. */
export function isWanted(
  chain: Chain,
  {
    search = '',
    name = '',
    tag,
    owner,
    enabled,
    removed = false,
  }: { search?: string; name?: string; tag?: string; owner?: string; enabled?: boolean; removed?: boolean },
): boolean {
  const text = search.trim().toLowerCase();
  return (
    isTakenAway(chain) === removed &&
    chain.name.toLowerCase().includes(name.toLowerCase()) &&
    (tag === undefined || chain.tags.includes(tag)) &&
    (owner === undefined || chain.owner === owner) &&
    (enabled === undefined || chain.enabled === enabled) &&
    (text === '' || [chain.name, chain.title, chain.owner].some((part) => part.toLowerCase().includes(text)))
  );
}
