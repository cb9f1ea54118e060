import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm, firingSubject } from '../alarm/raise-alarm.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { decideFire, type FireRow, lockFire } from '../storage/sql/fire-queries.ts';
import { hasFiresHeldForPerson } from '../storage/sql/hold-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { assertPerson } from './assert-fire-order.ts';
import { decideDueFire } from './decide-due-fire.ts';
import type { FireState } from './fire-transitions.ts';

export interface DecideHeldFire {
  readonly fireId: number;
  readonly decision: 'fire' | 'skip';
  readonly reason: string;
  readonly by: string;
}

/**
 * A person decides one fire that is held, for its lateness or under a hold; `fire` runs it in spite of both. Throws
 * NOT_FOUND, CONFLICT (it is not held) and BAD_INPUT.
 */
export async function decideHeldFire(ctx: SchedulerContext, order: DecideHeldFire): Promise<{ state: FireState }> {
  assertPerson(order);
  const { effects, state } = await ctx.store.transaction('decide-held-fire', async (tx) => {
    const effects = newEffects();
    const fire = await lockFire(tx, order.fireId);
    if (fire === null) throw new DaybreakError('NOT_FOUND', `there is no fire ${order.fireId}`);
    if (fire.state !== 'held') throw new DaybreakError('CONFLICT', `fire ${fire.id} is ${fire.state}, not held`);
    const state =
      order.decision === 'fire'
        ? await decideDueFire(tx, ctx, fire, { holds: [], byPerson: true }, effects)
        : await giveVerdict(tx, fire, 'skipped', `${order.by}: ${order.reason}`, null, effects);
    if (!(await hasFiresHeldForPerson(tx, fire))) await closeAlarm(tx, { kind: 'FIRE_HELD', ...firingSubject(fire) });
    await recordOperatorAction(tx, {
      who: order.by,
      verb: `${order.decision}-held-fire`,
      subjectKind: 'fire',
      subjectId: fire.id,
      reason: order.reason,
    });
    return { effects, state: state ?? fire.state };
  });
  ctx.apply(effects);
  return { state };
}

/** Gives a held fire a verdict that makes no run. */
export async function giveVerdict(
  tx: SqlTx,
  fire: FireRow,
  to: 'merged' | 'skipped',
  reason: string,
  mergedInto: number | null,
  effects: Effects,
): Promise<FireState> {
  await decideFire(tx, fire, to, reason, mergedInto);
  effects.counts.push((metrics) => metrics.fires.add(1, { verdict: to }));
  return to;
}
