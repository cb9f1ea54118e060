import { localDate } from '../../../../shared/business-date.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import { differencesOf } from '../../../admin/definition/diff.ts';
import { readJobInput } from '../../../admin/definition/problems.ts';
import { changeJob, createJob, type SavedJob } from '../../../admin/definition/save-job.ts';
import { groupsOfJobNames } from '../../../admin/rights/find-groups.ts';
import { isAllVisible, isVisible, rightsIn } from '../../../admin/rights/rights.ts';
import { checkArrivals } from '../../../arrival/check-arrivals.ts';
import type { Job, JobDefinition } from '../../../definition/job-definition.ts';
import { REMOVED_TAG } from '../../../definition/removed-tag.ts';
import { holdInWords } from '../../../firing/held-by.ts';
import { nextFires } from '../../../firing/next-fires.ts';
import { triggerJob } from '../../../firing/trigger-job.ts';
import { versionMakers } from '../../../storage/sql/admin-audit-queries.ts';
import {
  childrenOf,
  type Listed,
  lastRunsOf,
  listedChains,
  listedJob,
  listedJobs,
  nextFiresOf,
  openRunsOf,
  versionDefinition,
  versionsOf,
} from '../../../storage/sql/admin-job-queries.ts';
import { allHolds, type HoldRow } from '../../../storage/sql/hold-queries.ts';
import type { JobInput, JobLine, JobView, jobRoutes, SCHEDULE_KINDS } from '../contract/job-routes.ts';
import type { Version } from '../contract/kept-definition.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { describeFires } from './next-fires.ts';
import { PAGE_DEFAULT, pageOfRows, readCursor } from './paging.ts';

const done = { done: true } as const;

export function createJobHandlers(parts: AdminParts): Handlers<typeof jobRoutes> {
  const { ctx } = parts;

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
        return { items: await linesOf(db, page.items), next: page.next };
      });
    },
    'GET /jobs/filters': async ({ visible }) =>
      ctx.store.read('list-filters', async (db) => {
        const jobs = (await listedJobs(db)).filter(({ definition }) => isVisible(visible, definition.group));
        const distinct = (of: (job: Job) => readonly string[]): string[] =>
          [...new Set(jobs.flatMap(({ definition }) => of(definition)))]
            .filter((text) => text !== '')
            .sort()
            .slice(0, 2_000);
        return {
          groups: distinct(({ group }) => [group]),
          tags: distinct(({ tags }) => tags).filter((tag) => tag !== REMOVED_TAG),
          owners: distinct(({ owner }) => [owner]),
          handlers: distinct(({ handler }) => [handler]),
        };
      }),
    'POST /jobs': async (call) => {
      await checkInput(call, call.body.job, 1);
      return createJob(call.ctx, call.body.job, {
        check: (job) => call.mustHave('edit', [job.group]),
        onMade: (id, group) => call.note({ kind: 'job', id }, group),
      });
    },
    'POST /jobs/check': async ({ body }) => {
      const read = readJobInput({ id: 1, ...body.job } as JobDefinition);
      return { problems: read.kind === 'wrong' ? [...read.problems] : [] };
    },
    'GET /jobs/:jobId': async ({ params, principal, visible }) =>
      ctx.store.read('view-job', async (db) => {
        const { id, definition, version, updatedAt } = await oneJob(db, params.jobId);
        const [line] = await linesOf(db, [{ id, name: definition.name, definition, version, updatedAt }]);
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
      await change(call, call.params.jobId, (job) => ({
        ...job,
        enabled: false,
        tags: withTag(job.tags, REMOVED_TAG),
      }));
      return done;
    },
    'POST /jobs/:jobId/copy': async (call) => {
      const { definition } = await ctx.store.read('read-job', (db) => oneJob(db, call.params.jobId));
      const { id: _, configHash: __, ...copy } = definition;
      const tags = copy.tags.filter((tag) => tag !== REMOVED_TAG);
      return createJob(
        call.ctx,
        { ...copy, tags, name: call.body.name, enabled: false },
        {
          check: (job) => checkArrivals([job], parts.arrivalRoots),
          onMade: (id, group) => call.note({ kind: 'job', id }, group),
        },
      );
    },
    'POST /jobs/:jobId/enable': async (call) => {
      await change(call, call.params.jobId, (job) => ({
        ...job,
        enabled: true,
        tags: job.tags.filter((tag) => tag !== REMOVED_TAG),
      }));
      return done;
    },
    'POST /jobs/:jobId/disable': async (call) => {
      await change(call, call.params.jobId, (job) => ({ ...job, enabled: false }));
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
    'GET /jobs/:jobId/versions': async ({ params }) =>
      ctx.store.read('list-versions', async (db) => {
        const { version: current } = await oneJob(db, params.jobId);
        return { items: await versionViews(db, { kind: 'job', id: params.jobId }, current) };
      }),
    'GET /jobs/:jobId/versions/:version': async ({ params }) =>
      ctx.store.read('read-version', async (db) => {
        const { version: current } = await oneJob(db, params.jobId);
        const { definition, createdAt } = await versionOf(db, params.jobId, params.version);
        const version = {
          version: params.version,
          isCurrent: params.version === current,
          createdAtMs: createdAt,
          by: null,
        };
        return { job: definition, version };
      }),
    'GET /jobs/:jobId/versions/:version/diff': async ({ params, query }) =>
      ctx.store.read('diff-versions', async (db) => {
        const from = query.from ?? Math.max(1, params.version - 1);
        const [before, after] = [
          await versionOf(db, params.jobId, from),
          await versionOf(db, params.jobId, params.version),
        ];
        const differences = differencesOf(before.definition, after.definition).filter(
          ({ path }) => path !== 'configHash',
        );
        return { from, to: params.version, differences };
      }),
    'POST /jobs/:jobId/versions/:version/restore': async (call) => {
      const { jobId, version } = call.params;
      const { configHash: _, ...definition } = (
        await ctx.store.read('read-version', (db) => versionOf(db, jobId, version))
      ).definition;
      await checkInput(call, definition, jobId);
      return change(call, jobId, () => definition);
    },
    'GET /jobs/:jobId/next-fires': async ({ params, query }) => {
      const { definition } = await ctx.store.read('read-job', (db) => oneJob(db, params.jobId));
      const fires = await nextFires(ctx, { job: definition.name }, query.n ?? 10);
      const zone = zoneOf(definition);
      const nowMs = await ctx.store.read('read-clock', async (db) => db.nowMs);
      const items = fires.map(({ plannedAtMs, businessDate }) => ({ atMs: plannedAtMs, businessDate }));
      return { zone, items: describeFires(items, zone, nowMs) };
    },
  };
}

async function oneJob(db: SqlReader, jobId: number): Promise<Listed<Job>> {
  const job = await listedJob(db, jobId);
  if (job === null) throw new DaybreakError('NOT_FOUND', `there is no job ${jobId}`);
  return job;
}

async function versionOf(
  db: SqlReader,
  jobId: number,
  version: number,
): Promise<{ definition: Job; createdAt: number }> {
  const found = await versionDefinition(db, 'job', jobId, version);
  if (found === null) throw new DaybreakError('NOT_FOUND', `job ${jobId} has no version ${version}`);
  return { definition: found.definition as Job, createdAt: found.createdAt };
}

export async function versionViews(
  db: SqlReader,
  of: { readonly kind: 'job' | 'chain'; readonly id: number; readonly chain?: string },
  current: number,
): Promise<Version[]> {
  const rows = await versionsOf(db, of.kind, of.id);
  const makers = await versionMakers(
    db,
    { kind: of.kind, id: of.chain ?? of.id },
    rows.map(({ createdAt }) => createdAt),
  );
  return rows.map(({ version, createdAt }) => ({
    version,
    isCurrent: version === current,
    createdAtMs: createdAt,
    by: makers.get(createdAt) ?? null,
  }));
}

interface JobFilter {
  readonly search?: string;
  readonly group?: string;
  readonly tag?: string;
  readonly owner?: string;
  readonly schedule?: (typeof SCHEDULE_KINDS)[number];
  readonly enabled?: boolean;
  readonly removed?: boolean;
}

function matcherOf(filter: JobFilter): (job: Listed<Job>) => boolean {
  const { group, tag, owner, schedule, enabled, removed = false } = filter;
  const search = filter.search?.trim().toLowerCase() ?? '';
  return ({ id, definition: job }) =>
    job.tags.includes(REMOVED_TAG) === removed &&
    (group === undefined || job.group === group) &&
    (tag === undefined || job.tags.includes(tag)) &&
    (owner === undefined || job.owner === owner) &&
    (schedule === undefined || job.schedule.kind === schedule) &&
    (enabled === undefined || job.enabled === enabled) &&
    (search === '' ||
      String(id) === search ||
      [job.name, job.title, job.handler, job.owner].some((text) => text.toLowerCase().includes(search)));
}

async function linesOf(db: SqlReader, jobs: readonly Listed<Job>[]): Promise<JobLine[]> {
  const ids = jobs.map(({ id }) => id);
  const last = await lastRunsOf(db, ids);
  const next = await nextFiresOf(db, 'job', ids);
  const open = await openRunsOf(db, ids);
  const holds = await allHolds(db);
  return jobs.map(({ id, version, updatedAt, definition: job }) => {
    const run = last.get(id);
    return {
      id,
      name: job.name,
      title: job.title,
      group: job.group,
      owner: job.owner,
      tags: job.tags.filter((tag) => tag !== REMOVED_TAG),
      runs: job.glueType === 'BEAN' ? job.handler : job.glueType,
      schedule: job.schedule,
      enabled: job.enabled,
      heldBecause: holdOf(holds, job),
      version,
      updatedAtMs: updatedAt,
      nextFireAtMs: next.get(id) ?? null,
      lastRun:
        run === undefined
          ? null
          : { runId: run.runId, state: run.state, startedAtMs: run.startedAt, endedAtMs: run.endedAt },
      openRuns: open.get(id) ?? 0,
    };
  });
}

function holdOf(holds: readonly HoldRow[], job: Pick<Job, 'name' | 'group'>): string | null {
  const over = holds.find(
    ({ scope, name }) =>
      scope === 'cluster' || (scope === 'group' && name === job.group) || (scope === 'job' && name === job.name),
  );
  return over === undefined ? null : holdInWords(over);
}

/** The zone in which its days are counted. */
export function zoneOf({ businessDate, schedule }: Pick<Job, 'businessDate' | 'schedule'>): string {
  return businessDate.zone ?? (schedule.kind === 'cron' ? schedule.zone : 'UTC');
}

const withTag = (tags: readonly string[], tag: string): string[] => [...new Set([...tags, tag])];
