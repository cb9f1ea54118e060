import { type Static, Type } from 'typebox';
import { route } from './route.ts';
import { Id, Instant, maybe, orNull, PAGE, pageOf, Reason, strict, words } from './shapes.ts';

/** Who did what, from where, with what before and after. */
export const AuditEntry = Type.Object({
  seq: Id,
  atMs: Instant,
  principalKind: words(['user', 'key', 'program', 'nobody']),
  who: Type.String(),
  from: Type.String(),
  /** e.g. `job.update`; the routes' `audit`. */
  action: Type.String(),
  subjectKind: Type.String(),
  subjectId: Type.String(),
  group: orNull(Type.String()),
  outcome: words(['done', 'refused', 'failed']),
  /** Why it was refused, or the person's own reason. */
  reason: orNull(Type.String()),
  before: Type.Unknown(),
  after: Type.Unknown(),
  hash: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;

const AuditFilter = {
  who: maybe(Type.String({ maxLength: 64 })),
  action: maybe(Type.String({ maxLength: 64 })),
  subjectKind: maybe(Type.String({ maxLength: 32 })),
  subjectId: maybe(Type.String({ maxLength: 64 })),
  outcome: maybe(words(['done', 'refused', 'failed'])),
  fromMs: maybe(Instant),
  toMs: maybe(Instant),
};

/** What one person asks for and another has to approve. */
export const APPROVAL_KINDS = ['node.mark', 'item.resolve'] as const;
export const Approval = Type.Object({
  id: Id,
  kind: words(APPROVAL_KINDS),
  group: Type.String(),
  subjectKind: Type.String(),
  subjectId: Type.String(),
  /** What is to be done, e.g. `{ node, mark }` or `{ requestNo, as }`. */
  order: Type.Record(Type.String(), Type.Unknown()),
  reason: Type.String(),
  askedBy: Type.String(),
  askedAtMs: Instant,
  state: words(['open', 'approved', 'rejected', 'withdrawn', 'failed']),
  decidedBy: orNull(Type.String()),
  decidedAtMs: orNull(Instant),
  /** The second person's words, or why it could not be done. */
  decision: orNull(Type.String()),
  /** The caller may approve it: has the right, and did not ask for it. */
  mayDecide: Type.Boolean(),
});
export type Approval = Static<typeof Approval>;

const approvalId = strict({ approvalId: Id });
const ofApproval = { kind: 'approval', in: 'params', field: 'approvalId' } as const;

export const recordRoutes = {
  'GET /audit': route({
    summary: 'The audit log, the newest first.',
    permission: 'admin',
    subject: { kind: 'installation' },
    query: strict({ ...PAGE, ...AuditFilter }),
    reply: pageOf(AuditEntry),
  }),
  'GET /audit/export': route({
    summary: 'The audit log as CSV or JSON lines, the oldest first.',
    permission: 'admin',
    subject: { kind: 'installation' },
    query: strict({ format: words(['csv', 'jsonl']), ...AuditFilter }),
    reply: Type.Unknown(),
    streams: 'application/x-ndjson',
    heavy: true,
  }),
  'GET /audit/verify': route({
    summary:
      'Recomputes the chain of hashes: how many entries, the newest hash, and the first entry that does not fit. A part at a time with limit and after.',
    permission: 'admin',
    subject: { kind: 'installation' },
    query: strict({
      limit: maybe(Type.Integer({ minimum: 1, maximum: 100_000 })),
      after: maybe(Type.String({ maxLength: 200 })),
      anchor: maybe(
        Type.String({
          pattern: '^[0-9a-f]{64}(@[1-9][0-9]{0,14})?$',
          description: 'a hash of 64 digits 0-9 and a-f, with @ and the number of its entry or without',
        }),
      ),
    }),
    reply: Type.Object({
      entries: Type.Integer(),
      head: orNull(Type.String()),
      headSeq: Type.Integer(),
      total: Type.Integer(),
      brokenAt: orNull(Type.Integer()),
      problem: orNull(Type.String()),
      hasAnchor: Type.Boolean(),
      next: orNull(Type.String()),
    }),
    heavy: true,
  }),
  'GET /approvals': route({
    summary: 'What waits for a second person, and what was decided, the newest first.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({ ...PAGE, state: maybe(words(['open', 'approved', 'rejected', 'withdrawn', 'failed'])) }),
    reply: pageOf(Approval),
  }),
  'GET /approvals/:approvalId': route({
    summary: 'One request.',
    permission: 'view',
    subject: ofApproval,
    params: approvalId,
    reply: Approval,
  }),
  'POST /approvals/:approvalId/approve': route({
    summary: 'The second person agrees, and it is done. 409 for the person who asked.',
    permission: 'approve',
    subject: ofApproval,
    params: approvalId,
    body: strict({ reason: maybe(Reason) }),
    reply: Approval,
    audit: 'approval.approve',
  }),
  'POST /approvals/:approvalId/reject': route({
    summary: 'The second person does not agree.',
    permission: 'approve',
    subject: ofApproval,
    params: approvalId,
    body: strict({ reason: Reason }),
    reply: Approval,
    audit: 'approval.reject',
  }),
  'POST /approvals/:approvalId/withdraw': route({
    summary: 'Who asked takes it back.',
    permission: 'view',
    subject: ofApproval,
    params: approvalId,
    body: strict({ reason: Reason }),
    reply: Approval,
    audit: 'approval.withdraw',
  }),
} as const;
