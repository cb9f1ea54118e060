import type { SqlReader } from '../../../shared/sql/sql.ts';
import { type Alarm, closeAlarm, raiseAlarm } from '../../alarm/raise-alarm.ts';
import { newEffects } from '../../effects.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { partlyToldOpenRuns } from '../../storage/sql/admin-live-queries.ts';
import { openAlarmKeys } from '../../storage/sql/alarm-queries.ts';
import type { LiveCounts } from '../night/live-counts.ts';
import { lateChains } from './late-chains.ts';
import type { Movements } from './movements.ts';

/** No slice was told settled, no attempt began or ended, and executors that were asked answered the same, for so long. */
export const STALLED_MS = 10 * 60_000;
/** All shards are back, and items are still without a known outcome after so long. */
export const UNRESOLVED_MS = 30 * 60_000;

/** A run should have begun so long ago, and waits. */
export const LATE_START_MS = 10 * 60_000;

const KINDS = ['CUT_OFF_IN_DANGER', 'RUN_STALLED', 'ITEMS_UNRESOLVED', 'EXECUTOR_LOST', 'START_LATE'] as const;

export interface NightWatch {
  /** How far runs are now, as their executors answer it. */
  readonly counts: LiveCounts;
  readonly movements: Movements;
}

/**
 * Raises what only a look at the whole tells: no single event says that a night will be late. Closes what is over.
 * Executors are asked between two reads how far they are: no transaction waits for another machine.
 */
export async function watchNights(ctx: SchedulerContext, { counts, movements }: NightWatch): Promise<void> {
  const asked = await ctx.store.read('find-runs-to-ask', partlyToldOpenRuns);
  const now = await counts.of(asked);
  const { wanted, open } = await ctx.store.read('watch-nights', async (db) => {
    movements.note(
      asked.map(({ runId }) => runId),
      now,
      db.nowMs,
    );
    const open = new Map<string, (typeof KINDS)[number]>();
    for (const kind of KINDS) for (const key of await openAlarmKeys(db, kind)) open.set(key, kind);
    const isOpen = (alarm: AlarmSubject) => open.has(keyOf(alarm));
    const wanted = [
      ...(await lateChains(db, { counts: now, isOpen })),
      ...(await stuckRuns(db, movements, isOpen)),
      ...(await lateStarts(db)),
      ...(await lostExecutors(db)),
    ];
    return { wanted, open };
  });
  const keys = new Set(wanted.map(keyOf));
  const fresh = wanted.filter((alarm) => !open.has(keyOf(alarm)));
  const over = [...open].filter(([key]) => !keys.has(key));
  if (fresh.length + over.length === 0) return;
  const effects = await ctx.store.transaction('tell-of-nights', async (tx) => {
    const effects = newEffects();
    for (const alarm of fresh) await raiseAlarm(tx, alarm, effects);
    for (const [key, kind] of over) {
      const [, subjectKind = '', subjectId = ''] = key.split(':');
      // A process that is gone for good is told until a person says that it is dealt with.
      if (kind === 'EXECUTOR_LOST' && (await isGone(tx, Number(subjectId)))) continue;
      // A later night, or a person, settles what a run has left behind.
      if (kind === 'ITEMS_UNRESOLVED' && (await hasEndedPartlyTold(tx, Number(subjectId)))) continue;
      await closeAlarm(tx, { kind, subjectKind: subjectKind as Alarm['subjectKind'], subjectId });
    }
    return effects;
  });
  ctx.apply(effects);
}

/** Open runs that tell their slices: one that nothing moves in, and one that is back with items open. */
async function stuckRuns(
  db: SqlReader,
  movements: Movements,
  isOpen: (alarm: AlarmSubject) => boolean,
): Promise<Alarm[]> {
  const rows = await db.all<{
    id: number;
    job: string;
    state: string;
    slices: number;
    told: number;
    dispatchedAt: number | null;
    createdAt: number;
    toldAt: number | null;
    sentAt: number | null;
    endedAt: number | null;
  }>(
    `select r.id, j.name as job, r.state, r.slice_count as slices, r.slices_told as told, r.dispatched_at as dispatchedAt,
       r.created_at as createdAt, (select max(t.told_at) from s_told_slice t where t.run_id = r.id) as toldAt,
       (select max(a.sent_at) from s_attempt a where a.run_id = r.id) as sentAt,
       (select max(a.ended_at) from s_attempt a where a.run_id = r.id) as endedAt
      from s_open_run o join s_run r on r.id = o.run_id join s_job j on j.id = r.job_id
      where r.slice_count is not null and r.state in ('running', 'dispatched')`,
  );
  return rows.flatMap((row): Alarm[] => {
    const left = row.slices - row.told;
    const { createdAt, toldAt, sentAt, endedAt } = row;
    const stalled = { kind: 'RUN_STALLED', subjectKind: 'run', subjectId: row.id } as const;
    // What another scheduler has found is over when somebody sees it move, not when one that has just started looks first.
    const answeredAt = isOpen(stalled) ? movements.changedAtMs(row.id) : movements.sameSinceMs(row.id);
    const movedAt = Math.max(createdAt, toldAt ?? 0, sentAt ?? 0, endedAt ?? 0, answeredAt ?? 0);
    if (row.dispatchedAt !== null && row.state === 'dispatched' && db.nowMs - row.dispatchedAt >= UNRESOLVED_MS) {
      const message = `run ${row.id} of "${row.job}" is back since ${new Date(row.dispatchedAt).toISOString()}, with items whose outcome is not known in ${left} of ${row.slices} ${row.slices === 1 ? 'slice' : 'slices'}`;
      return [{ kind: 'ITEMS_UNRESOLVED', subjectKind: 'run', subjectId: row.id, severity: 'warning', message }];
    }
    if (row.state !== 'running' || db.nowMs - movedAt < STALLED_MS) return [];
    const message = `run ${row.id} of "${row.job}" has not moved since ${new Date(movedAt).toISOString()}: ${left} of ${row.slices} slices are open`;
    return [{ ...stalled, severity: 'critical', message }];
  });
}

/** Runs that wait for executors, a limit or an earlier run; one that waits for a file has an alarm of its own. */
async function lateStarts(db: SqlReader): Promise<Alarm[]> {
  const rows = await db.all<{ id: number; job: string; plannedAt: number; reason: string | null }>(
    `select r.id, j.name as job, r.planned_at as plannedAt, r.reason
      from s_open_run o join s_run r on r.id = o.run_id join s_job j on j.id = r.job_id
      where r.state = 'waiting' and (r.waits_for is null or r.waits_for <> 'input') and r.created_at <= ?`,
    [db.nowMs - LATE_START_MS],
  );
  return rows.map(({ id, job, plannedAt, reason }) => ({
    kind: 'START_LATE',
    subjectKind: 'run',
    subjectId: id,
    severity: 'warning',
    message: `run ${id} of "${job}" should have begun at ${new Date(plannedAt).toISOString()}${reason === null ? '' : `: ${reason}`}`,
  }));
}

async function lostExecutors(db: SqlReader): Promise<Alarm[]> {
  const rows = await db.all<{ id: number; appName: string; address: string; lastBeatAt: number }>(
    `select id, app_name as appName, address, last_beat_at as lastBeatAt from s_executor where state = 'silent'`,
  );
  return rows.map(({ id, appName, address, lastBeatAt }) => ({
    kind: 'EXECUTOR_LOST',
    subjectKind: 'executor',
    subjectId: id,
    severity: 'warning',
    message: `executor ${address} of group "${appName}" was not heard of since ${new Date(lastBeatAt).toISOString()}`,
  }));
}

async function isGone(db: SqlReader, executorId: number): Promise<boolean> {
  return (await db.get(`select id from s_executor where id = ? and state = 'gone'`, [executorId])) !== null;
}

async function hasEndedPartlyTold(db: SqlReader, runId: number): Promise<boolean> {
  const left = await db.get(
    `select id from s_run where id = ? and ended_at is not null and slices_told < slice_count`,
    [runId],
  );
  return left !== null;
}

type AlarmSubject = Pick<Alarm, 'kind' | 'subjectKind' | 'subjectId'>;
const keyOf = (alarm: AlarmSubject): string => `${alarm.kind}:${alarm.subjectKind}:${alarm.subjectId}`;
