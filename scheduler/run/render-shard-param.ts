import type { SqlReader } from '../../shared/sql/sql.ts';
import { resultsHandedOn } from '../chain/results-handed-on.ts';
import type { Job } from '../definition/job-definition.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { runInput } from '../storage/sql/input-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { renderParam, speaksOfResults } from './render-param.ts';

/** The parameter of one shard as its handler gets it. The run's row keeps the template. */
export async function renderShardParam(
  db: SqlReader,
  { run, job, shardIndex }: { readonly run: RunRow; readonly job: Job; readonly shardIndex: number },
): Promise<string> {
  const text = templateOf(run, job, shardIndex);
  if (!text.includes('{')) return text;
  return renderParam(text, {
    businessDate: run.businessDate,
    plannedAtMs: run.plannedAt,
    zone: zoneOf(job),
    shardIndex: Math.max(0, shardIndex),
    shardTotal: shardIndex < 0 ? 1 : (run.shardTotal ?? 1),
    runId: run.id,
    chainRunId: run.chainRunId,
    input: text.includes('{input}') ? ((await runInput(db, run.id))?.path ?? null) : null,
    results: speaksOfResults(text) ? await resultsFor(db, run) : new Map(),
  });
}

/** What a person or a chain run gave for this run stands over what the definition has for single shards. */
function templateOf(run: RunRow, job: Job, shardIndex: number): string {
  const ofShard = job.paramByShard[String(shardIndex)];
  return ofShard !== undefined && run.param === job.param ? ofShard : run.param;
}

const zoneOf = (job: Job): string =>
  job.businessDate.zone ?? (job.schedule.kind === 'cron' ? job.schedule.zone : 'UTC');

/** Results of nodes that are done never change, so a later attempt gets the same text. */
async function resultsFor(db: SqlReader, run: RunRow): Promise<ReadonlyMap<string, unknown>> {
  const chainRun = run.chainRunId === null ? null : await chainRunById(db, run.chainRunId);
  return chainRun === null ? new Map() : resultsHandedOn(db, chainRun);
}
