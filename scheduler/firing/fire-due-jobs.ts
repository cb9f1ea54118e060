import { messageOf } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarms, firingSubject, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import type { Sender } from '../dispatch/send-run-request.ts';
import { type Effects, newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJobs } from '../storage/definition-cache.ts';
import { type FireRow, lockFires, pickFires, plannedFires } from '../storage/sql/fire-queries.ts';
import { type HoldRow, keepHolds } from '../storage/sql/hold-queries.ts';
import { versionsDueUpTo } from '../storage/sql/many-fires-queries.ts';
import { DUE } from './burst.ts';
import { decideDueFire } from './decide-due-fire.ts';
import { fireTogether } from './fire-together.ts';
import { isLeftOver, judgeLeftOver } from './judge-left-over.ts';

// Fires per transaction: some 80 ms, in which nobody else has the store when it is SQLite. Its statements and the messages
// that follow cost the same for few as for many.
const BATCH = 1_000;
const LOOK_AHEAD_MS = 1_000;
// So many within that time are read ahead.
const MUCH = 500;
// A fire that another scheduler has: nearly always it is decided by then, and if that one died it is free.
const BUSY_AGAIN_MS = 100;

/**
 * Gives each fire that is due its verdict, oldest first, and says when the next one of the coming second is due. Of several
 * schedulers each takes what nobody else has locked; what one leaves when it dies is free with its connection, and found by
 * the next tick. With a sender, the first attempts of plain runs are stored here and leave at once.
 */
export async function fireDueJobs(
  ctx: SchedulerContext,
  sender: Pick<Sender, 'send'> | null = null,
): Promise<BodyReport> {
  let after = { plannedAt: 0, fireId: 0 };
  const pass = { ctx, sender, busy: 0 };
  for (;;) {
    const { nowMs, fires } = await ctx.store.read('list-planned-fires', async (db) => ({
      nowMs: db.nowMs,
      fires: await plannedFires(db, db.nowMs + LOOK_AHEAD_MS, BATCH, after),
    }));
    const due = fires.filter((fire) => fire.plannedAt <= nowMs);
    ctx.burst.began(DUE, due.length);
    try {
      await decideAll(
        pass,
        due.map((fire) => fire.fireId),
      );
    } finally {
      ctx.burst.ended(DUE, due.length);
    }
    if (due.length === 0 && fires.length >= MUCH) await readAhead(ctx);
    const next = fires[due.length];
    const againInMs = pass.busy > 0 ? BUSY_AGAIN_MS : Infinity;
    if (next !== undefined) return { wakeInMs: Math.min(next.plannedAt - nowMs, againInMs) };
    if (fires.length < BATCH) return { wakeInMs: pass.busy > 0 ? againInMs : null };
    after = fires.at(-1) ?? after;
    await ctx.runtime.yieldTurn();
  }
}

/**
 * Much is due within a second: its definitions are read now, and not between the instant and the runs. Half of them were
 * planned by another scheduler. A version never changes, so whatever is edited until then is read when it is due.
 *
 * It saves time and decides nothing: one version that cannot be read must not keep this pass from saying when the others
 * are due. It is met again at its own fire, and told by its name.
 */
async function readAhead(ctx: SchedulerContext): Promise<void> {
  try {
    await ctx.store.read('read-ahead', async (db) => {
      const versions = await versionsDueUpTo(db, db.nowMs + LOOK_AHEAD_MS);
      for (let from = 0; from < versions.length; from += BATCH)
        await cachedJobs(db, versions.slice(from, from + BATCH));
    });
  } catch (error) {
    ctx.logger.warn({ err: error }, 'definitions could not be read ahead; they are read when they are due');
  }
}

interface Pass {
  readonly ctx: SchedulerContext;
  readonly sender: Pick<Sender, 'send'> | null;
  /** Fires that somebody else had. */
  busy: number;
}

async function decideAll(pass: Pass, fireIds: readonly number[]): Promise<void> {
  if (fireIds.length === 0) return;
  try {
    await decideTogether(pass, fireIds);
  } catch (error) {
    if (fireIds.length === 1) return tellBroken(pass.ctx, fireIds[0] ?? 0, error);
    // One of them cannot be decided; it must not hold up the others: halves of halves find it soon.
    const half = Math.ceil(fireIds.length / 2);
    await decideAll(pass, fireIds.slice(0, half));
    await decideAll(pass, fireIds.slice(half));
  }
}

async function decideTogether(pass: Pass, fireIds: readonly number[]): Promise<void> {
  const { ctx, sender } = pass;
  const { effects, dispatches, chainFires, busy } = await ctx.store.transaction('fire-due-jobs', async (tx) => {
    const effects = newEffects();
    const holds = await keepHolds(tx);
    const picked = await pickFires(tx, fireIds);
    const fires = picked.filter((fire) => isDue(tx, fire));
    const jobFires = inOrder(fires.filter((fire) => fire.jobId !== 0));
    const { dispatches, rest, busy } =
      holds.length > 0 || jobFires.length === 0
        ? { dispatches: [], rest: jobFires, busy: 0 }
        : await fireTogether(tx, ctx, jobFires, effects, sender !== null);
    await decideLocked(tx, ctx, { fires: rest, holds }, effects);
    await closeAlarms(tx, 'FIRE_BROKEN', jobFires.map(firingSubject));
    const left = busy + fireIds.length - picked.length;
    return { effects, dispatches, chainFires: fires.filter((fire) => fire.jobId === 0), busy: left };
  });
  ctx.apply(effects);
  pass.busy += busy;
  for (const dispatch of dispatches) sender?.send(dispatch);
  // A chain locks its own row and those of its roots: each in a transaction of its own, so that no two orders meet.
  for (const { id } of chainFires) {
    const effects = await ctx.store.transaction('fire-due-chain', async (tx) => {
      const effects = newEffects();
      const holds = await keepHolds(tx);
      const fires = (await pickFires(tx, [id])).filter((fire) => isDue(tx, fire));
      await decideLocked(tx, ctx, { fires, holds }, effects);
      await closeAlarms(tx, 'FIRE_BROKEN', fires.map(firingSubject));
      return effects;
    });
    ctx.apply(effects);
  }
}

const isDue = (tx: SqlTx, fire: FireRow): boolean => fire.state === 'planned' && fire.plannedAt <= tx.nowMs;

/** By job, because jobs are locked in the order of their ids; of one job the oldest first. */
const inOrder = (fires: readonly FireRow[]): FireRow[] =>
  [...fires].sort((a, b) => a.jobId - b.jobId || a.plannedAt - b.plannedAt || a.id - b.id);

async function decideLocked(
  tx: SqlTx,
  ctx: SchedulerContext,
  { fires, holds }: { readonly fires: readonly FireRow[]; readonly holds: readonly HoldRow[] },
  effects: Effects,
): Promise<void> {
  for (const fire of fires) {
    const due = (await isLeftOver(tx, fire)) ? await judgeLeftOver(tx, fire, effects) : fire;
    if (due !== null) await decideDueFire(tx, ctx, due, { holds }, effects);
  }
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
