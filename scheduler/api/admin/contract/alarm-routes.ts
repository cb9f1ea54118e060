import { type Static, Type } from 'typebox';
import { route } from './route.ts';
import { Done, FiringReason, Id, Instant, maybe, Name, orNull, PAGE, pageOf, strict, words } from './shapes.ts';

export const Alarm = Type.Object({
  id: Id,
  /** docs/alarms.md says what each means and what to do. */
  kind: Type.String(),
  severity: words(['warning', 'critical']),
  subjectKind: Type.String(),
  subjectId: Type.String(),
  /** The name of the job, chain or group that it is about, where there is one. */
  subjectName: orNull(Type.String()),
  message: Type.String(),
  raisedAtMs: Instant,
  times: Type.Integer(),
  lastAtMs: Instant,
  closedAtMs: orNull(Instant),
});
export type Alarm = Static<typeof Alarm>;

export const CHANNEL_KINDS = ['email', 'webhook', 'dingtalk', 'feishu', 'slack'] as const;
export const EmailSettings = Type.Object({
  host: Type.String({ minLength: 1, maxLength: 255 }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  /** tls: from the start. starttls: a connection that cannot be made safe is given up. none: inside one machine only. */
  security: words(['tls', 'starttls', 'none']),
  user: maybe(Type.String({ maxLength: 255 })),
  from: Type.String({ maxLength: 254 }),
  to: Type.Array(Type.String({ maxLength: 254 }), { minItems: 1, maxItems: 50 }),
  language: maybe(words(['en', 'zh'])),
});
export const HookSettings = Type.Object({
  /**
   * https, or http where the installation allows it. What is behind the host is a secret of most chats: it is shown as
   * `https://host/...`, and sent back so it stays what it was.
   */
  url: Type.String({ maxLength: 2000 }),
  language: maybe(words(['en', 'zh'])),
});
export const Channel = Type.Object({
  id: Id,
  name: Type.String(),
  kind: words(CHANNEL_KINDS),
  enabled: Type.Boolean(),
  settings: Type.Union([EmailSettings, HookSettings]),
  /** Whether a password or signing secret is kept; it is never shown. */
  hasSecret: Type.Boolean(),
  lastSentAtMs: orNull(Instant),
  lastError: orNull(Type.String()),
});
export type Channel = Static<typeof Channel>;

/** What an alarm can be about, for rules. Each stands for one or several kinds of alarms. */
export const RULE_EVENTS = [
  'failure',
  'late_start',
  'eta_past_cut_off',
  'stalled',
  'unresolved_too_long',
  'node_lost',
  'other',
] as const;
export const Rule = Type.Object({
  id: Id,
  name: Type.String(),
  enabled: Type.Boolean(),
  events: Type.Array(words(RULE_EVENTS)),
  /** Only alarms about things of this group; null: of all. */
  group: orNull(Type.String()),
  /** Only so grave or graver. */
  severity: words(['warning', 'critical']),
  channels: Type.Array(Id),
  /** Say when it is over, too. */
  tellRecovery: Type.Boolean(),
  /** Not before it has stood for so long. */
  afterMs: Type.Integer(),
});
export type Rule = Static<typeof Rule>;

export const AlarmMessage = Type.Object({
  id: Id,
  alarmId: Id,
  channelId: Id,
  what: words(['raised', 'recovered', 'test']),
  state: words(['waiting', 'sent', 'given_up']),
  tries: Type.Integer(),
  error: orNull(Type.String()),
  createdAtMs: Instant,
  sentAtMs: orNull(Instant),
});
export type AlarmMessage = Static<typeof AlarmMessage>;

const channelId = strict({ channelId: Id });
const ruleId = strict({ ruleId: Id });
const ChannelBody = {
  name: Type.String({ minLength: 1, maxLength: 64 }),
  kind: words(CHANNEL_KINDS),
  enabled: maybe(Type.Boolean()),
  settings: Type.Union([EmailSettings, HookSettings]),
  /** Write-only: the mail password, or the signing secret of DingTalk and Feishu. null takes it away; left out it stays. */
  secret: maybe(orNull(Type.String({ maxLength: 1000 }))),
};
const RuleBody = strict({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  enabled: maybe(Type.Boolean()),
  events: Type.Array(words(RULE_EVENTS), { minItems: 1, maxItems: 20 }),
  group: maybe(orNull(Name)),
  severity: maybe(words(['warning', 'critical'])),
  channels: Type.Array(Id, { minItems: 1, maxItems: 50 }),
  tellRecovery: maybe(Type.Boolean()),
  afterMs: maybe(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
});

export const alarmRoutes = {
  'GET /alarms': route({
    summary: 'What people should hear of, the newest first; by default what is open.',
    permission: 'view',
    subject: { kind: 'visible' },
    query: strict({ ...PAGE, openOnly: maybe(Type.Boolean()) }),
    reply: pageOf(Alarm),
  }),
  'POST /alarms/:alarmId/close': route({
    summary: 'Says that it is dealt with.',
    permission: 'run',
    subject: { kind: 'alarm', in: 'params', field: 'alarmId' },
    params: strict({ alarmId: Id }),
    body: strict({ reason: FiringReason }),
    reply: Type.Object({ closed: Type.Boolean() }),
    audit: 'alarm.close',
  }),
  'GET /alarm-channels': route({
    summary: 'Ways by which alarms leave.',
    permission: 'admin',
    subject: { kind: 'installation' },
    reply: Type.Object({ items: Type.Array(Channel) }),
  }),
  'POST /alarm-channels': route({
    summary: 'Makes one.',
    permission: 'admin',
    subject: { kind: 'installation' },
    body: strict(ChannelBody),
    reply: Channel,
    audit: 'alarm-channel.create',
    hidesBody: true,
  }),
  'PUT /alarm-channels/:channelId': route({
    summary: 'Changes one.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: channelId,
    body: strict(ChannelBody),
    reply: Channel,
    audit: 'alarm-channel.update',
    hidesBody: true,
  }),
  'DELETE /alarm-channels/:channelId': route({
    summary: 'Takes one away.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: channelId,
    reply: Done,
    audit: 'alarm-channel.remove',
  }),
  'POST /alarm-channels/:channelId/test': route({
    summary: 'Sends a test message now. Says whether it was taken; what was answered is not shown.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: channelId,
    reply: Type.Object({ sent: Type.Boolean(), problem: orNull(Type.String()) }),
    audit: 'alarm-channel.test',
    heavy: true,
  }),
  'GET /alarm-rules': route({
    summary: 'Which alarms leave by which way.',
    permission: 'admin',
    subject: { kind: 'installation' },
    reply: Type.Object({ items: Type.Array(Rule) }),
  }),
  'POST /alarm-rules': route({
    summary: 'Makes one.',
    permission: 'admin',
    subject: { kind: 'installation' },
    body: RuleBody,
    reply: Rule,
    audit: 'alarm-rule.create',
  }),
  'PUT /alarm-rules/:ruleId': route({
    summary: 'Changes one.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: ruleId,
    body: RuleBody,
    reply: Rule,
    audit: 'alarm-rule.update',
  }),
  'DELETE /alarm-rules/:ruleId': route({
    summary: 'Takes one away.',
    permission: 'admin',
    subject: { kind: 'installation' },
    params: ruleId,
    reply: Done,
    audit: 'alarm-rule.remove',
  }),
  'GET /alarm-messages': route({
    summary: 'What was sent or waits, the newest first.',
    permission: 'admin',
    subject: { kind: 'installation' },
    query: strict(PAGE),
    reply: pageOf(AlarmMessage),
  }),
} as const;
