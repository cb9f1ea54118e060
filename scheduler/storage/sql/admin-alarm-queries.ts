import type { SqlReader, SqlTx } from '../../../shared/sql/sql.ts';
import type { AlarmRow, AlarmSeverity } from './alarm-queries.ts';

export type ChannelKind = 'email' | 'webhook' | 'dingtalk' | 'feishu' | 'slack';

export interface ChannelRow {
  readonly id: number;
  readonly name: string;
  readonly kind: ChannelKind;
  readonly enabled: number;
  readonly settings: string;
  /** Sealed. */
  readonly secret: string | null;
  readonly lastSentAt: number | null;
  readonly lastError: string | null;
}
const CHANNEL = `select id, name, kind, enabled, settings, secret, last_sent_at as lastSentAt, last_error as lastError
  from s_alarm_channel`;

export const allChannels = (db: SqlReader): Promise<ChannelRow[]> => db.all(`${CHANNEL} order by name limit 1000`);
export const channelById = (db: SqlReader, id: number): Promise<ChannelRow | null> =>
  db.get(`${CHANNEL} where id = ?`, [id]);
export const channelByName = (db: SqlReader, name: string): Promise<ChannelRow | null> =>
  db.get(`${CHANNEL} where name = ?`, [name]);

export type ChannelFields = Pick<ChannelRow, 'name' | 'kind' | 'enabled' | 'settings' | 'secret'>;

export function insertChannel(tx: SqlTx, channel: ChannelFields): Promise<number> {
  return tx.insertReturningId(
    `insert into s_alarm_channel (name, kind, enabled, settings, secret) values (?, ?, ?, ?, ?)`,
    [channel.name, channel.kind, channel.enabled, channel.settings, channel.secret],
  );
}

export async function updateChannel(tx: SqlTx, id: number, channel: ChannelFields): Promise<void> {
  await tx.run(`update s_alarm_channel set name = ?, kind = ?, enabled = ?, settings = ?, secret = ? where id = ?`, [
    channel.name,
    channel.kind,
    channel.enabled,
    channel.settings,
    channel.secret,
    id,
  ]);
}

/** With what waits for it. */
export async function deleteChannel(tx: SqlTx, id: number): Promise<boolean> {
  await tx.run(`delete from s_alarm_message where channel_id = ?`, [id]);
  return (await tx.run(`delete from s_alarm_channel where id = ?`, [id])) === 1;
}

export async function noteChannelUse(tx: SqlTx, id: number, error: string | null): Promise<void> {
  await tx.run(`update s_alarm_channel set last_sent_at = coalesce(?, last_sent_at), last_error = ? where id = ?`, [
    error === null ? tx.nowMs : null,
    error,
    id,
  ]);
}

export interface RuleRow {
  readonly id: number;
  readonly name: string;
  readonly enabled: number;
  readonly events: string;
  readonly appName: string | null;
  readonly severity: AlarmSeverity;
  readonly channels: string;
  readonly tellRecovery: number;
  readonly afterMs: number;
  readonly createdAt: number;
}
const RULE = `select id, name, enabled, events, app_name as appName, severity, channels, tell_recovery as tellRecovery,
    after_ms as afterMs, created_at as createdAt from s_alarm_rule`;

export const allRules = (db: SqlReader): Promise<RuleRow[]> => db.all(`${RULE} order by name, id limit 1000`);
export const ruleById = (db: SqlReader, id: number): Promise<RuleRow | null> => db.get(`${RULE} where id = ?`, [id]);

export type RuleFields = Omit<RuleRow, 'id' | 'createdAt'>;

export function insertRule(tx: SqlTx, rule: RuleFields): Promise<number> {
  return tx.insertReturningId(
    `insert into s_alarm_rule (name, enabled, events, app_name, severity, channels, tell_recovery, after_ms, created_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [...ruleValues(rule), tx.nowMs],
  );
}

export async function updateRule(tx: SqlTx, id: number, rule: RuleFields): Promise<void> {
  await tx.run(
    `update s_alarm_rule set name = ?, enabled = ?, events = ?, app_name = ?, severity = ?, channels = ?,
       tell_recovery = ?, after_ms = ? where id = ?`,
    [...ruleValues(rule), id],
  );
}

export async function deleteRule(tx: SqlTx, id: number): Promise<boolean> {
  return (await tx.run(`delete from s_alarm_rule where id = ?`, [id])) === 1;
}

const ruleValues = (rule: RuleFields) => [
  rule.name,
  rule.enabled,
  rule.events,
  rule.appName,
  rule.severity,
  rule.channels,
  rule.tellRecovery,
  rule.afterMs,
];

const ALARM = `select id, kind, severity, subject_kind as subjectKind, subject_id as subjectId, message,
    raised_at as raisedAt, times, last_at as lastAt, closed_at as closedAt from s_alarm`;

/** Alarms that are open, and those that were closed since an instant (index s_alarm_closed). */
export async function alarmsOfLate(db: SqlReader, closedSinceMs: number): Promise<AlarmRow[]> {
  const open = await db.all<AlarmRow>(`${ALARM} where closed_at is null order by id desc limit 1000`);
  const closed = await db.all<AlarmRow>(`${ALARM} where closed_at >= ? order by closed_at desc limit 1000`, [
    closedSinceMs,
  ]);
  return [...open, ...closed];
}

export const alarmOf = (db: SqlReader, id: number): Promise<AlarmRow | null> => db.get(`${ALARM} where id = ?`, [id]);

export interface MessageRow {
  readonly id: number;
  readonly alarmId: number;
  readonly channelId: number;
  readonly what: 'raised' | 'recovered';
  readonly state: 'waiting' | 'sent' | 'given_up';
  readonly tries: number;
  readonly error: string | null;
  readonly createdAt: number;
  readonly sentAt: number | null;
}
const MESSAGE = `select id, alarm_id as alarmId, channel_id as channelId, what, state, tries, error,
    created_at as createdAt, sent_at as sentAt from s_alarm_message`;

export const messagesOf = (db: SqlReader, alarmIds: readonly number[]): Promise<MessageRow[]> =>
  alarmIds.length === 0
    ? Promise.resolve([])
    : db.all(`${MESSAGE} where alarm_id in (${alarmIds.map(() => '?').join(', ')})`, [...alarmIds]);

export const messageLines = (db: SqlReader, beforeId: number, limit: number): Promise<MessageRow[]> =>
  db.all(`${MESSAGE} where id < ? order by id desc limit ${Math.trunc(limit)}`, [beforeId]);

/** What is there already stays as it is: one message per alarm, channel and what it says. */
export async function insertMessages(
  tx: SqlTx,
  messages: readonly Pick<MessageRow, 'alarmId' | 'channelId' | 'what'>[],
): Promise<number> {
  return tx.insertRows(
    {
      table: 's_alarm_message',
      columns: ['alarm_id', 'channel_id', 'what', 'state', 'next_at', 'created_at'],
      onConflict: 'ignore',
    },
    messages.map(({ alarmId, channelId, what }) => [alarmId, channelId, what, 'waiting', tx.nowMs, tx.nowMs]),
  );
}

/** Due messages, taken for a while, so that no two schedulers send one (index s_alarm_message_next). */
export async function claimMessages(tx: SqlTx, limit: number, leaseMs: number): Promise<MessageRow[]> {
  const rows = await tx.all<MessageRow>(
    `${MESSAGE} where next_at <= ? order by next_at, id limit ${Math.trunc(limit)}${tx.forUpdateSkipLocked}`,
    [tx.nowMs],
  );
  for (const row of rows) {
    await tx.run(`update s_alarm_message set next_at = ?, tries = tries + 1 where id = ?`, [
      tx.nowMs + leaseMs,
      row.id,
    ]);
  }
  return rows.map((row) => ({ ...row, tries: row.tries + 1 }));
}

export async function settleMessage(
  tx: SqlTx,
  row: Pick<MessageRow, 'id' | 'tries'>,
  to: { readonly state: MessageRow['state']; readonly error: string | null; readonly nextAt: number | null },
): Promise<void> {
  await tx.run(`update s_alarm_message set state = ?, error = ?, next_at = ?, sent_at = ? where id = ? and tries = ?`, [
    to.state,
    to.error,
    to.nextAt,
    to.state === 'sent' ? tx.nowMs : null,
    row.id,
    row.tries,
  ]);
}
