import type { SqlReader } from '../../shared/sql/sql.ts';
import { resultsHandedOn } from '../chain/results-handed-on.ts';
import type { Job } from '../definition/job-definition.ts';
import { withDefaults } from '../definition/param-fields.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { runInput } from '../storage/sql/input-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { type RenderedParam, renderedParam, speaksOfResults, speaksOfSecrets, speaksOfWindow } from './render-param.ts';
import { windowOf } from './run-window.ts';

export interface ShardOfRun {
  readonly run: RunRow;
  readonly job: Job;
  readonly shardIndex: number;
}

/** The parameter of one shard as its executor gets it. The run's row keeps the template. */
export async function renderShardParam(db: SqlReader, { run, job, shardIndex }: ShardOfRun): Promise<RenderedParam> {
  const text = templateOf(run, job, shardIndex);
  if (!text.includes('{')) return { text, secrets: [] };
  return renderedParam(text, {
    businessDate: run.businessDate,
    plannedAtMs: run.plannedAt,
    zone: zoneOf(job),
    shardIndex: Math.max(0, shardIndex),
    shardTotal: shardIndex < 0 ? 1 : (run.shardTotal ?? 1),
    runId: run.id,
    chainRunId: run.chainRunId,
    input: text.includes('{input}') ? ((await runInput(db, run.id))?.path ?? null) : null,
    window: speaksOfWindow(text) ? await windowOf(db, run, job) : null,
    results: speaksOfResults(text) ? await resultsFor(db, run) : new Map(),
  });
}

/** Whether its executor has to put secrets into it: one of another make cannot. */
export const needsSecrets = ({ run, job, shardIndex }: ShardOfRun): boolean =>
  speaksOfSecrets(templateOf(run, job, shardIndex));

/**
 * What a person or a chain run gave for this run stands over what the definition has for single shards. What it leaves out
 * has its default.
 */
function templateOf(run: RunRow, job: Job, shardIndex: number): string {
  const ofShard = job.paramByShard[String(shardIndex)];
  return withDefaults(job.paramFields, ofShard !== undefined && run.param === job.param ? ofShard : run.param);
}

const zoneOf = (job: Job): string =>
  job.businessDate.zone ?? (job.schedule.kind === 'cron' ? job.schedule.zone : 'UTC');

/** Results of nodes that are done never change, so a later attempt gets the same text. */
async function resultsFor(db: SqlReader, run: RunRow): Promise<ReadonlyMap<string, unknown>> {
  const chainRun = run.chainRunId === null ? null : await chainRunById(db, run.chainRunId);
  return chainRun === null ? new Map() : resultsHandedOn(db, chainRun);
}
