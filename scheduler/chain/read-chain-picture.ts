import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Chain } from '../definition/chain-definition.ts';
import type { ChainRunRow } from '../storage/sql/chain-run-queries.ts';
import { chainVersion, jobIdsByName } from '../storage/sql/definition-queries.ts';
import { nodeMarks } from '../storage/sql/node-mark-queries.ts';
import { type RunRow, runsOfChainRun } from '../storage/sql/run-queries.ts';
import { type ChainPicture, judgeChain, type NodeFacts } from './judge-chain.ts';

export interface ChainRead {
  readonly chain: Chain;
  readonly picture: ChainPicture;
  /** What it was judged from. */
  readonly facts: ReadonlyMap<string, NodeFacts>;
  /** The run of each node that has one. */
  readonly runs: ReadonlyMap<string, RunRow>;
  readonly jobIds: ReadonlyMap<string, number>;
}

/** Reads what the rows say of a chain run's nodes and judges it. */
export async function readChainPicture(db: SqlReader, chainRun: ChainRunRow): Promise<ChainRead> {
  const chain = await chainVersion(db, chainRun.chainId, chainRun.configHash);
  if (chain === null) throw new Error(`chain run ${chainRun.id} has no definition ${chainRun.configHash}`);
  const jobIds = await jobIdsByName(db, chain.nodes);
  const all = await runsOfChainRun(db, chainRun.id);
  const marks = await nodeMarks(db, chainRun.id);
  const runs = new Map<string, RunRow>();
  const facts = new Map<string, NodeFacts>();
  for (const node of chain.nodes) {
    const run = all.find((each) => each.jobId === jobIds.get(node));
    if (run !== undefined) runs.set(node, run);
    const mark = marks.find((each) => each.node === node && each.approvedBy !== null)?.mark ?? null;
    facts.set(node, { run: run === undefined ? null : factsOf(run), mark });
  }
  const times = { startedAtMs: chainRun.createdAt, cutOffAtMs: chainRun.cutOffAt, nowMs: db.nowMs };
  return { chain, picture: judgeChain(chain, facts, times), facts, runs, jobIds };
}

const factsOf = (run: RunRow): NonNullable<NodeFacts['run']> => ({
  state: run.state,
  dispatchedAtMs: run.dispatchedAt,
  reason: run.reason,
});
