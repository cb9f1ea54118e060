import { Readable } from 'node:stream';
import { approve, close, decisionRefusal, readApproval } from '../../../admin/approvals.ts';
import { readAnchor, verifyAuditPart } from '../../../admin/audit/verify-audit.ts';
import { hasRight, type Principal } from '../../../admin/rights/rights.ts';
import type { SchedulerContext } from '../../../scheduler-context.ts';
import { type ApprovalRow, approvalLines } from '../../../storage/sql/admin-approval-queries.ts';
import {
  type AuditEntryRow,
  type AuditFilter,
  auditAfter,
  listAudit,
} from '../../../storage/sql/admin-audit-queries.ts';
import type { Approval, AuditEntry, recordRoutes } from '../contract/record-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';
import { cursorOf, numberCursor, PAGE_DEFAULT, pageOfRows, readCursor } from './paging.ts';

const EXPORT_BATCH = 500;

export function createRecordHandlers({ ctx }: AdminParts): Handlers<typeof recordRoutes> {
  async function decided(call: Pick<Call<'POST /approvals/:approvalId/reject'>, 'params' | 'principal'>) {
    return approvalOf(await readApproval(ctx, call.params.approvalId), call.principal);
  }

  return {
    'GET /audit': async ({ query }) => {
      const { limit = PAGE_DEFAULT, after, ...filter } = query;
      const beforeSeq = numberCursor(after, Number.MAX_SAFE_INTEGER);
      const rows = await ctx.store.read('list-audit', (db) =>
        listAudit(db, definedOf(filter), { beforeSeq, limit: limit + 1 }),
      );
      const page = pageOfRows(rows, limit, ({ seq }) => [seq]);
      return { items: page.items.map(entryOf), next: page.next };
    },
    'GET /audit/export': async ({ query, reply }) => {
      const { format, ...filter } = query;
      const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8';
      return reply
        .type(type)
        .header('content-disposition', `attachment; filename="audit.${format}"`)
        .send(Readable.from(exported(ctx, definedOf(filter), format)));
    },
    'GET /audit/verify': async ({ query }) => {
      const { limit = Number.MAX_SAFE_INTEGER } = query;
      const [seq = 0, hash = ''] = readCursor(query.after) ?? [];
      const from = { seq: Number(seq), hash: String(hash) };
      const anchor = query.anchor === undefined ? null : readAnchor(query.anchor);
      const { next, ...part } = await verifyAuditPart(ctx.store, { from, limit, anchor });
      return { ...part, headSeq: from.seq + part.entries, next: next === null ? null : cursorOf(next.seq, next.hash) };
    },
    'GET /approvals': async ({ query, visible, principal }) => {
      const { limit = PAGE_DEFAULT, after, state } = query;
      const which = {
        beforeId: numberCursor(after, Number.MAX_SAFE_INTEGER),
        limit: limit + 1,
        ...(state === undefined ? {} : { state }),
        ...(visible.kind === 'all' ? {} : { groups: [...visible.names] }),
      };
      const rows = await ctx.store.read('list-approvals', (db) => approvalLines(db, which));
      const page = pageOfRows(rows, limit, ({ id }) => [id]);
      return { items: page.items.map((row) => approvalOf(row, principal)), next: page.next };
    },
    'GET /approvals/:approvalId': async (call) => decided(call),
    'POST /approvals/:approvalId/approve': async (call) => {
      const { approvalId } = call.params;
      await approve(call.ctx, { approvalId, principal: call.principal, words: call.body.reason ?? null });
      return decided(call);
    },
    'POST /approvals/:approvalId/reject': async (call) => {
      const { approvalId } = call.params;
      await close(call.ctx, 'rejected', { approvalId, principal: call.principal, words: call.body.reason });
      return decided(call);
    },
    'POST /approvals/:approvalId/withdraw': async (call) => {
      const { approvalId } = call.params;
      await close(call.ctx, 'withdrawn', { approvalId, principal: call.principal, words: call.body.reason });
      return decided(call);
    },
  };
}

function approvalOf(row: ApprovalRow, principal: Principal): Approval {
  const mayDecide = hasRight(principal, 'approve', row.appName) && decisionRefusal(row, principal, null) === null;
  return {
    id: row.id,
    kind: row.kind,
    group: row.appName,
    subjectKind: row.subjectKind,
    subjectId: row.subjectId,
    order: JSON.parse(row.order) as Record<string, unknown>,
    reason: row.reason,
    askedBy: row.askedBy,
    askedAtMs: row.askedAt,
    state: row.state === 'deciding' ? 'open' : row.state,
    decidedBy: row.state === 'open' ? null : row.decidedBy,
    decidedAtMs: row.state === 'open' ? null : row.decidedAt,
    decision: row.decision,
    mayDecide: row.state === 'open' && mayDecide,
  };
}

function entryOf(row: AuditEntryRow): AuditEntry {
  return {
    seq: row.seq,
    atMs: row.at,
    principalKind: row.principalKind as AuditEntry['principalKind'],
    who: row.who,
    from: row.from,
    action: row.action,
    subjectKind: row.subjectKind,
    subjectId: row.subjectId,
    group: row.group,
    outcome: row.outcome as AuditEntry['outcome'],
    reason: row.reason,
    before: parsed(row.before),
    after: parsed(row.after),
    hash: row.hash,
  };
}

const parsed = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown));

const COLUMNS = [
  'seq',
  'at',
  'principalKind',
  'who',
  'from',
  'action',
  'subjectKind',
  'subjectId',
  'group',
  'outcome',
  'reason',
  'before',
  'after',
  'prevHash',
  'hash',
] as const;

async function* exported(ctx: SchedulerContext, filter: AuditFilter, format: 'csv' | 'jsonl'): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  for (let afterSeq = 0; ; ) {
    const rows = await ctx.store.read('export-audit', (db) =>
      auditAfter(db, filter, { afterSeq, limit: EXPORT_BATCH }),
    );
    for (const row of rows) {
      yield format === 'csv'
        ? `${COLUMNS.map((column) => csvField(row[column])).join(',')}\r\n`
        : `${JSON.stringify(row)}\n`;
    }
    if (rows.length < EXPORT_BATCH) return;
    afterSeq = rows.at(-1)?.seq ?? 0;
  }
}

/** How a table program knows a formula, also in full width and behind what it skips. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
/** Quoted always; what a table program would take for a formula begins with an apostrophe. */
function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const inert = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

function definedOf<T extends object>(given: T): AuditFilter {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as AuditFilter;
}
