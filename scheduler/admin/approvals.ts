import { DaybreakError, isDaybreakError, messageOf } from '../../shared/errors.ts';
import { approveNodeMark } from '../chain/mark-node.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ApprovalRow, approvalById, lockApproval, moveApproval } from '../storage/sql/admin-approval-queries.ts';
import { keyById } from '../storage/sql/admin-people-queries.ts';
import { askExecutor } from './inspect/ask-executor.ts';
import { calledAs } from './people/principals.ts';
import type { Principal } from './rights/rights.ts';

export interface Decision {
  readonly approvalId: number;
  readonly principal: Principal;
  readonly words: string | null;
}

/** A decision that nobody has finished for so long is one that was cut off: it may be made again. */
const CUT_OFF_MS = 120_000;

/**
 * The second person agrees, and what was asked for is done. Throws NOT_FOUND, and CONFLICT when it was decided already, or
 * when the person who asked would approve of it. What cannot be done any more is kept as failed, with why.
 */
export async function approve(ctx: SchedulerContext, decision: Decision): Promise<void> {
  const by = calledAs(decision.principal);
  const row = await take(ctx, decision, by);
  try {
    await carryOut(ctx, row, by);
  } catch (error) {
    // Nobody knows whether it was done, or it was not: it stays open, and who tries again does it at most once.
    const isUnclear = !isDaybreakError(error) || error.retryable;
    await settle(ctx, row.id, isUnclear ? 'open' : 'failed', by, messageOf(error));
    throw error;
  }
  await settle(ctx, row.id, 'approved', by, decision.words);
}

/** Takes the request for this decision, so that two people who click at once decide once. */
async function take(ctx: SchedulerContext, decision: Decision, by: string): Promise<ApprovalRow> {
  return ctx.store.transaction('take-approval', async (tx) => {
    const row = await lockApproval(tx, decision.approvalId);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no request ${decision.approvalId}`);
    const isCutOff = row.state === 'deciding' && tx.nowMs - (row.decidedAt ?? 0) > CUT_OFF_MS;
    if (row.state !== 'open' && !isCutOff) throw new DaybreakError('CONFLICT', `it is ${row.state} already`);
    const refusal = decisionRefusal(row, decision.principal, await keyMakerOf(tx, row));
    if (refusal !== null) throw new DaybreakError('CONFLICT', refusal);
    await moveApproval(tx, { id: row.id, from: row.state, to: 'deciding', by, decision: null });
    return row;
  });
}

async function keyMakerOf(db: Parameters<typeof keyById>[0], row: ApprovalRow): Promise<string | null> {
  return row.askedKind === 'key' ? ((await keyById(db, row.askedId))?.createdBy ?? null) : null;
}

/** Why somebody may not decide on it, or null: it takes a second person, and a key is none. */
export function decisionRefusal(
  row: Pick<ApprovalRow, 'askedKind' | 'askedId' | 'askedBy'>,
  principal: Principal,
  keyMaker: string | null,
): string | null {
  if (principal.kind !== 'user') return 'a person has to decide: a key is none';
  const isOwn = row.askedKind === 'user' && row.askedId === principal.id;
  if (isOwn || row.askedBy === principal.name || keyMaker === principal.name) {
    return `${principal.name} asked for this: it takes a second person to decide`;
  }
  return null;
}

async function settle(
  ctx: SchedulerContext,
  id: number,
  to: 'open' | 'approved' | 'failed',
  by: string,
  words: string | null,
): Promise<void> {
  await ctx.store.transaction('settle-approval', (tx) =>
    moveApproval(tx, { id, from: 'deciding', to, by, decision: words }),
  );
}

async function carryOut(ctx: SchedulerContext, row: ApprovalRow, by: string): Promise<void> {
  const order = JSON.parse(row.order) as Record<string, unknown>;
  switch (row.kind) {
    case 'node.mark': {
      const { chainRunId, node } = order as { chainRunId: number; node: string };
      await approveNodeMark(ctx, { chainRunId, node, by });
      return;
    }
    case 'item.resolve': {
      const { requestNo, as } = order as { requestNo: string; as: string };
      const params = { requestNo, as, by: row.askedBy, approvedBy: by, reason: row.reason };
      await askExecutor(ctx, row.appName, { question: 'items.resolve', params });
      return;
    }
  }
}

/** Says no, or takes it back. Throws NOT_FOUND, and CONFLICT when it was decided, or by the wrong person. */
export async function close(ctx: SchedulerContext, to: 'rejected' | 'withdrawn', decision: Decision): Promise<void> {
  await ctx.store.transaction(`approval-${to}`, async (tx) => {
    const row = await lockApproval(tx, decision.approvalId);
    if (row === null) throw new DaybreakError('NOT_FOUND', `there is no request ${decision.approvalId}`);
    if (row.state !== 'open') throw new DaybreakError('CONFLICT', `it is ${row.state} already`);
    const { principal } = decision;
    const isOwn = row.askedKind === principal.kind && row.askedId === principal.id;
    if (to === 'withdrawn' && !isOwn && !principal.isAdmin) {
      throw new DaybreakError('CONFLICT', `only ${row.askedBy}, who asked, can take it back`);
    }
    const move = { id: row.id, from: 'open', to, by: calledAs(principal), decision: decision.words } as const;
    await moveApproval(tx, move);
  });
}

export async function readApproval(ctx: SchedulerContext, id: number): Promise<ApprovalRow> {
  const row = await ctx.store.read('read-approval', (db) => approvalById(db, id));
  if (row === null) throw new DaybreakError('NOT_FOUND', `there is no request ${id}`);
  return row;
}
