import { localDate } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarmIn } from '../alarm/alarms.ts';
import { zoneOf } from '../arrival/await-input.ts';
import { type Job, readJob } from '../definition/job-definition.ts';
import { switchedOff, switchedOn, takenAway } from '../definition/removed-tag.ts';
import type { Effects } from '../effects.ts';
import { defineJob } from '../firing/define.ts';
import { fireNow } from '../firing/fire-now.ts';
import { heldBy, holdInWords } from '../firing/held-by.ts';
import { killRunIn } from '../run/kill-run.ts';
import { rerunIn } from '../run/rerun.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentJob, lockJob } from '../storage/sql/definition-queries.ts';
import { deleteHold, firesHeldUnder, insertHold, lockHold } from '../storage/sql/hold-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import type { RerunKind } from '../storage/sql/run-queries.ts';
import { lockSchedule } from '../storage/sql/schedule-queries.ts';
import type { BulkOrder } from './bulk.ts';

/** What may be done to many. */
export const BULK_VERBS = [
  'enable',
  'disable',
  'remove',
  'tag',
  'untag',
  'hold',
  'release',
  'trigger',
  'kill',
  'rerun',
  'rerun-failed',
  'resume',
  'close-alarm',
] as const;
export type BulkVerb = (typeof BULK_VERBS)[number];

export type BulkKind = 'job' | 'run' | 'alarm';

/** What one verb does to one target, inside a transaction of the operation's. Throws a DaybreakError when it is refused. */
export interface BulkAct {
  readonly of: BulkKind;
  act(tx: SqlTx, ctx: SchedulerContext, target: BulkTarget, effects: Effects): Promise<object | null>;
}

export interface BulkTarget {
  readonly id: number;
  readonly order: Pick<BulkOrder, 'by' | 'requestId' | 'businessDate' | 'param' | 'tag'> & { readonly reason: string };
}

/** The next version of a job, when it differs at all. */
const changing = (
  verb: string,
  next: (job: Omit<Job, 'configHash'>, tag: string) => Omit<Job, 'configHash'>,
): BulkAct => ({
  of: 'job',
  async act(tx, _ctx, { id, order }, effects) {
    // The schedule's row first, then the job's: one order for everybody.
    await lockSchedule(tx, { jobId: id, chainId: 0 });
    await lockJob(tx, id);
    const { configHash: _, ...job } = await jobAt(tx, id);
    const changed = next(job, order.tag ?? '');
    if (JSON.stringify(changed) === JSON.stringify(job)) return { changed: false };
    await defineJob(tx, readJob(changed), effects);
    await record(tx, verb, { id, order });
    return { changed: true };
  },
});

const withTag = (tags: readonly string[], tag: string): string[] => [...new Set([...tags, tag])];
const withoutTag = (tags: readonly string[], tag: string): string[] => tags.filter((each) => each !== tag);

const rerunning = (kind: RerunKind): BulkAct => ({
  of: 'run',
  async act(tx, ctx, { id, order }, effects) {
    const requestId = `${order.requestId}:${id}`.slice(-128);
    return rerunIn(tx, ctx, id, { kind, requestId, by: order.by }, effects);
  },
});

export const BULK_ACTS: Readonly<Record<BulkVerb, BulkAct>> = {
  enable: changing('enable', switchedOn),
  disable: changing('disable', switchedOff),
  remove: changing('remove', takenAway),
  tag: changing('tag', (job, tag) => ({ ...job, tags: withTag(job.tags, tag) })),
  untag: changing('untag', (job, tag) => ({ ...job, tags: withoutTag(job.tags, tag) })),
  hold: {
    of: 'job',
    async act(tx, _ctx, { id, order }) {
      const { name } = await jobAt(tx, id);
      const hold = { scope: 'job', name, onResume: 'latest', reason: order.reason, heldBy: order.by } as const;
      if (!(await insertHold(tx, hold))) {
        const earlier = await lockHold(tx, 'job', name);
        throw new DaybreakError('CONFLICT', earlier === null ? 'it is held already' : holdInWords(earlier));
      }
      await record(tx, 'hold', { id, order });
      return null;
    },
  },
  release: {
    of: 'job',
    async act(tx, _ctx, { id, order }) {
      const { name } = await jobAt(tx, id);
      if ((await lockHold(tx, 'job', name)) === null) {
        throw new DaybreakError('NOT_FOUND', `there is no hold on job "${name}"`);
      }
      // What it held is decided in transactions of its own, of which there may be many.
      if ((await firesHeldUnder(tx, 'job', name, 1)).fires.length > 0) {
        throw new DaybreakError(
          'CONFLICT',
          `fires of job "${name}" wait under its hold: take it away by itself (resume), so that they get their verdicts`,
        );
      }
      await deleteHold(tx, 'job', name);
      await record(tx, 'resume', { id, order });
      return null;
    },
  },
  trigger: {
    of: 'job',
    async act(tx, ctx, { id, order }, effects) {
      const job = await jobAt(tx, id);
      const hold = await heldBy(tx, { jobId: id, group: job.group, chainId: null });
      if (hold !== null) throw new DaybreakError('CONFLICT', holdInWords(hold));
      return fireNow(
        tx,
        ctx,
        {
          jobName: job.name,
          origin: 'manual',
          dedupKey: order.requestId,
          chainRun: null,
          businessDate: order.businessDate === 'today' ? localDate(tx.nowMs, zoneOf(job)) : (order.businessDate ?? ''),
          param: order.param ?? null,
          askedBy: order.by,
        },
        effects,
      );
    },
  },
  kill: {
    of: 'run',
    act: async (tx, ctx, { id, order }, effects) => ({ changed: await killRunIn(tx, ctx, id, order, effects) }),
  },
  rerun: rerunning('all'),
  'rerun-failed': rerunning('failed'),
  resume: rerunning('resume'),
  'close-alarm': {
    of: 'alarm',
    act: async (tx, _ctx, { id, order }) => ({
      changed: await closeAlarmIn(tx, { alarmId: id, by: order.by, reason: order.reason }),
    }),
  },
};

async function jobAt(tx: SqlTx, id: number): Promise<Job> {
  const job = await currentJob(tx, { id });
  if (job === null) throw new DaybreakError('NOT_FOUND', `there is no job ${id}`);
  return job;
}

const record = (tx: SqlTx, verb: string, { id, order }: BulkTarget): Promise<void> =>
  recordOperatorAction(tx, { who: order.by, verb, subjectKind: 'job', subjectId: id, reason: order.reason });
