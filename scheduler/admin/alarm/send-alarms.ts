import type { BodyReport } from '../../clockwork.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import {
  alarmOf,
  alarmsOfLate,
  allChannels,
  allRules,
  type ChannelRow,
  channelById,
  claimMessages,
  insertMessages,
  type MessageRow,
  messagesOf,
  noteChannelUse,
  settleMessage,
} from '../../storage/sql/admin-alarm-queries.ts';
import type { AlarmRow } from '../../storage/sql/alarm-queries.ts';
import { groupsOfAlarmSubject } from '../rights/find-groups.ts';
import type { AlarmSender, AlarmTarget } from './alarm-sender.ts';
import type { AlarmText } from './alarm-text.ts';
import { type AlarmFacts, chooseMessages } from './choose-messages.ts';
import { type NightWatch, watchNights } from './watch-nights.ts';

export interface SendAlarmsParts {
  readonly sender: AlarmSender;
  /** Opens a sealed secret; null: it was sealed with another installation's token. */
  open(secret: string): string | null;
  readonly watch: NightWatch;
  /** Where people reach the page. */
  publicUrl(): string | null;
}

const LOOKED_BACK_MS = 24 * 3_600_000;
const AT_ONCE = 20;
const LEASE_MS = 60_000;
const TRIES_MAX = 10;
const FIRST_WAIT_MS = 30_000;
const WAIT_MS_MAX = 3_600_000;

/**
 * Alarms leave: first what only a look at the whole tells is raised or closed, then the rules make messages of alarms, then
 * those that are due are sent. A message is a row, so it outlives the process; it is sent once per alarm and way, and again
 * only when nobody knows whether it was taken.
 */
export async function sendAlarms(ctx: SchedulerContext, parts: SendAlarmsParts): Promise<BodyReport> {
  await watchNights(ctx, parts.watch);
  const { rules, channels } = await ctx.store.read('read-rules', async (db) => ({
    rules: await allRules(db),
    channels: await allChannels(db),
  }));
  if (rules.length > 0) await makeMessages(ctx, rules, new Set(channels.map(({ id }) => id)));
  const due = await ctx.store.transaction('claim-messages', (tx) => claimMessages(tx, AT_ONCE, LEASE_MS));
  for (const message of due) await sendOne(ctx, parts, message);
  return {};
}

async function makeMessages(
  ctx: SchedulerContext,
  rules: Parameters<typeof chooseMessages>[1],
  channels: ReadonlySet<number>,
): Promise<void> {
  const { facts, there, nowMs } = await ctx.store.read('read-alarms', async (db) => {
    const alarms = await alarmsOfLate(db, db.nowMs - LOOKED_BACK_MS);
    const facts: AlarmFacts[] = [];
    for (const alarm of alarms) {
      facts.push({ alarm, groups: await groupsOfAlarmSubject(db, alarm.subjectKind, alarm.subjectId) });
    }
    return {
      facts,
      there: await messagesOf(
        db,
        alarms.map(({ id }) => id),
      ),
      nowMs: db.nowMs,
    };
  });
  const chosen = chooseMessages(facts, rules, there, nowMs).filter(({ channelId }) => channels.has(channelId));
  if (chosen.length > 0) await ctx.store.transaction('insert-messages', (tx) => insertMessages(tx, chosen));
}

async function sendOne(ctx: SchedulerContext, parts: SendAlarmsParts, message: MessageRow): Promise<void> {
  const { channel, alarm } = await ctx.store.read('read-message', async (db) => ({
    channel: await channelById(db, message.channelId),
    alarm: await alarmOf(db, message.alarmId),
  }));
  if (channel === null || alarm === null || channel.enabled !== 1) {
    const to = { state: 'given_up', error: 'its channel or alarm is gone, or switched off', nextAt: null } as const;
    await ctx.store.transaction('settle-message', (tx) => settleMessage(tx, message, to));
    return;
  }
  const error = await parts.sender.send(targetOf(channel, parts), textOf(alarm, message.what, parts.publicUrl()));
  if (error !== null)
    ctx.logger.warn({ channel: channel.name, alarm: alarm.kind, why: error }, 'an alarm could not be sent');
  await ctx.store.transaction('settle-message', async (tx) => {
    await settleMessage(tx, message, afterTry(message.tries, error, tx.nowMs));
    await noteChannelUse(tx, channel.id, error?.slice(0, 255) ?? null);
  });
}

function afterTry(tries: number, error: string | null, nowMs: number) {
  if (error === null) return { state: 'sent', error: null, nextAt: null } as const;
  const why = error.slice(0, 255);
  if (tries >= TRIES_MAX) return { state: 'given_up', error: why, nextAt: null } as const;
  const waitMs = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (tries - 1));
  return { state: 'waiting', error: why, nextAt: nowMs + waitMs } as const;
}

/** What is sealed of a channel: the password or signing key, and for webhooks the whole address. */
export function openSealed(
  { secret }: Pick<ChannelRow, 'secret'>,
  open: SendAlarmsParts['open'],
): { readonly secret: string | null; readonly url: string | null } {
  const opened = secret === null ? null : open(secret);
  return opened === null
    ? { secret: null, url: null }
    : (JSON.parse(opened) as { secret: string | null; url: string | null });
}

export function targetOf(channel: ChannelRow, { open }: Pick<SendAlarmsParts, 'open'>): AlarmTarget {
  const { secret, url } = openSealed(channel, open);
  const settings = JSON.parse(channel.settings) as AlarmTarget['settings'];
  return { kind: channel.kind, settings: url === null ? settings : { ...settings, url }, secret };
}

const textOf = (alarm: AlarmRow, what: 'raised' | 'recovered', publicUrl: string | null): AlarmText => ({
  what,
  kind: alarm.kind,
  severity: alarm.severity,
  subject: `${alarm.subjectKind} ${alarm.subjectId}`,
  message: alarm.message,
  raisedAtMs: alarm.raisedAt,
  closedAtMs: alarm.closedAt,
  url: publicUrl === null ? null : `${publicUrl.replace(/\/$/, '')}/alarms`,
});
