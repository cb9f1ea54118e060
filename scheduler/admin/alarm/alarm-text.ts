import { createHmac } from 'node:crypto';
import type { ChannelKind } from '../../storage/sql/admin-alarm-queries.ts';

/** What a message says, whichever way it goes. */
export interface AlarmText {
  readonly what: 'raised' | 'recovered' | 'test';
  readonly kind: string;
  readonly severity: 'warning' | 'critical';
  readonly subject: string;
  readonly message: string;
  readonly raisedAtMs: number;
  readonly closedAtMs: number | null;
  /** Where people look. */
  readonly url: string | null;
}

const WORDS = {
  en: {
    raised: 'Alarm',
    recovered: 'Over',
    test: 'Test',
    warning: 'warning',
    critical: 'critical',
    since: 'since',
    until: 'until',
  },
  zh: {
    raised: '告警',
    recovered: '已恢复',
    test: '测试',
    warning: '警告',
    critical: '严重',
    since: '开始于',
    until: '结束于',
  },
} as const;

export function subjectLine(text: AlarmText, language: 'en' | 'zh'): string {
  const words = WORDS[language];
  return oneLine(`[Daybreak] ${words[text.what]} (${words[text.severity]}): ${text.kind} ${text.subject}`).slice(
    0,
    200,
  );
}

/** Slack takes 3,000 characters of one text for sure, DingTalk and Feishu 20 KB. */
const MESSAGE_MAX = 2_000;

export function bodyText(text: AlarmText, language: 'en' | 'zh'): string {
  const words = WORDS[language];
  const lines = [
    subjectLine(text, language),
    text.message.length > MESSAGE_MAX ? `${text.message.slice(0, MESSAGE_MAX)} …` : text.message,
    `${words.since} ${new Date(text.raisedAtMs).toISOString()}`,
    ...(text.closedAtMs === null ? [] : [`${words.until} ${new Date(text.closedAtMs).toISOString()}`]),
    ...(text.url === null ? [] : [text.url]),
  ];
  return lines.map(oneLine).join('\n');
}

/** What a message was made of comes from anywhere: it makes no header and no second line. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

export interface HookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The request that a chat or a program of one's own expects. `nowMs` is in the signatures of DingTalk and Feishu. */
export function hookRequest(
  kind: Exclude<ChannelKind, 'email'>,
  to: { readonly url: string; readonly secret: string | null; readonly language: 'en' | 'zh' },
  text: AlarmText,
  nowMs: number,
): HookRequest {
  const content = bodyText(text, to.language);
  const json = (body: object, url = to.url, headers: Record<string, string> = {}): HookRequest => ({
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  });
  switch (kind) {
    case 'slack':
      return json({ text: escapedForSlack(content) });
    case 'dingtalk': {
      const url = new URL(to.url);
      if (to.secret !== null) {
        url.searchParams.set('timestamp', String(nowMs));
        url.searchParams.set('sign', hmac(to.secret, `${nowMs}\n${to.secret}`));
      }
      return json({ msgtype: 'text', text: { content }, at: { isAtAll: false } }, url.href);
    }
    case 'feishu': {
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signed = to.secret === null ? {} : { timestamp, sign: hmac(`${timestamp}\n${to.secret}`, '') };
      return json({ ...signed, msg_type: 'text', content: { text: escapedForFeishu(content) } });
    }
    case 'webhook': {
      const body = JSON.stringify({ ...text, text: content });
      const signature: Record<string, string> =
        to.secret === null
          ? {}
          : {
              'x-daybreak-timestamp': String(nowMs),
              'x-daybreak-signature': createHmac('sha256', to.secret).update(`${nowMs}.${body}`).digest('hex'),
            };
      return { url: to.url, headers: { 'content-type': 'application/json; charset=utf-8', ...signature }, body };
    }
  }
}

/** In Slack `<...>` is a link or calls everybody (`<!channel>`), so what comes from elsewhere is escaped as it asks for. */
const escapedForSlack = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Feishu reads `<at user_id="all">` in a text and has no escape for it: the sign beside it in Unicode is none. */
const escapedForFeishu = (text: string): string => text.replace(/</g, '＜');

const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text, 'utf8').digest('base64');

/** Chats answer 200 to what they did not take, and say so in the body: DingTalk `errcode`, Feishu `code`. */
export function isTaken(kind: ChannelKind, status: number, body: string): boolean {
  if (status < 200 || status > 299) return false;
  if (kind !== 'dingtalk' && kind !== 'feishu') return true;
  try {
    const { errcode, code, StatusCode } = JSON.parse(body) as Record<string, unknown>;
    return [errcode, code, StatusCode].every((each) => each === undefined || each === 0);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
