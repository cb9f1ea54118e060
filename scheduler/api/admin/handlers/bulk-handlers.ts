import { localDate } from '../../../../shared/business-date.ts';
import { DaybreakError, isDaybreakError } from '../../../../shared/errors.ts';
import { changeJob, REMOVED_TAG } from '../../../admin/definition/save-job.ts';
import { groupsOf } from '../../../admin/rights/find-groups.ts';
import { mayDo, type Right } from '../../../admin/rights/rights.ts';
import { closeAlarmByPerson } from '../../../alarm/alarms.ts';
import { checkArrivals } from '../../../arrival/check-arrivals.ts';
import type { Job } from '../../../definition/job-definition.ts';
import { triggerJob } from '../../../firing/trigger-job.ts';
import { killRun } from '../../../run/kill-run.ts';
import { rerun } from '../../../run/rerun.ts';
import { listedJob } from '../../../storage/sql/admin-job-queries.ts';
import type { BulkAction, BulkResult, bulkRoutes } from '../contract/bulk-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { zoneOf } from './job-handlers.ts';

type OneResult = BulkResult['results'][number];
type One = (call: Call<'POST /bulk'>, id: number) => Promise<Omit<OneResult, 'id'>>;

interface Action {
  readonly of: 'job' | 'run' | 'alarm';
  readonly right: Right;
  readonly act: One;
}

/** One thing done to many: each id is judged, done and recorded by itself, and what fails for one keeps no other from it. */
export function createBulkHandlers(parts: AdminParts): Handlers<typeof bulkRoutes> {
  const { ctx } = parts;

  const changing =
    (next: (job: Job, tag: string) => Job): One =>
    async (call, id) => {
      let isChanged = false;
      await changeJob(call.ctx, {
        jobId: id,
        decide: (job) => {
          const changed = next(job, call.body.tag ?? '');
          isChanged = JSON.stringify(changed) !== JSON.stringify(job);
          return changed;
        },
        check: (job) => checkArrivals([job], parts.arrivalRoots),
      });
      return { outcome: isChanged ? 'done' : 'unchanged' };
    };

  const rerunning =
    (kind: 'all' | 'failed' | 'resume'): One =>
    async (call, id) => {
      const requestId = `${call.body.requestId}-${id}`.slice(0, 128);
      const { runId, created } = await rerun(call.ctx, id, { kind, requestId, by: call.by });
      return { outcome: created ? 'done' : 'unchanged', runId };
    };

  const run: One = async (call, id) => {
    const { job, nowMs } = await ctx.store.read('read-job', async (db) => ({
      job: (await listedJob(db, id))?.definition,
      nowMs: db.nowMs,
    }));
    if (job === undefined) throw new DaybreakError('NOT_FOUND', `there is no job ${id}`);
    const { runId, created } = await triggerJob(call.ctx, {
      job: job.name,
      origin: call.principal.kind === 'key' ? 'api' : 'manual',
      by: call.by,
      requestId: call.body.requestId,
      businessDate: localDate(nowMs, zoneOf(job)),
    });
    return { outcome: created ? 'done' : 'unchanged', runId };
  };

  const kill: One = async (call, id) => {
    const killed = await killRun(call.ctx, id, { by: call.by, reason: call.body.reason });
    return { outcome: killed ? 'done' : 'unchanged' };
  };
  const closing: One = async (call, id) => {
    const closed = await closeAlarmByPerson(call.ctx, { alarmId: id, by: call.by, reason: call.body.reason });
    return { outcome: closed ? 'done' : 'unchanged' };
  };

  const withTag = (job: Job, tag: string): Job => ({ ...job, tags: [...new Set([...job.tags, tag])] });
  const withoutTag = (job: Job, tag: string): Job => ({ ...job, tags: job.tags.filter((each) => each !== tag) });
  const job = { of: 'job', right: 'edit' } as const;
  const ofRun = { of: 'run', right: 'run' } as const;
  const actions: Readonly<Record<BulkAction, Action>> = {
    'job.enable': { ...job, act: changing((one) => withoutTag({ ...one, enabled: true }, REMOVED_TAG)) },
    'job.disable': { ...job, act: changing((one) => ({ ...one, enabled: false })) },
    'job.remove': { ...job, act: changing((one) => withTag({ ...one, enabled: false }, REMOVED_TAG)) },
    'job.tag': { ...job, act: changing(withTag) },
    'job.untag': { ...job, act: changing(withoutTag) },
    'job.run': { of: 'job', right: 'run', act: run },
    'run.kill': { ...ofRun, act: kill },
    'run.retry-failed': { ...ofRun, act: rerunning('failed') },
    'run.resume': { ...ofRun, act: rerunning('resume') },
    'run.rerun': { ...ofRun, act: rerunning('all') },
    'alarm.close': { of: 'alarm', right: 'run', act: closing },
  };

  async function doOne(call: Call<'POST /bulk'>, action: Action, id: number): Promise<OneResult> {
    const ref = { kind: action.of, id };
    const touched = await ctx.store.read('find-touched', (db) => groupsOf(db, ref));
    const { principal } = call;
    if (touched === null || !mayDo(principal, 'view', touched)) {
      return { id, outcome: 'unknown_id', code: 'NOT_FOUND', reason: `there is no ${action.of} ${id}` };
    }
    if (!mayDo(principal, action.right, touched)) {
      return { id, outcome: 'refused', code: 'FORBIDDEN', reason: `this needs the right "${action.right}"` };
    }
    call.note(ref, typeof touched === 'string' ? null : (touched[0] ?? null));
    try {
      return { id, ...(await action.act(call, id)) };
    } catch (error) {
      if (!isDaybreakError(error) || error.status >= 500) throw error;
      return { id, outcome: 'refused', code: error.code, reason: error.message };
    }
  }

  return {
    'POST /bulk': async (call) => {
      const { action: name, ids, tag } = call.body;
      if ((name === 'job.tag' || name === 'job.untag') && tag === undefined) {
        throw new FieldsError([{ path: 'tag', message: 'is missing' }]);
      }
      call.because(`${name}: ${call.body.reason}`);
      const results: OneResult[] = [];
      for (const id of ids) {
        results.push(await doOne(call, actions[name], id));
        await ctx.runtime.yieldTurn();
      }
      const successCount = results.filter(({ outcome }) => outcome === 'done' || outcome === 'unchanged').length;
      return { total: ids.length, successCount, failureCount: ids.length - successCount, results };
    },
  };
}
