import { type Static, Type } from 'typebox';
import { route } from './route.ts';
import { BusinessDate, Id, Instant, maybe, orNull, Reason, strict, words } from './shapes.ts';

export const BULK_ACTIONS = [
  'job.enable',
  'job.disable',
  'job.remove',
  'job.tag',
  'job.untag',
  'job.hold',
  'job.release',
  'job.run',
  'run.kill',
  'run.retry-failed',
  'run.resume',
  'run.rerun',
  'alarm.close',
] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** One thing done to many, and what has become of each id. Nothing that fails for one keeps the others from it. */
export const BulkOperation = Type.Object({
  operationId: Id,
  /** False: this id of a request was known, and this is what has become of it. */
  created: Type.Boolean(),
  action: words(BULK_ACTIONS),
  /** `running`: it goes on by itself, in whichever scheduler lives; read it again. */
  state: words(['running', 'done']),
  by: Type.String(),
  startedAtMs: Instant,
  endedAtMs: orNull(Instant),
  total: Type.Integer(),
  /** Those that have an outcome. */
  doneCount: Type.Integer(),
  successCount: Type.Integer(),
  failureCount: Type.Integer(),
  results: Type.Array(
    Type.Object({
      id: Id,
      outcome: words(['open', 'done', 'unchanged', 'refused', 'unknown_id']),
      /** A code of docs/errors.md, and why in words. */
      code: maybe(Type.String()),
      reason: maybe(Type.String()),
      /** Of a run that was made. */
      runId: maybe(Id),
    }),
  ),
});
export type BulkOperation = Static<typeof BulkOperation>;

export const bulkRoutes = {
  'POST /bulk': route({
    summary:
      'Does one thing to many: jobs, runs or alarms. The list is stored first, and each id is judged, done and recorded by itself; ids that are not there are dropped and said. What takes longer than two seconds goes on behind the answer. The same requestId is the same operation.',
    permission: 'session',
    subject: { kind: 'each' },
    body: strict({
      action: words(BULK_ACTIONS),
      ids: Type.Array(Id, { minItems: 1, maxItems: 10_000, uniqueItems: true }),
      reason: Reason,
      requestId: Type.String({ minLength: 1, maxLength: 80 }),
      /** For job.tag and job.untag. */
      tag: maybe(Type.String({ minLength: 1, maxLength: 64 })),
      /** For job.run. Default: today in the zone of each job. */
      businessDate: maybe(BusinessDate),
    }),
    reply: BulkOperation,
    audit: 'bulk',
    heavy: true,
  }),
  'GET /bulk/:operationId': route({
    summary: 'How far it has come: for whoever asked for it, and for administrators.',
    permission: 'session',
    subject: { kind: 'none' },
    params: strict({ operationId: Id }),
    reply: BulkOperation,
  }),
} as const;
