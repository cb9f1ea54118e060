import { useRead } from '../../api/read.ts';
import { NightVerdict } from '../nights/night-verdict.tsx';
import type { ChainRunDetail } from './tonight.tsx';

/** Once a chain run has ended: whether its money adds up and what it left open, as its report says. */
export function NightOutcome({ shown }: { readonly shown: ChainRunDetail }) {
  const { run, nodes } = shown;
  if (run.endedAtMs === null) return null;
  // Only jobs that have told of money belong to a night.
  const groups = new Set(nodes.flatMap(({ group, progress }) => (progress?.itemsTotal == null ? [] : [group])));
  return [...groups].map((group) => <NightOf key={`${run.id} ${group}`} group={group} chainRunId={run.id} />);
}

/** What the night of a chain run has come to, with the way to its report; nothing where there is none. */
export function NightOf({ group, chainRunId }: { readonly group: string; readonly chainRunId: number }) {
  const nights = useRead('GET /nights', { query: { group, chainRunId } }, { topics: ['tonight'] });
  // An executor of an older build passes the filter over.
  const night = nights.data?.items.find((one) => one.chainRunId === chainRunId);
  return night === undefined ? null : <NightVerdict night={night} group={group} isElsewhere />;
}
