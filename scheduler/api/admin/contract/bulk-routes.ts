import { type Static, Type } from 'typebox';
import { route } from './route.ts';
import { Id, maybe, Reason, RequestId, strict, words } from './shapes.ts';

export const BULK_ACTIONS = [
  'job.enable',
  'job.disable',
  'job.remove',
  'job.tag',
  'job.untag',
  'job.run',
  'run.kill',
  'run.retry-failed',
  'run.resume',
  'run.rerun',
  'alarm.close',
] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What became of each id. Nothing that fails for one keeps the others from it. */
export const BulkResult = Type.Object({
  total: Type.Integer(),
  successCount: Type.Integer(),
  failureCount: Type.Integer(),
  results: Type.Array(
    Type.Object({
      id: Id,
      outcome: words(['done', 'unchanged', 'refused', 'unknown_id']),
      /** A code of docs/errors.md, and why in words. */
      code: maybe(Type.String()),
      reason: maybe(Type.String()),
      /** Of a run that was made. */
      runId: maybe(Id),
    }),
  ),
});
export type BulkResult = Static<typeof BulkResult>;

export const bulkRoutes = {
  'POST /bulk': route({
    summary:
      'Does one thing to many: jobs, runs or alarms. Each id is judged by itself; ids that are not there are dropped and said.',
    permission: 'session',
    subject: { kind: 'each' },
    body: strict({
      action: words(BULK_ACTIONS),
      ids: Type.Array(Id, { minItems: 1, maxItems: 1000, uniqueItems: true }),
      reason: Reason,
      requestId: RequestId,
      /** For job.tag and job.untag. */
      tag: maybe(Type.String({ minLength: 1, maxLength: 64 })),
    }),
    reply: BulkResult,
    audit: 'bulk',
    heavy: true,
  }),
} as const;
