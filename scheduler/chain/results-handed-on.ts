import type { SqlReader } from '../../shared/sql/sql.ts';
import { runResultOf } from '../run/run-result.ts';
import type { ChainRunRow } from '../storage/sql/chain-run-queries.ts';
import { nodeMarks } from '../storage/sql/node-mark-queries.ts';
import { runById } from '../storage/sql/run-queries.ts';
import { shardsOf } from '../storage/sql/shard-queries.ts';
import { readChainPicture } from './read-chain-picture.ts';

/**
 * What the nodes of a chain run that have succeeded came back with, by job name (`runResultOf`). A node that an earlier chain run stands for hands on that one's result.
 */
export async function resultsHandedOn(db: SqlReader, chainRun: ChainRunRow): Promise<ReadonlyMap<string, unknown>> {
  const { chain, runs } = await readChainPicture(db, chainRun);
  const marks = await nodeMarks(db, chainRun.id);
  const results = new Map<string, unknown>();
  for (const node of chain.nodes) {
    const inheritedId = marks.find((mark) => mark.node === node)?.runId ?? null;
    const run = runs.get(node) ?? (inheritedId === null ? null : await runById(db, inheritedId));
    if (run?.state === 'succeeded' || run?.state === 'dispatched') {
      results.set(node, runResultOf(await shardsOf(db, run.id)));
    }
  }
  return results;
}
