import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Effects } from '../effects.ts';
import { currentCachedChain, currentCachedJob } from '../storage/definition-cache.ts';
import {
  type FireRow,
  lockFire,
  OWN_ORIGINS,
  type OwnOrigin,
  pickUndecidedOwnFires,
} from '../storage/sql/fire-queries.ts';
import { pickSchedule, scheduleOf } from '../storage/sql/schedule-queries.ts';
import { isMissed, judgeMissed, missedBeforeMs } from './judge-missed.ts';
import { type Timed, timetableOf } from './timetable.ts';
import { plannedFor, writeFires } from './write-fires.ts';

/**
 * Whether a due fire was planned before an outage and is by now missed: its misfire policy has not been asked. A fire
 * that says why it is late was judged.
 */
export async function isLeftOver(tx: SqlTx, fire: FireRow): Promise<boolean> {
  if (fire.reason !== null || fire.chainRunId !== null) return false;
  if (!OWN_ORIGINS.some((origin) => origin === fire.origin)) return false;
  const timed = await timedOf(tx, fire);
  return timed !== null && isMissed(fire.plannedAt, timed.misfire, tx.nowMs);
}

/**
 * Judges what is left over of one schedule, all of it together. When later instants were missed as well, the cursor
 * stands among them: then the planner, which sees both, judges. Its schedule is locked meanwhile, so that no planner moves
 * the cursor; where somebody else has it, or one of the fires, they are left for the next pass (nobody waits here with
 * fires in hand: whoever plans or edits takes the schedule first). Returns the fire if it fires, late: it is to be decided
 * now, before what was due after it.
 */
export async function judgeLeftOver(tx: SqlTx, fire: FireRow, effects: Effects): Promise<FireRow | null> {
  const timed = await timedOf(tx, fire);
  if (timed === null) return null;
  const missedMs = missedBeforeMs(timed.misfire, tx.nowMs);
  const schedule = await pickSchedule(tx, fire);
  if (schedule === null && (await scheduleOf(tx, fire)) !== null) return null;
  if (schedule?.nextAt != null && schedule.nextAt < missedMs) {
    effects.wakes.add('plan-fires');
    return null;
  }
  // Another one of this batch may have judged it.
  const known = await lockFire(tx, fire.id);
  if (known === null || known.reason !== null) return ifPlanned(known);
  const undecided = await pickUndecidedOwnFires(tx, fire, { beforeMs: missedMs });
  if (undecided === null) return null;
  const verdicts = judgeMissed(
    undecided.map((each) => each.plannedAt),
    timed.misfire,
    tx.nowMs,
  );
  const of = plannedFor(
    { jobId: fire.jobId, chainId: fire.chainId, configHash: timed.configHash },
    timed.name,
    fire.origin as OwnOrigin,
    await timetableOf(tx, timed),
    undecided,
  );
  await writeFires(tx, [{ of, plan: { verdicts, truncated: null } }], effects);
  effects.wakes.add('fire-due-jobs');
  return ifPlanned(await lockFire(tx, fire.id));
}

const ifPlanned = (judged: FireRow | null): FireRow | null => (judged?.state === 'planned' ? judged : null);

const timedOf = (tx: SqlTx, fire: FireRow): Promise<Timed | null> =>
  fire.jobId !== 0 ? currentCachedJob(tx, fire.jobId) : currentCachedChain(tx, fire.chainId);
