import { useRead } from '../../api/read.ts';

export const HOLD_SCOPES = ['cluster', 'group', 'chain', 'job'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/** What can be chosen in a scope: the names of the jobs, chains or groups; the cluster has no names. */
export function useNames(scope: HoldScope): readonly string[] {
  const jobs = useRead('GET /jobs', { query: { limit: 200 } }, { enabled: scope === 'job' });
  const chains = useRead('GET /chains', { query: { limit: 200 } }, { enabled: scope === 'chain' });
  const groups = useRead('GET /groups', {}, { enabled: scope === 'group' });
  if (scope === 'job') return jobs.data?.items.map(({ name }) => name) ?? [];
  if (scope === 'chain') return chains.data?.items.map(({ name }) => name) ?? [];
  return groups.data?.items.map(({ name }) => name) ?? [];
}
