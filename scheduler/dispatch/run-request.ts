import type { RunRequest } from '../../shared/protocol/wire.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { renderShardParam } from '../run/render-shard-param.ts';
import { handlerOf, isHook } from '../shard/hook-shards.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { runInput } from '../storage/sql/input-queries.ts';
import { resumedRunId } from '../storage/sql/run-line-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { scriptOfRun } from '../storage/sql/script-queries.ts';
import type { ShardRow } from '../storage/sql/shard-queries.ts';
import { hookFields } from './hook-fields.ts';
import { wireBlockWord } from './wire-block-word.ts';

export interface RunInHand {
  readonly run: RunRow;
  readonly job: Job;
}

export interface AttemptToSend {
  readonly shard: ShardRow;
  readonly logId: number;
  readonly no: number;
  /** Whether it goes to a peer of another make. */
  readonly foreign: boolean;
}

/** The message that asks an executor for one attempt. The same attempt again gives the same message. */
export async function runRequest(
  db: SqlReader,
  { run, job }: RunInHand,
  { shard, logId, no, foreign }: AttemptToSend,
): Promise<RunRequest> {
  const chainRun = run.chainRunId === null ? null : await chainRunById(db, run.chainRunId);
  const input = job.arrival === null ? null : await runInput(db, run.id);
  const resumesRunId = await resumedRunId(db, run);
  const hook = isHook(shard.shardIndex);
  const param = await renderShardParam(db, { run, job, shardIndex: shard.shardIndex });
  return {
    jobId: job.id,
    executorHandler: handlerOf(job, shard.shardIndex),
    executorParams: param.text,
    ...(param.secrets.length === 0 ? {} : { secrets: [...param.secrets] }),
    executorBlockStrategy: wireBlockWord(job.block, foreign),
    executorTimeout: job.timeoutSeconds,
    logId,
    // One value for all shards and attempts of a run: peers may use it as the id of the batch.
    logDateTime: run.createdAt,
    ...(hook ? NO_SCRIPT : await scriptFields(db, run, job)),
    // What runs once per run is a run of one shard to its handler.
    broadcastIndex: hook ? 0 : shard.shardIndex,
    broadcastTotal: hook ? 1 : (run.shardTotal ?? 1),
    runId: run.id,
    chainRunId: run.chainRunId,
    attempt: no,
    epoch: no,
    businessDate: run.businessDate,
    plannedAtMs: run.plannedAt,
    deadlineAtMs: job.timeoutSeconds === 0 ? null : db.nowMs + job.timeoutSeconds * 1_000,
    cutOffAtMs: chainRun?.cutOffAt ?? null,
    ...(input === null ? {} : { input }),
    ...(await hookFields(db, job, shard)),
    ...(resumesRunId === null ? {} : { resumesRunId }),
    // A version from before there were these has neither.
    ...(job.window == null ? {} : { window: job.window }),
    ...(job.loadGuard == null ? {} : { loadGuard: job.loadGuard }),
  };
}

type ScriptFields = Pick<RunRequest, 'glueType' | 'glueSource' | 'glueUpdatetime'>;
const NO_SCRIPT: ScriptFields = { glueType: 'BEAN', glueSource: '', glueUpdatetime: 0 };

/** What runs once per run names a handler, also where the shards run a script. */
async function scriptFields(db: SqlReader, run: RunRow, job: Job): Promise<ScriptFields> {
  if (job.glueType === 'BEAN') return NO_SCRIPT;
  const script = await scriptOfRun(db, run);
  // An empty script would succeed and have done nothing.
  if (script === null) throw new Error(`run ${run.id} of script job "${job.name}" has gone without a script`);
  return { glueType: script.glueType, glueSource: script.source, glueUpdatetime: script.savedAt };
}
