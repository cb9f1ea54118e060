import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { lineOfRun } from '../storage/sql/input-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { saysLost } from './after-node-loss.ts';
import type { RunState } from './run-transitions.ts';

export interface RunMoved {
  readonly run: RunRow;
  readonly job: Job;
  readonly to: RunState;
  readonly reason: string | null;
}

/** One alarm per job stands open until a run of it succeeds: a job that fails each minute is one matter, counted. */
export async function tellOfRun(tx: SqlTx, { run, job, to, reason }: RunMoved, effects: Effects): Promise<void> {
  const failed = { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: job.id } as const;
  // What is not known stays a matter for people, until a rerun has done it.
  if (!saysLost(reason)) await closeAlarm(tx, { kind: 'RUN_LOST', subjectKind: 'run', subjectId: run.id });
  if (to === 'succeeded') {
    await closeAlarm(tx, failed);
    for (const subjectId of await lineOfRun(tx, run.rerunOf)) {
      await closeAlarm(tx, { kind: 'RUN_LOST', subjectKind: 'run', subjectId });
    }
  }
  if (to !== 'failed' && to !== 'timed_out') return;
  const message = `run ${run.id} of job "${job.name}" ${to.replace('_', ' ')}: ${reason ?? 'no reason'}`;
  await raiseAlarm(tx, { ...failed, severity: 'critical', message }, effects);
}
