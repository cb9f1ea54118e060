import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentCachedJob } from '../storage/definition-cache.ts';
import type { FireRow } from '../storage/sql/fire-queries.ts';
import {
  allHolds,
  deleteHold,
  firesHeldUnder,
  type HoldRow,
  type HoldScope,
  latestHeldUnder,
  lockHold,
  moveHeldFire,
} from '../storage/sql/hold-queries.ts';
import { assertPerson } from './assert-fire-order.ts';
import { decideDueFire } from './decide-due-fire.ts';
import { giveVerdict } from './decide-held-fire.ts';
import type { FireState } from './fire-transitions.ts';
import { holdOver } from './held-by.ts';
import { CLUSTER, recordHold } from './holds.ts';
import { tellHeldFires } from './tell-held-fires.ts';

// Fires per transaction.
const BATCH = 100;

export interface Resume {
  readonly scope: HoldScope;
  readonly name?: string;
  readonly by: string;
}

/**
 * Takes a hold away. What it held is fired, merged or skipped as its `onResume` says, oldest first, some of it per
 * transaction; the hold stands until the last of them, so after a crash it is resumed again and goes on. A fire under
 * another hold as well stays held under that one. Throws BAD_INPUT and NOT_FOUND.
 */
export async function resume(
  ctx: SchedulerContext,
  order: Resume,
): Promise<{ fired: number; merged: number; skipped: number }> {
  const name = order.scope === 'cluster' ? CLUSTER : (order.name ?? '');
  assertPerson({ by: order.by });
  const counted = { fired: 0, merged: 0, skipped: 0 };
  for (let done = false; !done; ) {
    const batch = await ctx.store.transaction('resume', (tx) => resumeBatch(tx, ctx, { ...order, name }));
    ctx.apply(batch.effects);
    for (const state of batch.states) if (state in counted) counted[state as keyof typeof counted] += 1;
    done = batch.done;
  }
  ctx.wake('advance-backfills');
  return counted;
}

async function resumeBatch(tx: SqlTx, ctx: SchedulerContext, order: Resume & { readonly name: string }) {
  const { scope, name, by } = order;
  const effects = newEffects();
  const row = await lockHold(tx, scope, name);
  if (row === null) throw new DaybreakError('NOT_FOUND', `there is no hold on ${scope} "${name}"`);
  const others = (await allHolds(tx)).filter((each) => each.scope !== scope || each.name !== name);
  const { fires, more } = await firesHeldUnder(tx, scope, name, BATCH);
  const states: FireState[] = [];
  // By job, because jobs are locked in the order of their ids; of one job the oldest first.
  for (const fire of [...fires].sort((a, b) => a.jobId - b.jobId || a.plannedAt - b.plannedAt || a.id - b.id)) {
    const state = await resumeFire(tx, ctx, { fire, row, others }, effects);
    if (state !== null) states.push(state);
  }
  if (!more) {
    await deleteHold(tx, scope, name);
    await recordHold(tx, 'resume', { scope, name, by, reason: row.reason, detail: { onResume: row.onResume } });
  }
  return { effects, states, done: !more };
}

interface HeldFire {
  readonly fire: FireRow;
  readonly row: HoldRow;
  readonly others: readonly HoldRow[];
}

async function resumeFire(
  tx: SqlTx,
  ctx: SchedulerContext,
  { fire, row, others }: HeldFire,
  effects: Effects,
): Promise<FireState | null> {
  const job = fire.jobId === 0 ? null : await currentCachedJob(tx, fire.jobId);
  const chainId = fire.chainId === 0 ? null : fire.chainId;
  const other = await holdOver(tx, others, { jobId: job?.id ?? null, group: job?.group ?? null, chainId });
  if (other !== null) {
    await moveHeldFire(tx, fire.id, other);
    return null;
  }
  if (row.onResume === 'none')
    return giveVerdict(tx, fire, 'skipped', 'its hold was taken away with onResume none', null, effects);
  // A date of a backfill stands for itself: no other instant of the job is for that date.
  if (row.onResume === 'latest' && fire.origin !== 'backfill') {
    const latest = await latestHeldUnder(tx, row.scope, row.name, fire);
    if (latest !== null && latest.id !== fire.id) {
      return giveVerdict(tx, fire, 'merged', 'its hold was taken away: the latest stands for it', latest.id, effects);
    }
  }
  const state = await decideDueFire(tx, ctx, fire, { holds: [] }, effects);
  if (state === null) {
    // Past its cut-off: from here on it waits for a person and not for a hold.
    await moveHeldFire(tx, fire.id, null);
    await tellHeldFires(tx, [{ ...fire, reason: 'its hold was taken away after its cut-off' }], effects);
  }
  return state;
}
