import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarms, firingSubject } from '../alarm/raise-alarm.ts';
import type { Chain } from '../definition/chain-definition.ts';
import { canonicalJson } from '../definition/config-hash.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { cachedChain, cachedJob } from '../storage/definition-cache.ts';
import {
  decideFire,
  deleteUndecidedFires,
  type FireRow,
  lastOwnInstant,
  type Scheduled,
  undecidedOwnFires,
} from '../storage/sql/fire-queries.ts';
import {
  deleteSchedule,
  insertSchedule,
  lastRunEnd,
  lockSchedule,
  type ScheduleRow,
  setSchedule,
} from '../storage/sql/schedule-queries.ts';
import { planSchedule } from './plan-schedule.ts';
import { ownOrigin, type Timed, timetableOf } from './timetable.ts';
import { plannedFor, writeFires } from './write-fires.ts';

/** A sweep fires while a chain runs, and not by a schedule that nobody else bounds. */
type MaybeSwept = Timed & Partial<Pick<Job, 'enabledWhile'>>;

export const firesItself = (timed: MaybeSwept): boolean =>
  ownOrigin(timed) !== null && timed.enabledWhile !== 'chain_running';

/**
 * Brings the schedule of a job or chain to its definition, in the transaction of the edit. Instants up to now are decided
 * by the version of before; what it had planned for later is taken back; the new one begins after both. A definition
 * whose timing is the same (a restart, another parameter) changes nothing: what was missed is seen.
 */
export async function syncSchedule(tx: SqlTx, of: Scheduled, timed: MaybeSwept, effects: Effects): Promise<void> {
  const fires = firesItself(timed);
  const row = await lockSchedule(tx, of);
  const before = row === null ? null : await versionOf(tx, of, row.configHash);
  if (row !== null && before !== null && fires && isSameTiming(before, timed)) {
    if (row.configHash !== timed.configHash) {
      await setSchedule(tx, of, { configHash: timed.configHash, nextAt: row.nextAt });
    }
    return;
  }
  if (row !== null && before !== null) await settlePast(tx, of, row, before, effects);
  // Whatever was wrong with the schedule of before: if it still is, the next pass says so.
  await closeAlarms(tx, 'SCHEDULE_BROKEN', [firingSubject(of)]);
  if (fires) {
    const later = await undecidedOwnFires(tx, of, { afterMs: tx.nowMs });
    if (row === null && (await areLastOf(tx, of, later, timed))) return;
    await deleteUndecidedFires(tx, later);
    await beginAt(tx, of, timed, row, firstAnchor(tx, timed));
    effects.wakes.add('plan-fires');
  } else {
    await skipUndecided(tx, await undecidedOwnFires(tx, of, { afterMs: -1 }), effects);
    if (row !== null) await deleteSchedule(tx, of);
  }
}

/**
 * Whether these are the last instants of a schedule that has come to its end, by the timing that it has now: they stay.
 * Planned anew, a rate would begin to count from now and lose them.
 */
async function areLastOf(tx: SqlTx, of: Scheduled, later: readonly FireRow[], timed: Timed): Promise<boolean> {
  const hash = later.at(-1)?.configHash ?? null;
  const planned = hash === null ? null : await versionOf(tx, of, hash);
  return planned !== null && isSameTiming(planned, timed);
}

/** A calendar has changed, or is about to: `change` is called between, with what was missed decided by the old one. */
export async function resyncAfter(
  tx: SqlTx,
  all: readonly { readonly of: Scheduled; readonly timed: Timed }[],
  change: () => Promise<void>,
  effects: Effects,
): Promise<void> {
  const rows = new Map<Timed, ScheduleRow | null>();
  for (const { of, timed } of all) {
    const row = await lockSchedule(tx, of);
    rows.set(timed, row);
    if (row !== null) await settlePast(tx, of, row, timed, effects);
  }
  await change();
  for (const { of, timed } of all) {
    const row = rows.get(timed) ?? null;
    const later = await undecidedOwnFires(tx, of, { afterMs: tx.nowMs });
    const waitsForRun = row !== null && row.nextAt === null && later.length === 0;
    if (waitsForRun) continue;
    await deleteUndecidedFires(tx, later);
    // A rate keeps its beat.
    await beginAt(tx, of, timed, row, later[0]?.plannedAt ?? row?.nextAt ?? firstAnchor(tx, timed));
  }
  effects.wakes.add('plan-fires');
}

const firstAnchor = (tx: SqlTx, { schedule }: Timed): number => {
  if (schedule.kind === 'fixed_rate') return tx.nowMs + schedule.everyMs;
  return schedule.kind === 'fixed_delay' ? tx.nowMs + schedule.delayMs : 0;
};

/** Of a schedule that begins now and has no past. */
export const firstInstant = async (tx: SqlTx, timed: Timed): Promise<number | null> =>
  (await timetableOf(tx, timed)).instants(firstAnchor(tx, timed)).firstFrom(tx.nowMs + 1);

/** Its next instant is later than now and than every instant that has a fire already: no instant is decided twice. */
async function beginAt(
  tx: SqlTx,
  of: Scheduled,
  timed: Timed,
  row: ScheduleRow | null,
  anchorMs: number,
): Promise<void> {
  const isDelay = timed.schedule.kind === 'fixed_delay';
  const afterMs = Math.max(tx.nowMs, (await lastOwnInstant(tx, of)) ?? 0);
  const first = (await timetableOf(tx, timed)).instants(anchorMs).firstFrom(afterMs + 1);
  const waitsForRun = isDelay && (await lastRunEnd(tx, of))?.endedAt === null;
  const nextAt = waitsForRun ? null : first;
  const schedule = { configHash: timed.configHash, nextAt };
  // Only a delay may be without an instant and get one later; any other schedule has come to its end.
  if (nextAt === null && !isDelay) await deleteSchedule(tx, of);
  else if (row === null) await insertSchedule(tx, of, schedule);
  else await setSchedule(tx, of, schedule);
}

async function settlePast(tx: SqlTx, of: Scheduled, row: ScheduleRow, before: Timed, effects: Effects): Promise<void> {
  const origin = ownOrigin(before);
  if (origin === null || row.nextAt === null || row.nextAt > tx.nowMs) return;
  const table = await timetableOf(tx, before);
  const undecided = await undecidedOwnFires(tx, of, { beforeMs: tx.nowMs + 1 });
  const plan = planSchedule({
    instants: table.instants(row.nextAt),
    misfire: before.misfire,
    cursorMs: row.nextAt,
    undecidedMs: undecided.map((fire) => fire.plannedAt),
    nowMs: tx.nowMs,
    aheadMs: 0,
  });
  await writeFires(
    tx,
    [{ of: plannedFor({ ...of, configHash: row.configHash }, before.name, origin, table, undecided), plan }],
    effects,
  );
}

async function skipUndecided(tx: SqlTx, fires: readonly FireRow[], effects: Effects): Promise<void> {
  for (const fire of fires) {
    if (!(await decideFire(tx, fire, 'skipped', 'it was stopped before this instant was due'))) continue;
    effects.counts.push((metrics) => metrics.fires.add(1, { verdict: 'skipped' }));
  }
}

const versionOf = (tx: SqlTx, of: Scheduled, configHash: string): Promise<(Job | Chain) | null> =>
  of.jobId !== 0 ? cachedJob(tx, of.jobId, configHash) : cachedChain(tx, of.chainId, configHash);

const timingOf = (timed: MaybeSwept): string =>
  canonicalJson({
    schedule: timed.schedule,
    limits: timed.limits,
    businessDate: timed.businessDate,
    enabled: timed.enabled,
    enabledWhile: timed.enabledWhile ?? 'always',
  });

export const isSameTiming = (a: MaybeSwept, b: MaybeSwept): boolean => timingOf(a) === timingOf(b);
