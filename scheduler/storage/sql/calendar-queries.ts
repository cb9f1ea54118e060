import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';

export interface CalendarRow {
  readonly name: string;
  /** Rises with every change; fires keep the one that they were planned with. */
  readonly version: number;
  readonly definition: string;
}

export async function calendarByName(db: SqlReader, name: string): Promise<CalendarRow | null> {
  return db.get(`select name, version, definition from s_calendar where name = ?`, [name]);
}

export async function lockCalendar(tx: SqlTx, name: string): Promise<CalendarRow | null> {
  return tx.get(`select name, version, definition from s_calendar where name = ?${tx.forUpdate}`, [name]);
}

export async function allCalendars(db: SqlReader): Promise<CalendarRow[]> {
  return db.all(`select name, version, definition from s_calendar order by name`);
}

/** Its row is locked by the caller, when there is one. */
export async function saveCalendar(tx: SqlTx, row: CalendarRow): Promise<void> {
  const updated = await tx.run(`update s_calendar set version = ?, definition = ?, updated_at = ? where name = ?`, [
    row.version,
    row.definition,
    tx.nowMs,
    row.name,
  ]);
  if (updated === 1) return;
  await tx.run(`insert into s_calendar (name, version, definition, updated_at) values (?, ?, ?, ?)`, [
    row.name,
    row.version,
    row.definition,
    tx.nowMs,
  ]);
}

/** Definitions of enabled jobs and chains whose text names the calendar: a superset of those that use it. */
export async function definitionsNaming(
  db: SqlReader,
  calendar: string,
): Promise<{ kind: 'job' | 'chain'; id: number; definition: string }[]> {
  const text = `%"calendar":"${calendar}"%`;
  return db.all(
    `select 'job' as kind, j.id, v.definition from s_job j
       join s_job_version v on v.job_id = j.id and v.config_hash = j.config_hash where v.definition like ?
     union all select 'chain' as kind, c.id, v.definition from s_chain c
       join s_chain_version v on v.chain_id = c.id and v.config_hash = c.config_hash where v.definition like ?`,
    [text, text],
  );
}

/** Whether people were told of that year, be the alarm open or closed (index s_alarm_key). */
export async function isYearTold(db: SqlReader, subjectId: string): Promise<boolean> {
  const row = await db.get(`select id from s_alarm where dedup_key = ? limit 1`, [
    `CALENDAR_YEAR_MISSING:calendar:${subjectId}`,
  ]);
  return row !== null;
}
