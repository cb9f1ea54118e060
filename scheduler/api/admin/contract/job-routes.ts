import { type Static, Type } from 'typebox';
import type { Job, JobDefinition } from '../../../definition/job-definition.ts';
import { Checked, KEPT_FILTER, keptRoutes, May, Version } from './kept-definition.ts';
import { route } from './route.ts';
import {
  BusinessDate,
  Done,
  Id,
  Instant,
  maybe,
  Name,
  orNull,
  PAGE,
  pageOf,
  RequestId,
  strict,
  words,
} from './shapes.ts';

/** A job as it is kept, with its defaults filled in. */
export const JobShape = Type.Unsafe<Job>({
  type: 'object',
  description: 'docs/handlers.md and docs/scheduling.md have each field',
});
/** What a person or a program gives; what is left out has its default. The id is given by the scheduler when it is left out. */
export type JobInput = Omit<JobDefinition, 'id'> & { readonly id?: number };
export const JobInputShape = Type.Unsafe<JobInput>({ type: 'object' });

export const SCHEDULE_KINDS = ['none', 'cron', 'fixed_rate', 'fixed_delay', 'one_off', 'parent'] as const;
export const RUN_STATES = [
  'waiting',
  'running',
  'dispatched',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'discarded',
] as const;
export type RunStateWord = (typeof RUN_STATES)[number];

export const LastRun = Type.Object({
  runId: Id,
  state: words(RUN_STATES),
  startedAtMs: Instant,
  endedAtMs: orNull(Instant),
});

/** A line of the list of jobs. */
export const JobLine = Type.Object({
  id: Id,
  name: Type.String(),
  title: Type.String(),
  group: Type.String(),
  owner: Type.String(),
  tags: Type.Array(Type.String()),
  /** What it runs: a handler's name, or the type of its script. */
  runs: Type.String(),
  schedule: Type.Unsafe<Job['schedule']>({ type: 'object' }),
  enabled: Type.Boolean(),
  /** 'hold of the job', its group or the cluster in words, or null. */
  heldBecause: orNull(Type.String()),
  version: Type.Integer(),
  updatedAtMs: Instant,
  nextFireAtMs: orNull(Instant),
  lastRun: orNull(LastRun),
  openRuns: Type.Integer(),
});
export type JobLine = Static<typeof JobLine>;

export const JobView = Type.Object({
  job: JobShape,
  version: Type.Integer(),
  updatedAtMs: Instant,
  heldBecause: orNull(Type.String()),
  nextFireAtMs: orNull(Instant),
  lastRun: orNull(LastRun),
  openRuns: Type.Integer(),
  /** Chains that have it as a node or a sweep, as far as the caller may view them. */
  chains: Type.Array(Type.String()),
  /** Jobs that fire after it. */
  children: Type.Array(Type.Object({ jobId: Id, name: Type.String(), on: Type.String() })),
  /** What the caller may do with it. */
  may: May,
});
export type JobView = Static<typeof JobView>;

export const Started = Type.Object({ runId: Id, created: Type.Boolean() });

const jobId = strict({ jobId: Id });
const ofJob = { kind: 'job', in: 'params', field: 'jobId' } as const;
const version = strict({ jobId: Id, version: Type.Integer({ minimum: 1 }) });
const Saved = Type.Object({ jobId: Id, name: Type.String(), version: Type.Integer() });
const kept = keptRoutes({ kind: 'job', subject: ofJob, params: jobId, version, saved: Saved });

export const jobRoutes = {
  'GET /jobs': route({
    summary: 'Jobs by name. `search` finds parts of name, title, handler and owner.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({
      ...PAGE,
      ...KEPT_FILTER,
      group: maybe(Name),
      schedule: maybe(words(SCHEDULE_KINDS)),
    }),
    reply: pageOf(JobLine),
  }),
  'GET /jobs/filters': route({
    summary: 'What the list of jobs can be filtered by: groups, tags and owners that occur, and handlers.',
    permission: 'view',
    subject: { kind: 'visible' },
    reply: Type.Object({
      groups: Type.Array(Type.String()),
      tags: Type.Array(Type.String()),
      owners: Type.Array(Type.String()),
      handlers: Type.Array(Type.String()),
    }),
  }),
  'POST /jobs': route({
    summary: 'Makes a job. Its id comes from the scheduler unless one is given.',
    permission: 'edit',
    subject: { kind: 'definition', in: 'body', field: 'job' },
    body: strict({ job: JobInputShape }),
    reply: Saved,
    audit: 'job.create',
  }),
  'POST /jobs/check': route({
    summary:
      'Checks a definition field by field and stores nothing. With an id: as a change of that job; else its name has to be free.',
    permission: 'view',
    subject: { kind: 'none' },
    body: strict({ job: JobInputShape }),
    reply: Checked,
    readsOnly: true,
  }),
  'GET /jobs/:jobId': route({
    summary: 'One job with all of its settings.',
    permission: 'view',
    subject: ofJob,
    params: jobId,
    reply: JobView,
  }),
  'PUT /jobs/:jobId': route({
    summary:
      'Makes this the next version. `version` is the one that was edited: 409 when it is not the newest any more.',
    permission: 'edit',
    subject: ofJob,
    params: jobId,
    body: strict({ job: JobInputShape, version: Type.Integer({ minimum: 1 }) }),
    reply: Saved,
    audit: 'job.update',
  }),
  'DELETE /jobs/:jobId': route({
    summary:
      'Takes a job away: it fires no more and is in no list; what it ran stays readable, and it can be restored.',
    permission: 'edit',
    subject: ofJob,
    params: jobId,
    reply: Done,
    audit: 'job.remove',
  }),
  'POST /jobs/:jobId/copy': kept.copy,
  'POST /jobs/:jobId/enable': kept.enable,
  'POST /jobs/:jobId/disable': kept.disable,
  'POST /jobs/:jobId/labels': route({
    summary: 'Tags and owner, without the rest of the definition.',
    permission: 'edit',
    subject: ofJob,
    params: jobId,
    body: strict({
      tags: maybe(Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 50 })),
      owner: maybe(Type.String({ maxLength: 64 })),
    }),
    reply: Saved,
    audit: 'job.labels',
  }),
  'POST /jobs/:jobId/run': route({
    summary: 'Runs it now. The same requestId is the same run.',
    permission: 'run',
    subject: ofJob,
    params: jobId,
    body: strict({
      requestId: RequestId,
      /** A template. Default: the job's own. */
      param: maybe(Type.String({ maxLength: 65_536 })),
      /** Default: today in the job's zone. */
      businessDate: maybe(BusinessDate),
      /** Although it is held. Default false. */
      despiteHold: maybe(Type.Boolean()),
    }),
    reply: Started,
    audit: 'job.run',
  }),
  'GET /jobs/:jobId/versions': kept.versions,
  'GET /jobs/:jobId/versions/:version': route({
    summary: 'The job as it was then.',
    permission: 'view',
    subject: ofJob,
    params: version,
    reply: Type.Object({ job: JobShape, version: Version }),
  }),
  'GET /jobs/:jobId/versions/:version/diff': kept.diff,
  'POST /jobs/:jobId/versions/:version/restore': kept.restore,
  'GET /jobs/:jobId/next-fires': kept.nextFires,
} as const;
