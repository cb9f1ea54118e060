import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { assertPerson } from '../firing/assert-fire-order.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  type AlarmKind,
  type AlarmRow,
  type AlarmSeverity,
  alarmById,
  closeAlarmById,
  listAlarms,
} from '../storage/sql/alarm-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';

export interface AlarmView {
  readonly id: number;
  readonly kind: AlarmKind;
  readonly severity: AlarmSeverity;
  /** What it is about, e.g. `job` and the job's id. */
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly message: string;
  readonly raisedAtMs: number;
  /** How often it came while it was open, and when last. */
  readonly times: number;
  readonly lastAtMs: number;
  /** Null: it is open. */
  readonly closedAtMs: number | null;
}

export interface WhichAlarms {
  /** Default true: those whose cause is still there. False: closed ones too. */
  readonly openOnly?: boolean;
  /** At most so many, the newest first. Default 100, at most 1,000. */
  readonly limit?: number;
  /** Only those raised before this one: the next page. */
  readonly beforeId?: number;
}

export interface CloseAlarm {
  readonly alarmId: number;
  readonly by: string;
  readonly reason: string;
}

/** What people should hear of: docs/alarms.md has each kind. Throws BAD_INPUT. */
export async function viewAlarms(ctx: SchedulerContext, which: WhichAlarms = {}): Promise<AlarmView[]> {
  const { openOnly = true, beforeId = Number.MAX_SAFE_INTEGER } = which;
  const limit = pageSize(which.limit);
  const rows = await ctx.store.read('list-alarms', (db) => listAlarms(db, { limit, openOnly, beforeId }));
  return rows.map(viewOf);
}

/**
 * A person says that an alarm is dealt with. False: it was closed already. The same cause raises a new one. Throws
 * NOT_FOUND and BAD_INPUT.
 */
export async function closeAlarmByPerson(ctx: SchedulerContext, order: CloseAlarm): Promise<boolean> {
  assertPerson(order);
  return ctx.store.transaction('close-alarm', (tx) => closeAlarmIn(tx, order));
}

/** The same inside a transaction of the caller's. */
export async function closeAlarmIn(tx: SqlTx, { alarmId, by, reason }: CloseAlarm): Promise<boolean> {
  const alarm = await alarmById(tx, alarmId);
  if (alarm === null) throw new DaybreakError('NOT_FOUND', `there is no alarm ${alarmId}`);
  if (!(await closeAlarmById(tx, alarmId))) return false;
  const detail = { kind: alarm.kind, subjectKind: alarm.subjectKind, subjectId: alarm.subjectId };
  const subject = { subjectKind: 'alarm', subjectId: alarmId } as const;
  await recordOperatorAction(tx, { who: by, verb: 'close-alarm', ...subject, reason, detail });
  return true;
}

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

/** Throws BAD_INPUT. */
export function pageSize(limit = PAGE_DEFAULT): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX) return limit;
  throw new DaybreakError('BAD_INPUT', `limit is ${limit}: ask for 1 to ${PAGE_MAX} at a time`);
}

function viewOf({ raisedAt, lastAt, closedAt, ...alarm }: AlarmRow): AlarmView {
  return { ...alarm, raisedAtMs: raisedAt, lastAtMs: lastAt, closedAtMs: closedAt };
}
