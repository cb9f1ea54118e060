import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Effects } from '../effects.ts';
import {
  type AlarmKind,
  closeAlarmRow,
  countAlarmAgain,
  insertAlarm,
  openAlarm,
  openAlarmKeys,
} from '../storage/sql/alarm-queries.ts';

export interface Alarm {
  readonly kind: AlarmKind;
  /** What it is about, e.g. `run` and its id; with the kind it is the alarm's key: open once, counted when it comes again. */
  readonly subjectKind: 'run' | 'chain_run' | 'job' | 'chain' | 'executor' | 'calendar' | 'group' | 'cluster';
  readonly subjectId: string | number;
  /** 'critical': somebody should look now. */
  readonly severity: 'warning' | 'critical';
  readonly message: string;
}

/** Found again at every pass while their cause stands: that is no news, and not counted. */
const STANDING: ReadonlySet<AlarmKind> = new Set(['SCHEDULE_BROKEN', 'FIRE_BROKEN', 'EDGE_LATE', 'TZ_DIFFERS']);

/**
 * Tells people, once: a row in the transaction of its cause, and a line in the log after the commit. The same alarm again
 * while it is open is counted on the row and not told again.
 */
export async function raiseAlarm(tx: SqlTx, alarm: Alarm, effects: Effects): Promise<void> {
  const key = alarmKey(alarm);
  const open = await openAlarm(tx, key);
  if (open !== null) {
    if (!STANDING.has(alarm.kind)) await countAlarmAgain(tx, open);
    return;
  }
  // Another scheduler raises it at this moment: it tells people, and once is enough.
  if (!(await insertAlarm(tx, { ...alarm, subjectId: String(alarm.subjectId), key }))) return;
  effects.alarms.push({
    fields: { alarm: alarm.kind, [alarm.subjectKind]: alarm.subjectId, severity: alarm.severity },
    message: alarm.message,
  });
}

/** The cause is gone. Nothing happens when the alarm is not open. */
export async function closeAlarm(tx: SqlTx, alarm: Pick<Alarm, 'kind' | 'subjectKind' | 'subjectId'>): Promise<void> {
  await closeAlarmRow(tx, alarmKey(alarm));
}

/** The same for whatever of these has an open alarm of the kind: one read where, as nearly always, there is none. */
export async function closeAlarms(
  tx: SqlTx,
  kind: AlarmKind,
  subjects: readonly Pick<Alarm, 'subjectKind' | 'subjectId'>[],
): Promise<void> {
  const open = subjects.length === 0 ? new Set<string>() : await openAlarmKeys(tx, kind);
  if (open.size === 0) return;
  for (const key of new Set(subjects.map((subject) => alarmKey({ kind, ...subject })))) {
    if (open.has(key)) await closeAlarmRow(tx, key);
  }
}

/** What fires, as an alarm names it. */
export const firingSubject = ({
  jobId,
  chainId,
}: {
  readonly jobId: number;
  readonly chainId: number;
}): Pick<Alarm, 'subjectKind' | 'subjectId'> =>
  jobId !== 0 ? { subjectKind: 'job', subjectId: jobId } : { subjectKind: 'chain', subjectId: chainId };

const alarmKey = (alarm: Pick<Alarm, 'kind' | 'subjectKind' | 'subjectId'>): string =>
  `${alarm.kind}:${alarm.subjectKind}:${alarm.subjectId}`;
