import type { SqlReader } from '../../shared/sql/sql.ts';
import { holdInWords } from '../firing/held-by.ts';
import { type RunView, viewRunRow } from '../run/run-view.ts';
import { type ChainRunRow, chainRunById } from '../storage/sql/chain-run-queries.ts';
import { runsOfChainRun } from '../storage/sql/run-queries.ts';
import type { ChainRunState } from './chain-run-transitions.ts';
import { holdOverNode } from './hold-over-node.ts';
import type { NodePicture } from './judge-chain.ts';
import { readChainPicture } from './read-chain-picture.ts';

export interface ChainRunView {
  readonly id: number;
  readonly chain: string;
  readonly businessDate: string;
  readonly seq: number;
  readonly cutOffAtMs: number | null;
  readonly state: ChainRunState;
  /** In words, when there is something to say. */
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Where each node of the graph stands, those without a run too. */
  readonly nodes: readonly NodeView[];
  /** Runs of the chain's nodes, in the order in which they were made. Sweeps are counted, not listed. */
  readonly runs: readonly RunView[];
  readonly sweepRuns: number;
}

/** A node that is due and not started is on hold, and `hold` says by whom and why. */
export type NodeView = NodePicture & { readonly job: string; readonly hold: string | null };

export async function viewChainRun(db: SqlReader, chainRunId: number): Promise<ChainRunView | null> {
  const chainRun = await chainRunById(db, chainRunId);
  if (chainRun === null) return null;
  const { chain, picture, runs: runOfNode } = await readChainPicture(db, chainRun);
  const jobOfRun = new Map([...runOfNode].map(([job, run]) => [run.id, job]));
  const all = await runsOfChainRun(db, chainRunId);
  const runs: RunView[] = [];
  for (const run of all) {
    const job = jobOfRun.get(run.id);
    if (job !== undefined) runs.push(await viewRunRow(db, run, job));
  }
  const nodes: NodeView[] = [];
  for (const [job, node] of picture.nodes) {
    const hold = node.kind === 'due' ? await holdOverNode(db, chainRun, job) : null;
    nodes.push({ job, hold: hold === null ? null : holdInWords(hold), ...node });
  }
  return { ...headOf(chainRun, chain.name), nodes, runs, sweepRuns: all.length - runs.length };
}

const headOf = (row: ChainRunRow, chain: string) => ({
  id: row.id,
  chain,
  businessDate: row.businessDate,
  seq: row.seq,
  cutOffAtMs: row.cutOffAt,
  state: row.state,
  reason: row.reason,
  createdAtMs: row.createdAt,
  endedAtMs: row.endedAt,
});
