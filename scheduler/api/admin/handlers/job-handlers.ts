import { localDate } from '../../../../shared/business-date.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { checkJobInput } from '../../../admin/definition/check-input.ts';
import { readJobInput } from '../../../admin/definition/problems.ts';
import { changeJob, createJob, type SavedJob } from '../../../admin/definition/save-job.ts';
import { groupsOfJobNames } from '../../../admin/rights/find-groups.ts';
import { isAllVisible, isVisible, mayDo, rightsIn } from '../../../admin/rights/rights.ts';
import { checkArrivals } from '../../../arrival/check-arrivals.ts';
import type { Job, JobDefinition } from '../../../definition/job-definition.ts';
import { ownTags, switchedOff, switchedOn, takenAway } from '../../../definition/removed-tag.ts';
import { triggerJob } from '../../../firing/trigger-job.ts';
import {
  childrenOf,
  type Listed,
  listedChains,
  listedJob,
  listedJobs,
} from '../../../storage/sql/admin-job-queries.ts';
import type { JobInput, JobView, jobRoutes } from '../contract/job-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { groupOfJobInput } from '../touched.ts';
import { jobLines, matcherOf } from './job-lines.ts';
import { createKeptHandlers, distinct, filtersOf, withoutHash, zoneOf } from './kept-handlers.ts';
import { PAGE_DEFAULT, pageOfRows, readCursor } from './paging.ts';

const done = { done: true } as const;

export function createJobHandlers(parts: AdminParts): Handlers<typeof jobRoutes> {
  const { ctx } = parts;
  const kept = createKeptHandlers<Job, { jobId: number }>(parts, {
    kind: 'job',
    find: (db, { jobId }) => oneJob(db, jobId),
  });

  /** Throws what a definition may not say: fields that are wrong, files outside, parents that the caller may not touch. */
  async function checkInput(call: Pick<Call<'POST /jobs'>, 'mustHave'>, given: JobInput, id: number): Promise<void> {
    const read = readJobInput({ ...given, id: given.id ?? id } as JobDefinition);
    if (read.kind === 'wrong') throw new FieldsError(read.problems, 'CONFIG_INVALID');
    checkArrivals([read.definition], parts.arrivalRoots);
    const { schedule } = read.definition;
    if (schedule.kind !== 'parent') return;
    // Whoever links two jobs needs the right on both: one fires the other from now on.
    call.mustHave('edit', await ctx.store.read('find-parents', (db) => groupsOfJobNames(db, schedule.jobs)));
  }

  const change = (
    call: Pick<Call<'PUT /jobs/:jobId'>, 'ctx' | 'mustHave'>,
    jobId: number,
    decide: (job: Job) => JobDefinition,
    seenVersion?: number,
  ): Promise<SavedJob> =>
    changeJob(call.ctx, {
      jobId,
      decide,
      check: (job) => {
        call.mustHave('edit', [job.group]);
        checkArrivals([job], parts.arrivalRoots);
      },
      ...(seenVersion === undefined ? {} : { seenVersion }),
    });

  return {
    'GET /jobs': async ({ query, visible }) => {
      const { limit = PAGE_DEFAULT } = query;
      const after = readCursor(query.after)?.[0];
      return ctx.store.read('list-jobs', async (db) => {
        const wanted = matcherOf(query);
        const found = (await listedJobs(db)).filter(
          (job) =>
            isVisible(visible, job.definition.group) &&
            (after === undefined || job.name > String(after)) &&
            wanted(job),
        );
        const page = pageOfRows(found.slice(0, limit + 1), limit, ({ name }) => [name]);
        return { items: await jobLines(db, page.items), next: page.next };
      });
    },
    'GET /jobs/filters': async ({ visible }) =>
      ctx.store.read('list-filters', async (db) => {
        const seen = (await listedJobs(db)).filter(({ definition }) => isVisible(visible, definition.group));
        return {
          ...filtersOf(seen),
          groups: distinct(seen, ({ definition }) => [definition.group]),
          handlers: distinct(seen, ({ definition }) => [definition.handler]),
        };
      }),
    'POST /jobs': async (call) => {
      await checkInput(call, call.body.job, 1);
      return createJob(call.ctx, call.body.job, {
        check: (job) => call.mustHave('edit', [job.group]),
        onMade: (id, group) => call.note({ kind: 'job', id }, group),
      });
    },
    'POST /jobs/check': async ({ body: { job }, principal }) =>
      ctx.store.read('check-job', async (db) => {
        // Whether a name is taken is told to those who could find out by storing it.
        const mayStore = mayDo(principal, 'edit', groupOfJobInput(job));
        const checkJob = (read: Job): void => checkArrivals([read], parts.arrivalRoots);
        return { problems: mayStore ? [...(await checkJobInput(db, job, checkJob))] : fieldProblems(job) };
      }),
    'GET /jobs/:jobId': async ({ params, principal, visible }) =>
      ctx.store.read('view-job', async (db) => {
        const { id, definition, version, updatedAt } = await oneJob(db, params.jobId);
        const [line] = await jobLines(db, [{ id, name: definition.name, definition, version, updatedAt }]);
        const chains = (await listedChains(db)).filter(({ definition: chain }) =>
          [...chain.nodes, ...chain.sweeps].includes(definition.name),
        );
        const named: string[] = [];
        for (const chain of chains) {
          const groups = await groupsOfJobNames(db, [...chain.definition.nodes, ...chain.definition.sweeps]);
          if (isAllVisible(visible, groups)) {
            named.push(chain.name);
          }
        }
        const view: JobView = {
          job: definition,
          version,
          updatedAtMs: updatedAt,
          heldBecause: line?.heldBecause ?? null,
          nextFireAtMs: line?.nextFireAtMs ?? null,
          lastRun: line?.lastRun ?? null,
          openRuns: line?.openRuns ?? 0,
          chains: named,
          children: await childrenOf(db, definition.name),
          may: rightsIn(principal, [definition.group]),
        };
        return view;
      }),
    'PUT /jobs/:jobId': async (call) => {
      const { job, version } = call.body;
      const { jobId } = call.params;
      await checkInput(call, job, jobId);
      return change(call, jobId, () => ({ ...job, id: job.id ?? jobId }), version);
    },
    'DELETE /jobs/:jobId': async (call) => {
      await change(call, call.params.jobId, takenAway);
      return done;
    },
    'POST /jobs/:jobId/copy': async (call) => {
      const { definition } = await ctx.store.read('read-job', (db) => oneJob(db, call.params.jobId));
      const { id: _, ...given } = withoutHash(definition);
      const copy = { ...given, tags: ownTags(given), name: call.body.name, enabled: false };
      return createJob(call.ctx, copy, {
        check: (job) => checkArrivals([job], parts.arrivalRoots),
        onMade: (id, group) => call.note({ kind: 'job', id }, group),
      });
    },
    'POST /jobs/:jobId/enable': async (call) => {
      await change(call, call.params.jobId, switchedOn);
      return done;
    },
    'POST /jobs/:jobId/disable': async (call) => {
      await change(call, call.params.jobId, switchedOff);
      return done;
    },
    'POST /jobs/:jobId/labels': async (call) => {
      const { tags, owner } = call.body;
      return change(call, call.params.jobId, (job) => ({
        ...job,
        ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
        ...(owner === undefined ? {} : { owner }),
      }));
    },
    'POST /jobs/:jobId/run': async (call) => {
      const { requestId, param, businessDate, despiteHold = false } = call.body;
      const { job, nowMs } = await ctx.store.read('read-job', async (db) => ({
        job: (await oneJob(db, call.params.jobId)).definition,
        nowMs: db.nowMs,
      }));
      return triggerJob(call.ctx, {
        job: job.name,
        origin: call.principal.kind === 'key' ? 'api' : 'manual',
        by: call.by,
        requestId,
        businessDate: businessDate ?? localDate(nowMs, zoneOf(job)),
        despiteHold,
        ...(param === undefined ? {} : { param }),
      });
    },
    'GET /jobs/:jobId/versions': kept.versions,
    'GET /jobs/:jobId/versions/:version': async (call) => {
      const { definition, version } = await kept.version(call);
      return { job: definition, version };
    },
    'GET /jobs/:jobId/versions/:version/diff': kept.diff,
    'POST /jobs/:jobId/versions/:version/restore': async (call) => {
      const { jobId } = call.params;
      const definition = await kept.definitionAt(call.params);
      await checkInput(call, definition, jobId);
      return change(call, jobId, () => definition);
    },
    'GET /jobs/:jobId/next-fires': kept.nextFires,
  };
}

function fieldProblems(job: JobInput) {
  const read = readJobInput({ id: 1, ...job } as JobDefinition);
  return read.kind === 'wrong' ? [...read.problems] : [];
}

async function oneJob(db: SqlReader, jobId: number): Promise<Listed<Job>> {
  const job = await listedJob(db, jobId);
  if (job === null) throw new DaybreakError('NOT_FOUND', `there is no job ${jobId}`);
  return job;
}
