import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  type AlarmText,
  bodyText,
  hookRequest,
  isTaken,
  subjectLine,
} from '../../../../scheduler/admin/alarm/alarm-text.ts';

const TEXT: AlarmText = {
  what: 'raised',
  kind: 'RUN_FAILED',
  severity: 'critical',
  subject: 'job 7\r\nBcc: all@example.com',
  message: 'it failed\nbadly',
  raisedAtMs: 0,
  closedAtMs: null,
  url: 'https://scheduler.example.com/alarms',
};
const NOW = 1_700_000_000_000;
const to = (secret: string | null) =>
  ({ url: 'https://hook.example.com/x?access_token=t', secret, language: 'en' }) as const;

test('what an alarm is made of makes no header and no second line', () => {
  expect(subjectLine(TEXT, 'en')).toBe('[Daybreak] Alarm (critical): RUN_FAILED job 7 Bcc: all@example.com');
  expect(bodyText(TEXT, 'en').split('\n')[1]).toBe('it failed badly');
  expect(subjectLine(TEXT, 'zh')).toContain('告警');
});

test('each chat gets what it reads', () => {
  expect(JSON.parse(hookRequest('slack', to(null), TEXT, NOW).body)).toEqual({ text: bodyText(TEXT, 'en') });
  const dingtalk = hookRequest('dingtalk', to('SEC1'), TEXT, NOW);
  const url = new URL(dingtalk.url);
  expect(url.searchParams.get('access_token')).toBe('t');
  expect(url.searchParams.get('timestamp')).toBe(String(NOW));
  expect(url.searchParams.get('sign')).toBe(createHmac('sha256', 'SEC1').update(`${NOW}\nSEC1`).digest('base64'));
  expect(JSON.parse(dingtalk.body)).toMatchObject({ msgtype: 'text', text: { content: bodyText(TEXT, 'en') } });
  const feishu = JSON.parse(hookRequest('feishu', to('SEC2'), TEXT, NOW).body) as Record<string, unknown>;
  const seconds = String(NOW / 1_000);
  expect(feishu).toMatchObject({ msg_type: 'text', timestamp: seconds });
  expect(feishu.sign).toBe(createHmac('sha256', `${seconds}\nSEC2`).update('').digest('base64'));
  const own = hookRequest('webhook', to('SEC3'), TEXT, NOW);
  const signature = createHmac('sha256', 'SEC3').update(`${NOW}.${own.body}`).digest('hex');
  expect(own.headers['x-daybreak-signature']).toBe(signature);
});

test('what a job wrote calls nobody in a chat, makes no link, and is cut where the chats cut', () => {
  const odd = { ...TEXT, message: '<!channel> <https://evil.example|our bank> a & b <at user_id="all">x</at>' };
  const { text } = JSON.parse(hookRequest('slack', to(null), odd, NOW).body) as { text: string };
  expect(text).toContain('&lt;!channel&gt; &lt;https://evil.example|our bank&gt; a &amp; b');
  expect(text).not.toMatch(/[<>]/);
  const feishu = JSON.parse(hookRequest('feishu', to(null), odd, NOW).body) as { content: { text: string } };
  expect(feishu.content.text).not.toContain('<at');
  expect(JSON.parse(hookRequest('dingtalk', to(null), odd, NOW).body)).toMatchObject({ at: { isAtAll: false } });
  const long = { ...TEXT, message: 'x'.repeat(10_000) };
  expect(JSON.parse(hookRequest('slack', to(null), long, NOW).body).text.length).toBeLessThan(2_500);
});

test('a chat that answers 200 and did not take it is not believed', () => {
  expect(isTaken('dingtalk', 200, '{"errcode":310000}')).toBe(false);
  expect(isTaken('dingtalk', 200, '{"errcode":0}')).toBe(true);
  expect(isTaken('feishu', 200, '{"code":19021}')).toBe(false);
  expect(isTaken('feishu', 200, 'no json')).toBe(false);
  expect(isTaken('slack', 200, 'ok')).toBe(true);
  expect(isTaken('webhook', 302, '')).toBe(false);
});
