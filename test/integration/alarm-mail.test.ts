import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmailSettings } from '../../scheduler/admin/alarm/alarm-sender.ts';
import type { AlarmText } from '../../scheduler/admin/alarm/alarm-text.ts';
import { createAlarmSender } from '../../scheduler/admin/alarm/http-alarm-sender.ts';
import { raiseAlarm } from '../../scheduler/alarm/raise-alarm.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';
import { givenSmtpSink, type SmtpSink } from '../support/smtp-sink.ts';
import { selfSignedCertificate } from './gateway/self-signed-certificate.ts';

const LOGIN = { user: 'alarms', password: 'geheim ✓' };
const certificate = selfSignedCertificate('127.0.0.1');
const known = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...known, certificate.cert]));
afterAll(() => setDefaultCACertificates(known));

const sender = createAlarmSender({ networks: ['127.0.0.0/8'], plain: false, nowMs: () => 0 });
const TEXT: AlarmText = {
  what: 'raised',
  kind: 'RUN_FAILED',
  severity: 'critical',
  subject: 'job 7',
  message: '扣款失败：账户 “Müller” 👛\r\nBcc: evil@example.com',
  raisedAtMs: Date.UTC(2026, 10, 20, 2, 30),
  closedAtMs: null,
  url: 'https://scheduler.example.com/alarms',
};
const settings = (sink: Pick<SmtpSink, 'port'>, more: Partial<EmailSettings> = {}): EmailSettings => ({
  host: '127.0.0.1',
  port: sink.port,
  security: 'starttls',
  user: LOGIN.user,
  from: 'Daybreak <daybreak@example.com>',
  to: ['ann@example.com', 'bob@example.com'],
  ...more,
});
const send = (mail: EmailSettings, secret: string | null = LOGIN.password, text = TEXT) =>
  sender.send({ kind: 'email', settings: mail, secret }, text);

/** The subject and the body of a mail as a reader shows them. */
function readMail(data: string): { subject: string; body: string; headers: string } {
  const [headers = '', ...rest] = data.split('\r\n\r\n');
  const unfolded = headers.replace(/\r\n[ \t]+/g, ' ');
  const raw = /^Subject: (.*)$/m.exec(unfolded)?.[1] ?? '';
  const subject = raw
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?([BQ])\?(.*?)\?=/gi, (_, how: string, words: string) =>
      how.toUpperCase() === 'B' ? Buffer.from(words, 'base64').toString('utf8') : quoted(words.replace(/_/g, ' ')),
    );
  const encoding = /^Content-Transfer-Encoding: (.*)$/im.exec(unfolded)?.[1];
  const text = rest.join('\r\n\r\n');
  const body =
    encoding === 'base64'
      ? Buffer.from(text, 'base64').toString('utf8')
      : encoding === 'quoted-printable'
        ? quoted(text.replace(/=\r\n/g, ''))
        : text;
  return { subject, body, headers: unfolded };
}
const quoted = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

test('a mail leaves over STARTTLS, logged in, with its envelope, subject and body, and no header of its own making', async () => {
  const sink = await givenSmtpSink({ certificate, login: LOGIN });
  expect(await send(settings(sink, { language: 'zh' }))).toBeNull();
  expect(sink.heard.slice(0, 4)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'AUTH PLAIN']);
  const [mail] = sink.taken;
  expect(mail).toMatchObject({
    from: 'daybreak@example.com',
    to: ['ann@example.com', 'bob@example.com'],
    user: 'alarms',
    tls: true,
  });
  const { subject, body, headers } = readMail(mail?.data ?? '');
  expect(subject).toBe('[Daybreak] 告警 (严重): RUN_FAILED job 7');
  expect(body).toContain('扣款失败：账户 “Müller” 👛 Bcc: evil@example.com');
  expect(body).toContain('2026-11-20T02:30:00.000Z');
  expect(body).toContain('https://scheduler.example.com/alarms');
  expect(headers).not.toMatch(/^Bcc:/m);
  expect(headers).toContain('From: Daybreak <daybreak@example.com>');
});

test('a mail leaves over TLS from the first byte', async () => {
  const sink = await givenSmtpSink({ certificate, tlsAtOnce: true, login: LOGIN });
  expect(await send(settings(sink, { security: 'tls' }))).toBeNull();
  expect(sink.taken).toMatchObject([{ tls: true, user: 'alarms' }]);
});

test('what is wrong is told so that one can do something, and never in the words of the other side', async () => {
  const sink = await givenSmtpSink({ certificate, login: LOGIN, unknownRecipients: ['ann@example.com'] });
  expect(await send(settings(sink), 'wrong')).toBe('the mail server does not take this user and password');
  const { user: _, ...nobody } = settings(sink);
  expect(await send(nobody)).toContain('the mail server refused the sender or the recipients');
  // One of two recipients is nobody: the other has it, so it is not sent again.
  expect(await send(settings(sink))).toBeNull();
  expect(await send(settings(sink, { to: ['ann@example.com'] }))).toContain('refused the sender or the recipients');
  const plain = await givenSmtpSink({ login: LOGIN });
  expect(await send(settings(plain))).toContain('TLS');
  expect(plain.heard).not.toContain('AUTH PLAIN');
  expect(plain.taken).toEqual([]);
  await sink.close();
  expect(await send(settings(sink))).toContain('nothing answers at its host and port');
});

test('a certificate that nobody vouches for is refused, before the password is said', async () => {
  const sink = await givenSmtpSink({ certificate: selfSignedCertificate('127.0.0.1'), login: LOGIN });
  expect(await send(settings(sink))).toContain('TLS');
  expect(sink.heard).not.toContain('AUTH PLAIN');
});

test('while the server is down a mail waits, longer each time, and then leaves once; its end is told as well', async () => {
  const admin = await givenAdmin(async () => ({ url: 'sqlite::memory:', drop: async () => undefined }), {
    jobs: [job(1, 'debit')],
    options: { alarmNetworks: ['127.0.0.0/8'] },
  });
  const root = await admin.setUp();
  const down = await givenSmtpSink({ certificate, login: LOGIN });
  const { port } = down;
  await down.close();
  const made = await admin.ask('POST /alarm-channels', root, {
    body: { name: 'mail', kind: 'email', settings: settings({ port }), secret: LOGIN.password },
  });
  expect(made.status).toBe(200);
  const rule = { name: 'all', events: ['failure'], channels: [made.body.id] };
  await admin.ask('POST /alarm-rules', root, { body: rule });
  const alarm = { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: 1, severity: 'critical', message: 'x' } as const;
  await admin.store.transaction('raise', (tx) => raiseAlarm(tx, alarm, newEffects()));
  const message = async () => {
    const [row] = await admin.store.read('messages', (db) =>
      db.all<{ state: string; tries: number; waitMs: number }>(
        `select state, tries, next_at - ${db.nowMs} as waitMs from s_alarm_message where what = 'raised'`,
      ),
    );
    return row;
  };
  const due = () =>
    admin.store.transaction('now', (tx) => tx.run('update s_alarm_message set next_at = 0 where next_at is not null'));
  const waits: number[] = [];
  for (let n = 0; n < 3; n++) {
    await admin.pass();
    waits.push(Math.round(((await message())?.waitMs ?? 0) / 30_000));
    await due();
  }
  expect(waits).toEqual([1, 2, 4]);
  const [waiting] = (await admin.ask('GET /alarm-messages', root)).body.items;
  expect(waiting).toMatchObject({ state: 'waiting', tries: 3, error: expect.stringContaining('nothing answers') });

  const up = await givenSmtpSink({ port, certificate, login: LOGIN });
  await admin.pass();
  await admin.pass();
  expect(up.taken).toHaveLength(1);
  const tested = await admin.ask('POST /alarm-channels/:channelId/test', root, { params: { channelId: made.body.id } });
  expect(tested.body).toEqual({ sent: true, problem: null });
  expect(readMail(up.taken[1]?.data ?? '').subject).toContain('Test');
});
