import { localDate } from '../../shared/business-date.ts';
import { isDaybreakError } from '../../shared/errors.ts';
import { messageReader } from '../../shared/protocol/read-message.ts';
import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import { addedJobName } from '../definition/added-job.ts';
import { type Job, type JobDefinition, readJob } from '../definition/job-definition.ts';
import { isTakenAway, switchedOff, takenAway } from '../definition/removed-tag.ts';
import { type Effects, newEffects } from '../effects.ts';
import { defineJob } from '../firing/define.ts';
import { triggerJob } from '../firing/trigger-job.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentJob, lockJob } from '../storage/sql/definition-queries.ts';
import { claimJobId } from '../storage/sql/job-id-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { lockSchedule } from '../storage/sql/schedule-queries.ts';
import { JobFieldsSchema, JobIdSchema, readJobFields, TriggerJobSchema } from './job-fields.ts';
import { createVerbBucket } from './verb-bucket.ts';
import { type Answer, fail, success } from './wire-hooks.ts';
import type { WireVerb } from './wire-verbs.ts';

const CODE_TOO_MANY = 502;
const TOO_MANY = 'Too many requests, please try again later.';

const readFields = messageReader(JobFieldsSchema);
const readId = messageReader(JobIdSchema);
const readTrigger = messageReader(TriggerJobSchema);

/** A job that is not of the caller's group is as if it were not there. */
class NoSuchJobError extends Error {}

/**
 * The verbs by which programs manage jobs, from generation E of xxl-job. A caller names its group in its header and has
 * that group's token; it sees and changes the jobs of this group and no others.
 */
export function createJobVerbs(ctx: SchedulerContext): Record<string, WireVerb> {
  const bucket = createVerbBucket(ctx.runtime);

  /** Changes one job of the group in one transaction, records who did it, and tells what it is now. */
  function change(
    verb: string,
    decide: (job: Omit<Job, 'configHash'>, body: unknown) => JobDefinition | string,
  ): GroupVerb {
    return async (body, group) => {
      const read = readId(body);
      if (read.kind === 'wrong') return wrong(ctx, read.why);
      return inTransaction(verb, async (tx, effects) => {
        const id = Number(read.message.id);
        // Locked before it is read, so that of two changes at once neither is lost; the schedule first, as everywhere.
        await lockSchedule(tx, { jobId: id, chainId: 0 });
        await lockJob(tx, id);
        const { configHash: _, ...job } = await jobOf(tx, group, id);
        const next = decide(job, body);
        if (typeof next === 'string') return wrong(ctx, next);
        await defineJob(tx, readJob(next), effects);
        await record(tx, group, verb, id);
        return success;
      });
    };
  }

  async function inTransaction(verb: string, body: (tx: SqlTx, effects: Effects) => Promise<Answer>): Promise<Answer> {
    const { answer, effects } = await ctx.store.transaction(verb, async (tx) => {
      const effects = newEffects();
      return { answer: await body(tx, effects), effects };
    });
    ctx.apply(effects);
    return answer;
  }

  const addJob: GroupVerb = async (body, group) => {
    const read = readFields(body);
    if (read.kind === 'wrong') return wrong(ctx, read.why);
    const fields = readJobFields(read.message, null);
    if (fields.kind === 'wrong') return wrong(ctx, fields.why);
    return inTransaction('addJob', async (tx, effects) => {
      const id = await claimJobId(tx, addedJobName);
      const defaults = { handler: '', route: 'FIRST' as const, misfire: { policy: 'SKIP' as const } };
      // As with xxl-job: it is saved stopped.
      await defineJob(
        tx,
        readJob({ ...defaults, ...fields.fields, id, name: addedJobName(id), group, enabled: false }),
        effects,
      );
      await record(tx, group, 'addJob', id);
      return { ...success, data: String(id) };
    });
  };

  const updateJob = change('updateJob', (job, body) => {
    const read = readFields(body);
    if (read.kind === 'wrong') return read.why;
    const fields = readJobFields(read.message, job);
    if (fields.kind === 'wrong') return fields.why;
    const { misfire, retry, ...others } = fields.fields;
    // Everything else stays: what it waits for, what waits for it, and whether it is started.
    return { ...job, ...others, misfire: { ...job.misfire, ...misfire }, retry: { ...job.retry, ...retry } };
  });
  const removeJob = change('removeJob', takenAway);
  const stopJob = change('stopJob', switchedOff);
  const startJob = change('startJob', (job) =>
    job.schedule.kind === 'none' ? 'a job whose scheduleType is NONE cannot be started' : { ...job, enabled: true },
  );

  const trigger: GroupVerb = async (body, group) => {
    const read = readTrigger(body);
    if (read.kind === 'wrong') return wrong(ctx, read.why);
    const { id, executorParam, addressList = '', requestId, businessDate } = read.message;
    // Whoever may name an address may have our token sent there.
    if (addressList.trim() !== '')
      return wrong(ctx, 'addressList is not taken: the route of the job says where it runs');
    const { job, nowMs } = await ctx.store.read('find-job', async (db) => ({
      job: await jobOf(db, group, Number(id)),
      nowMs: db.nowMs,
    }));
    const { runId } = await triggerJob(ctx, {
      job: job.name,
      origin: 'api',
      by: `api ${group}`.slice(0, 64),
      requestId: requestId ?? ctx.runtime.random.ulid(),
      businessDate: businessDate ?? localDate(nowMs, job.businessDate.zone ?? 'UTC'),
      ...(executorParam === undefined ? {} : { param: executorParam }),
    });
    return { ...success, data: String(runId) };
  };

  const verbs = { addJob, updateJob, removeJob, startJob, stopJob, triggerJob: trigger };
  return Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, guarded(verb)]));

  function guarded(verb: GroupVerb): WireVerb {
    return async (body, { appName }) => {
      // Up to 3.4 there are no such verbs, and without a name nobody's jobs are meant.
      if (appName === null) return wrong(ctx, 'accessToken or appname is empty.');
      if (!(await bucket.take(appName))) {
        ctx.metrics.requestsRefused.add(1, { why: 'rate' });
        return fail(TOO_MANY, CODE_TOO_MANY);
      }
      try {
        return await verb(body, appName);
      } catch (error) {
        const isTheirs = ['CONFIG_INVALID', 'BAD_INPUT', 'CONFLICT', 'NOT_FOUND'] as const;
        const why = error instanceof Error && isTheirs.some((code) => isDaybreakError(error, code));
        if (why || error instanceof NoSuchJobError) return wrong(ctx, error.message);
        throw error;
      }
    };
  }
}

type GroupVerb = (body: unknown, group: string) => Promise<Answer>;

async function jobOf(db: SqlReader, group: string, id: number): Promise<Job> {
  const job = await currentJob(db, { id });
  if (job === null || job.group !== group || isTakenAway(job)) {
    throw new NoSuchJobError(`job [${id}] not found.`);
  }
  return job;
}

function record(tx: SqlTx, group: string, verb: string, jobId: number): Promise<void> {
  return recordOperatorAction(tx, {
    who: `api ${group}`.slice(0, 64),
    verb,
    subjectKind: 'job',
    subjectId: jobId,
    reason: "asked by a program with the group's token",
  });
}

function wrong(ctx: SchedulerContext, why: string): Answer {
  ctx.metrics.requestsRefused.add(1, { why: 'shape' });
  return fail(`invalid request, ${why}`);
}
