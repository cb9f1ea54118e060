import type { Migration } from '../../../shared/sql/sql.ts';

/**
 * What people do and hear: operator actions and alarms. Upgrading: nothing to do.
 */
export const operator: Migration = {
  id: '0504-operator',
  statements: (w) => [
    // What a person should hear of. One open row per key; it is closed when the cause is gone.
    `create table s_alarm (
      id ${w.autoId},
      kind ${w.text(32)} not null,
      dedup_key ${w.text(160)} not null,
      severity ${w.text(8)} not null check (severity in ('warning', 'critical')),
      subject_kind ${w.text(16)} not null,
      subject_id ${w.text(64)} not null,
      message ${w.longText} not null,
      raised_at ${w.bigint} not null,
      times ${w.bigint} not null default 1,
      last_at ${w.bigint} not null,
      closed_at ${w.bigint}
    )${w.table}`,
    `create index s_alarm_key on s_alarm (dedup_key, closed_at)`,
    `create index s_alarm_time on s_alarm (raised_at)`,
    // What people and programs did to the scheduler, in order; appended, never changed.
    `create table s_operator_action (
      id ${w.autoId},
      at ${w.bigint} not null,
      who ${w.text(64)} not null,
      verb ${w.text(32)} not null,
      subject_kind ${w.text(16)} not null,
      subject_id ${w.text(64)} not null,
      reason ${w.longText} not null,
      detail ${w.longText} not null
    )${w.table}`,
  ],
};
