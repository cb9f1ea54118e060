import type { SqlReader } from '../../shared/sql/sql.ts';
import { heldBy } from '../firing/held-by.ts';
import type { ChainRunRow } from '../storage/sql/chain-run-queries.ts';
import { currentJob } from '../storage/sql/definition-queries.ts';
import type { HoldRow } from '../storage/sql/hold-queries.ts';

/** What keeps a node of a chain run from starting: a hold of its job, its group, the chain or the cluster, or null. */
export async function holdOverNode(db: SqlReader, chainRun: ChainRunRow, node: string): Promise<HoldRow | null> {
  const job = await currentJob(db, { name: node });
  return heldBy(db, { jobId: job?.id ?? null, group: job?.group ?? null, chainId: chainRun.chainId });
}
