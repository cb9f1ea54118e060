import { isDaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { BodyReport } from '../clockwork.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  type BulkOperationRow,
  type BulkTargetRow,
  endBulk,
  endTarget,
  openTargets,
  pickBulk,
  runningBulks,
} from '../storage/sql/bulk-queries.ts';
import { BULK_ACTS, type BulkTarget, type BulkVerb } from './bulk-verbs.ts';
import { recordTarget, targetState } from './record-target.ts';

// Targets per look at the list; each of them is a transaction of its own.
const BATCH = 50;

/** Does what is left of operations whose scheduler has died, or is doing them: of a target that is done nothing is left. */
export async function finishBulks(ctx: SchedulerContext): Promise<BodyReport> {
  const running = await ctx.store.read('list-bulks', runningBulks);
  let failure: unknown = null;
  for (const { id } of running) {
    try {
      await workBulk(ctx, id);
    } catch (error) {
      // One that cannot go on must not hold up the others.
      ctx.logger.error({ err: error, operationId: id }, 'a bulk operation could not go on; it is tried again');
      failure ??= error;
    }
  }
  if (failure !== null) throw failure;
  return {};
}

/**
 * Each target in a transaction of its own, with the operation's row locked: two schedulers take turns, and a target gets its
 * end with what was done to it, in one commit. A refusal is a result; an error of the store ends the pass, and the next one
 * goes on.
 */
export async function workBulk(ctx: SchedulerContext, operationId: number, patienceMs = Infinity): Promise<void> {
  const startedMs = ctx.runtime.clock.monotonicMs();
  for (;;) {
    const open = await ctx.store.read('list-bulk-targets', (db) => openTargets(db, operationId, BATCH));
    for (const target of open) {
      // Looked at after the first one: who has no patience at all still sees something done.
      if (!(await workOne(ctx, target))) return;
      if (ctx.runtime.clock.monotonicMs() - startedMs >= patienceMs) return ctx.wake('finish-bulks');
    }
    await ctx.runtime.yieldTurn();
    if (open.length < BATCH) break;
  }
  await ctx.store.transaction('end-bulk', (tx) => endBulk(tx, operationId));
}

/** False: another scheduler has the operation. */
async function workOne(ctx: SchedulerContext, listed: BulkTargetRow): Promise<boolean> {
  try {
    return await doOne(ctx, listed);
  } catch (error) {
    if (!isDaybreakError(error) || error.status >= 500 || error.code === 'SQL_CONFLICT') throw error;
    // What it had done was rolled back with it; only the refusal is kept.
    return ctx.store.transaction('refuse-bulk-target', async (tx) => {
      const operation = await pickBulk(tx, listed.operationId);
      if (operation === null) return false;
      const reason = `${error.code}: ${error.message}`;
      await endTarget(tx, listed, { state: 'failure', reason, result: null });
      await recordTarget(tx, operation, listed, { outcome: 'refused', why: reason });
      return true;
    });
  }
}

async function doOne(ctx: SchedulerContext, listed: BulkTargetRow): Promise<boolean> {
  const effects = await ctx.store.transaction('work-bulk-target', async (tx) => {
    const operation = await pickBulk(tx, listed.operationId);
    if (operation === null) return null;
    const effects = newEffects();
    const [target] = (await openTargets(tx, operation.id, 1)).filter(({ targetNo }) => targetNo === listed.targetNo);
    // Done since the list was read.
    if (target !== undefined) await actOn(tx, ctx, { operation, target }, effects);
    return effects;
  });
  if (effects === null) return false;
  ctx.apply(effects);
  return true;
}

/** All of it in the transaction that stores it: the first refusal is thrown, and nothing was. */
export async function workAtomic(tx: SqlTx, ctx: SchedulerContext, operation: BulkOperationRow): Promise<Effects> {
  const effects = newEffects();
  const targets = await openTargets(tx, operation.id, operation.total);
  for (const target of targets) await actOn(tx, ctx, { operation, target }, effects);
  await endBulk(tx, operation.id);
  return effects;
}

async function actOn(
  tx: SqlTx,
  ctx: SchedulerContext,
  { operation, target }: { readonly operation: BulkOperationRow; readonly target: BulkTargetRow },
  effects: Effects,
): Promise<void> {
  const { businessDate, param, tag } = JSON.parse(operation.args) as Args;
  const order: BulkTarget['order'] = {
    by: operation.askedBy,
    requestId: operation.requestId,
    reason: operation.reason,
    ...(businessDate === null ? {} : { businessDate }),
    ...(param === null ? {} : { param }),
    ...(tag === undefined ? {} : { tag }),
  };
  const before = await targetState(tx, operation, target);
  const result = await BULK_ACTS[operation.verb as BulkVerb].act(tx, ctx, { id: target.targetId, order }, effects);
  await endTarget(tx, target, {
    state: 'success',
    reason: null,
    result: result === null ? null : JSON.stringify(result),
  });
  await recordTarget(tx, operation, target, { outcome: 'done', before });
}

interface Args {
  readonly businessDate: string | null;
  readonly param: string | null;
  readonly tag?: string;
}
