import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

/** What alarms there are; docs/alarms.md says what each means and what to do. */
export const ALARM_KINDS = [
  'RUN_FAILED',
  'RUN_LOST',
  'RUN_SLOW',
  'CHAIN_FAILED',
  'EDGE_LATE',
  'INPUT_LATE',
  'FIRE_HELD',
  'BACKFILL_STOPPED',
  'CALENDAR_YEAR_MISSING',
  'SCHEDULE_BROKEN',
  'FIRE_BROKEN',
  'TZ_DIFFERS',
  'CUT_OFF_IN_DANGER',
  'RUN_STALLED',
  'ITEMS_UNRESOLVED',
  'EXECUTOR_LOST',
  'START_LATE',
] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

export type AlarmSeverity = 'warning' | 'critical';

export interface AlarmRow {
  readonly id: number;
  readonly kind: AlarmKind;
  readonly severity: AlarmSeverity;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly message: string;
  readonly raisedAt: number;
  readonly times: number;
  readonly lastAt: number;
  readonly closedAt: number | null;
}

const COLUMNS = `id, kind, severity, subject_kind as subjectKind, subject_id as subjectId, message,
  raised_at as raisedAt, times, last_at as lastAt, closed_at as closedAt`;

/** The open alarm of a key, locked (index s_alarm_open). */
export async function openAlarm(tx: SqlTx, key: string): Promise<number | null> {
  const row = await tx.get<{ id: number }>(`select id from s_alarm where open_key = ?${tx.forUpdate}`, [key]);
  return row?.id ?? null;
}

/** False: another one has just raised it. The unique index on open_key decides. */
export async function insertAlarm(
  tx: SqlTx,
  alarm: Pick<AlarmRow, 'kind' | 'severity' | 'subjectKind' | 'subjectId' | 'message'> & { readonly key: string },
): Promise<boolean> {
  const { kind, key, severity, subjectKind, subjectId, message } = alarm;
  const inserted = await tx.insertRows(
    {
      table: 's_alarm',
      columns: [
        'kind',
        'dedup_key',
        'open_key',
        'severity',
        'subject_kind',
        'subject_id',
        'message',
        'raised_at',
        'last_at',
      ],
      onConflict: 'ignore',
    },
    [[kind, key, key, severity, subjectKind, subjectId, message, tx.nowMs, tx.nowMs]],
  );
  return inserted === 1;
}

export async function countAlarmAgain(tx: SqlTx, id: number): Promise<void> {
  await tx.run(`update s_alarm set times = times + 1, last_at = ? where id = ?`, [tx.nowMs, id]);
}

export async function closeAlarmRow(tx: SqlTx, key: string): Promise<void> {
  await tx.run(`update s_alarm set closed_at = ?, open_key = null where open_key = ?`, [tx.nowMs, key]);
}

/** False: it was closed already. */
export async function closeAlarmById(tx: SqlTx, id: number): Promise<boolean> {
  const closed = await tx.run(`update s_alarm set closed_at = ?, open_key = null where id = ? and closed_at is null`, [
    tx.nowMs,
    id,
  ]);
  return closed === 1;
}

export async function alarmById(db: SqlReader, id: number): Promise<AlarmRow | null> {
  return db.get(`select ${COLUMNS} from s_alarm where id = ?`, [id]);
}

/** The keys of the open alarms of a kind, which are few (index s_alarm_key by its prefix). ';' is the character after ':'. */
export async function openAlarmKeys(db: SqlReader, kind: AlarmKind): Promise<Set<string>> {
  const rows = await db.all<{ dedupKey: string }>(
    `select dedup_key as dedupKey from s_alarm where dedup_key >= ? and dedup_key < ? and closed_at is null`,
    [`${kind}:`, `${kind};`],
  );
  return new Set(rows.map(({ dedupKey }) => dedupKey));
}

export interface AlarmPage {
  readonly limit: number;
  /** Default false. */
  readonly openOnly?: boolean;
  /** Default: from the newest on. */
  readonly beforeId?: number;
}

/** The newest first (primary key). */
export async function listAlarms(
  db: SqlReader,
  { limit, openOnly = false, beforeId = Number.MAX_SAFE_INTEGER }: AlarmPage,
): Promise<AlarmRow[]> {
  return db.all(
    `select ${COLUMNS} from s_alarm where id < ?${openOnly ? ' and closed_at is null' : ''}
      order by id desc limit ${Math.trunc(limit)}`,
    [beforeId],
  );
}

/** Those raised after this one, the oldest first (primary key). */
export async function alarmsAfter(db: SqlReader, id: number): Promise<AlarmRow[]> {
  return db.all(`select ${COLUMNS} from s_alarm where id > ? order by id limit 100`, [id]);
}

/** Index s_alarm_open: only open ones have a key. */
export async function countOpenAlarms(db: SqlReader): Promise<number> {
  return (await db.get<{ n: number }>('select count(open_key) as n from s_alarm where open_key is not null'))?.n ?? 0;
}
