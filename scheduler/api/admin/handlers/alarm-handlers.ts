import type { Static } from 'typebox';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { SqlReader } from '../../../../shared/sql/sql.ts';
import type { AlarmTarget } from '../../../admin/alarm/alarm-sender.ts';
import { openSealed, targetOf } from '../../../admin/alarm/send-alarms.ts';
import { groupsOfAlarmSubject } from '../../../admin/rights/find-groups.ts';
import { mayDo, type Principal } from '../../../admin/rights/rights.ts';
import { closeAlarmByPerson } from '../../../alarm/alarms.ts';
import { sealToken } from '../../../registry/sealed-token.ts';
import {
  allChannels,
  allRules,
  type ChannelFields,
  type ChannelRow,
  channelById,
  channelByName,
  deleteChannel,
  deleteRule,
  insertChannel,
  insertRule,
  messageLines,
  type RuleFields,
  type RuleRow,
  ruleById,
  updateChannel,
  updateRule,
} from '../../../storage/sql/admin-alarm-queries.ts';
import { type AlarmRow, listAlarms } from '../../../storage/sql/alarm-queries.ts';
import type { Alarm, alarmRoutes, Channel, EmailSettings, HookSettings, Rule } from '../contract/alarm-routes.ts';
import type { Body } from '../contract/routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { FieldsError } from '../problem.ts';
import { numberCursor, PAGE_DEFAULT, pageOfRows } from './paging.ts';

const done = { done: true } as const;

export function createAlarmHandlers(parts: AdminParts): Handlers<typeof alarmRoutes> {
  const { ctx, sender } = parts;
  const seal = (secret: string): string => sealToken(secret, parts.installationToken, ctx.runtime.random.secretHex(12));

  /** What is kept of a channel: settings that may be shown, and what may not, sealed. */
  function fieldsOf(body: Body<'POST /alarm-channels'>, before: ChannelRow | null): ChannelFields {
    const { name, kind, enabled = true } = body;
    const kept = before?.kind === kind ? openSealed(before, parts.openSecret) : { secret: null, url: null };
    const isShown = 'url' in body.settings && before !== null && body.settings.url === shownUrl(kept.url ?? '');
    const settings = isShown && kept.url !== null ? { ...body.settings, url: kept.url } : body.settings;
    checkTarget(kind, settings);
    // A secret goes to the place that it was given for: with another address it has to be given again.
    const isMoved =
      before !== null &&
      addressOf(settings) !== addressOf({ ...(JSON.parse(before.settings) as Settings), ...urlOf(kept.url) });
    const secret = body.secret === undefined ? (isMoved ? null : kept.secret) : body.secret;
    const url = 'url' in settings ? settings.url : null;
    const shown = 'url' in settings ? { ...settings, url: shownUrl(settings.url) } : settings;
    const sealed = secret === null && url === null ? null : seal(JSON.stringify({ secret, url }));
    return { name, kind, enabled: enabled ? 1 : 0, settings: JSON.stringify(shown), secret: sealed };
  }

  function checkTarget(kind: ChannelRow['kind'], settings: Settings): void {
    if ((kind === 'email') !== 'host' in settings) {
      throw new FieldsError([{ path: 'settings', message: `does not fit a channel of kind ${kind}` }]);
    }
    const refusal = sender.refusalOf({ kind, settings, secret: null } as AlarmTarget);
    if (refusal !== null) {
      throw new FieldsError([{ path: kind === 'email' ? 'settings.host' : 'settings.url', message: refusal }]);
    }
  }

  return {
    'GET /alarms': async ({ query, principal }) => {
      const { limit = PAGE_DEFAULT, openOnly = true } = query;
      return ctx.store.read('list-alarms', async (db) => {
        const found: Alarm[] = [];
        let beforeId = numberCursor(query.after, Number.MAX_SAFE_INTEGER);
        // Of others than one's own groups nothing is shown; so many pages of them are passed over at most.
        for (let looks = 0; looks < 20 && found.length <= limit; looks++) {
          const rows = await listAlarms(db, { limit: limit + 1, openOnly, beforeId });
          for (const row of rows) {
            if (found.length <= limit && (await maySee(db, principal, row))) found.push(await alarmView(db, row));
          }
          if (rows.length <= limit) break;
          beforeId = rows.at(-1)?.id ?? 0;
        }
        return pageOfRows(found, limit, ({ id }) => [id]);
      });
    },
    'POST /alarms/:alarmId/close': async (call) => {
      const { alarmId } = call.params;
      return { closed: await closeAlarmByPerson(call.ctx, { alarmId, by: call.by, reason: call.body.reason }) };
    },
    'GET /alarm-channels': async () =>
      ctx.store.read('list-channels', async (db) => ({
        items: (await allChannels(db)).map((row) => channelOf(row, parts.openSecret)),
      })),
    'POST /alarm-channels': async (call) => {
      return call.ctx.store.transaction('create-channel', async (tx) => {
        if ((await channelByName(tx, call.body.name)) !== null) throw taken();
        const id = await insertChannel(tx, fieldsOf(call.body, null));
        call.note({ kind: 'alarm_channel', id });
        return channelOf(await oneChannel(tx, id), parts.openSecret);
      });
    },
    'PUT /alarm-channels/:channelId': async (call) => {
      const { channelId } = call.params;
      call.note({ kind: 'alarm_channel', id: channelId });
      return call.ctx.store.transaction('update-channel', async (tx) => {
        const before = await oneChannel(tx, channelId);
        const namesake = await channelByName(tx, call.body.name);
        if (namesake !== null && namesake.id !== channelId) throw taken();
        await updateChannel(tx, channelId, fieldsOf(call.body, before));
        return channelOf(await oneChannel(tx, channelId), parts.openSecret);
      });
    },
    'DELETE /alarm-channels/:channelId': async (call) => {
      const { channelId } = call.params;
      call.note({ kind: 'alarm_channel', id: channelId });
      const isGone = await call.ctx.store.transaction('remove-channel', (tx) => deleteChannel(tx, channelId));
      if (!isGone) throw notThere('channel', channelId);
      return done;
    },
    'POST /alarm-channels/:channelId/test': async (call) => {
      const { channelId } = call.params;
      call.note({ kind: 'alarm_channel', id: channelId });
      const { channel, nowMs } = await ctx.store.read('read-channel', async (db) => ({
        channel: await oneChannel(db, channelId),
        nowMs: db.nowMs,
      }));
      const problem = await sender.send(targetOf(channel, { open: parts.openSecret }), {
        what: 'test',
        kind: 'TEST',
        severity: 'warning',
        subject: `by ${call.by}`,
        message: 'This is a test: alarms will come this way.',
        raisedAtMs: nowMs,
        closedAtMs: null,
        url: parts.settings.publicUrl,
      });
      return { sent: problem === null, problem };
    },
    'GET /alarm-rules': async () =>
      ctx.store.read('list-rules', async (db) => ({ items: (await allRules(db)).map(ruleOf) })),
    'POST /alarm-rules': async (call) =>
      call.ctx.store.transaction('create-rule', async (tx) => {
        await assertChannels(tx, call.body.channels);
        const id = await insertRule(tx, ruleFields(call.body));
        call.note({ kind: 'alarm_rule', id });
        return ruleOf(await oneRule(tx, id));
      }),
    'PUT /alarm-rules/:ruleId': async (call) => {
      const { ruleId } = call.params;
      call.note({ kind: 'alarm_rule', id: ruleId });
      return call.ctx.store.transaction('update-rule', async (tx) => {
        await oneRule(tx, ruleId);
        await assertChannels(tx, call.body.channels);
        await updateRule(tx, ruleId, ruleFields(call.body));
        return ruleOf(await oneRule(tx, ruleId));
      });
    },
    'DELETE /alarm-rules/:ruleId': async (call) => {
      const { ruleId } = call.params;
      call.note({ kind: 'alarm_rule', id: ruleId });
      const isGone = await call.ctx.store.transaction('remove-rule', (tx) => deleteRule(tx, ruleId));
      if (!isGone) throw notThere('rule', ruleId);
      return done;
    },
    'GET /alarm-messages': async ({ query }) => {
      const { limit = PAGE_DEFAULT } = query;
      const rows = await ctx.store.read('list-messages', (db) =>
        messageLines(db, numberCursor(query.after, Number.MAX_SAFE_INTEGER), limit + 1),
      );
      const page = pageOfRows(rows, limit, ({ id }) => [id]);
      const items = page.items.map(({ createdAt, sentAt, ...row }) => ({
        ...row,
        createdAtMs: createdAt,
        sentAtMs: sentAt,
      }));
      return { items, next: page.next };
    },
  };
}

type Settings = Static<typeof EmailSettings> | Static<typeof HookSettings>;

const urlOf = (url: string | null) => (url === null ? {} : { url });

/** Of a webhook's address no more than where it goes: the rest is what lets others write there. */
export function shownUrl(url: string): string {
  const read = URL.parse(url);
  return read === null ? '' : `${read.origin}/...`;
}

const addressOf = (settings: Settings): string =>
  'host' in settings ? `${settings.host}:${settings.port}` : (URL.parse(settings.url)?.origin ?? '');

export async function maySee(db: SqlReader, principal: Principal, row: AlarmRow): Promise<boolean> {
  return mayDo(principal, 'view', await groupsOfAlarmSubject(db, row.subjectKind, row.subjectId));
}

export async function alarmView(db: SqlReader, row: AlarmRow): Promise<Alarm> {
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    subjectKind: row.subjectKind,
    subjectId: row.subjectId,
    subjectName: await nameOf(db, row),
    message: row.message,
    raisedAtMs: row.raisedAt,
    times: row.times,
    lastAtMs: row.lastAt,
    closedAtMs: row.closedAt,
  };
}

async function nameOf(db: SqlReader, { subjectKind, subjectId }: AlarmRow): Promise<string | null> {
  const texts: Readonly<Record<string, string>> = {
    job: `select name from s_job where id = ?`,
    chain: `select name from s_chain where id = ?`,
    run: `select j.name from s_run r join s_job j on j.id = r.job_id where r.id = ?`,
    chain_run: `select c.name from s_chain_run r join s_chain c on c.id = r.chain_id where r.id = ?`,
    executor: `select address as name from s_executor where id = ?`,
  };
  const text = texts[subjectKind];
  if (text === undefined || !/^\d{1,15}$/.test(subjectId)) return subjectKind === 'group' ? subjectId : null;
  return (await db.get<{ name: string }>(text, [Number(subjectId)]))?.name ?? null;
}

const channelOf = (row: ChannelRow, open: AdminParts['openSecret']): Channel => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  enabled: row.enabled === 1,
  settings: JSON.parse(row.settings) as Channel['settings'],
  hasSecret: openSealed(row, open).secret !== null,
  lastSentAtMs: row.lastSentAt,
  lastError: row.lastError,
});

const ruleOf = (row: RuleRow): Rule => ({
  id: row.id,
  name: row.name,
  enabled: row.enabled === 1,
  events: JSON.parse(row.events) as Rule['events'],
  group: row.appName,
  severity: row.severity,
  channels: JSON.parse(row.channels) as number[],
  tellRecovery: row.tellRecovery === 1,
  afterMs: row.afterMs,
});

const ruleFields = (body: Body<'POST /alarm-rules'>): RuleFields => ({
  name: body.name,
  enabled: body.enabled === false ? 0 : 1,
  events: JSON.stringify([...new Set(body.events)]),
  appName: body.group ?? null,
  severity: body.severity ?? 'warning',
  channels: JSON.stringify([...new Set(body.channels)]),
  tellRecovery: body.tellRecovery === false ? 0 : 1,
  afterMs: body.afterMs ?? 0,
});

async function assertChannels(db: SqlReader, ids: readonly number[]): Promise<void> {
  const known = new Set((await allChannels(db)).map(({ id }) => id));
  const missing = ids.findIndex((id) => !known.has(id));
  if (missing >= 0) throw new FieldsError([{ path: `channels[${missing}]`, message: 'is no channel' }]);
}

async function oneChannel(db: SqlReader, id: number): Promise<ChannelRow> {
  const channel = await channelById(db, id);
  if (channel === null) throw notThere('channel', id);
  return channel;
}

async function oneRule(db: SqlReader, id: number): Promise<RuleRow> {
  const rule = await ruleById(db, id);
  if (rule === null) throw notThere('rule', id);
  return rule;
}

const taken = (): FieldsError => new FieldsError([{ path: 'name', message: 'is taken' }], 'CONFLICT');
const notThere = (what: string, id: number): DaybreakError =>
  new DaybreakError('NOT_FOUND', `there is no ${what} ${id}`);
