import { messageOf } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarms, firingSubject, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type FireRow, lockFires, plannedFires } from '../storage/sql/fire-queries.ts';
import { allHolds } from '../storage/sql/hold-queries.ts';
import { decideDueFire } from './decide-due-fire.ts';
import { isLeftOver, judgeLeftOver } from './judge-left-over.ts';

// Fires per transaction: on SQLite some 20 ms, in which nobody else has the store.
const BATCH = 100;
const LOOK_AHEAD_MS = 1_000;

/** Gives each fire that is due its verdict, oldest first, and says when the next one of the coming second is due. */
export async function fireDueJobs(ctx: SchedulerContext): Promise<BodyReport> {
  let after = { plannedAt: 0, fireId: 0 };
  for (;;) {
    const { nowMs, fires } = await ctx.store.read('list-planned-fires', async (db) => ({
      nowMs: db.nowMs,
      fires: await plannedFires(db, db.nowMs + LOOK_AHEAD_MS, BATCH, after),
    }));
    const due = fires.filter((fire) => fire.plannedAt <= nowMs);
    await decideAll(
      ctx,
      due.map((fire) => fire.fireId),
    );
    const next = fires[due.length];
    if (next !== undefined) return { wakeInMs: next.plannedAt - nowMs };
    if (fires.length < BATCH) return { wakeInMs: null };
    after = fires.at(-1) ?? after;
    await ctx.runtime.yieldTurn();
  }
}

async function decideAll(ctx: SchedulerContext, fireIds: readonly number[]): Promise<void> {
  if (fireIds.length === 0) return;
  try {
    await decideTogether(ctx, fireIds);
  } catch (error) {
    if (fireIds.length === 1) return tellBroken(ctx, fireIds[0] ?? 0, error);
    // One of them cannot be decided; it must not hold up the others.
    for (const fireId of fireIds) await decideAll(ctx, [fireId]);
  }
}

async function decideTogether(ctx: SchedulerContext, fireIds: readonly number[]): Promise<void> {
  const { effects, chainFires } = await ctx.store.transaction('fire-due-jobs', async (tx) => {
    const effects = newEffects();
    const fires = (await lockFires(tx, fireIds)).filter((fire) => isDue(tx, fire));
    const jobFires = fires.filter((fire) => fire.jobId !== 0);
    await decideLocked(tx, ctx, jobFires, effects);
    return { effects, chainFires: fires.filter((fire) => fire.jobId === 0) };
  });
  ctx.apply(effects);
  // A chain locks its own row and those of its roots: each in a transaction of its own, so that no two orders meet.
  for (const { id } of chainFires) {
    const effects = await ctx.store.transaction('fire-due-chain', async (tx) => {
      const effects = newEffects();
      const fires = (await lockFires(tx, [id])).filter((fire) => isDue(tx, fire));
      await decideLocked(tx, ctx, fires, effects);
      return effects;
    });
    ctx.apply(effects);
  }
}

const isDue = (tx: SqlTx, fire: FireRow): boolean => fire.state === 'planned' && fire.plannedAt <= tx.nowMs;

/** By job, because jobs are locked in the order of their ids; of one job the oldest first. */
async function decideLocked(
  tx: SqlTx,
  ctx: SchedulerContext,
  fires: readonly FireRow[],
  effects: Effects,
): Promise<void> {
  const holds = fires.length === 0 ? [] : await allHolds(tx);
  const inOrder = [...fires].sort((a, b) => a.jobId - b.jobId || a.plannedAt - b.plannedAt || a.id - b.id);
  for (const fire of inOrder) {
    if (await isLeftOver(tx, fire)) await judgeLeftOver(tx, fire, effects);
    else await decideDueFire(tx, ctx, fire, { holds }, effects);
  }
  await closeAlarms(tx, 'FIRE_BROKEN', inOrder.map(firingSubject));
}

async function tellBroken(ctx: SchedulerContext, fireId: number, error: unknown): Promise<void> {
  ctx.logger.error({ err: error, fireId }, 'a fire could not be decided; it is tried again');
  const effects = newEffects();
  await ctx.store.transaction('tell-broken-fire', async (tx) => {
    const [fire] = await lockFires(tx, [fireId]);
    if (fire === undefined) return;
    const subject = firingSubject(fire);
    const message = `fire ${fireId} of ${subject.subjectKind} ${subject.subjectId} cannot be decided: ${messageOf(error)}`;
    await raiseAlarm(tx, { kind: 'FIRE_BROKEN', ...subject, severity: 'critical', message }, effects);
  });
  ctx.apply(effects);
}
