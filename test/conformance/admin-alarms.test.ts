import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closeAlarm, raiseAlarm } from '../../scheduler/alarm/raise-alarm.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { type Asker, type GivenAdmin, givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';
import { usually } from '../support/usual-durations.ts';

const LOOPBACK = { alarmNetworks: ['127.0.0.0/8'], plainWebhooks: true };
const EVENTS = ['failure', 'node_lost'];

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

async function givenReceiver(status = 200): Promise<{ url: string; heard: Heard[]; status: number; answer: string }> {
  const receiver = { url: '', heard: [] as Heard[], status, answer: 'a secret of the inside' };
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      receiver.heard.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
      response.writeHead(receiver.status, { location: 'http://127.0.0.1:1/elsewhere' }).end(receiver.answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/abc-secret`;
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return receiver;
}

async function raise(admin: GivenAdmin, jobId: number): Promise<void> {
  await admin.store.transaction('raise', (tx) =>
    raiseAlarm(
      tx,
      {
        kind: 'RUN_FAILED',
        subjectKind: 'job',
        subjectId: jobId,
        severity: 'critical',
        message: `job ${jobId} failed`,
      },
      newEffects(),
    ),
  );
}

async function addChannel(admin: GivenAdmin, root: Asker, url: string, more: object = {}) {
  const body = { name: 'hook', kind: 'webhook', settings: { url }, secret: 'shared', ...more };
  const answer = await admin.ask('POST /alarm-channels', root, { body });
  expect(answer.status).toBe(200);
  return answer.body;
}

describeOnEachStore('alarms that leave', (newPlace) => {
  const given = () =>
    givenAdmin(newPlace, { jobs: [job(1, 'debit'), job(2, 'other', { group: 'other' })], options: LOOPBACK });

  test('an alarm is told once, however many rules name it, and its end once', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const receiver = await givenReceiver();
    const { id } = await addChannel(admin, root, receiver.url);
    const rule = { name: 'all', events: EVENTS, channels: [id] };
    await admin.ask('POST /alarm-rules', root, { body: rule });
    await admin.ask('POST /alarm-rules', root, { body: { ...rule, name: 'again' } });
    await admin.ask('POST /alarm-rules', root, {
      body: { ...rule, name: 'theirs', group: 'other', events: ['stalled'] },
    });
    await raise(admin, 1);
    await admin.pass();
    await raise(admin, 1);
    await admin.pass();
    expect(receiver.heard).toHaveLength(1);
    expect(receiver.heard[0]?.body).toMatchObject({ what: 'raised', kind: 'RUN_FAILED', message: 'job 1 failed' });
    expect(receiver.heard[0]?.headers['x-daybreak-signature']).toMatch(/^[0-9a-f]{64}$/);
    await admin.store.transaction('close', (tx) =>
      closeAlarm(tx, { kind: 'RUN_FAILED', subjectKind: 'job', subjectId: 1 }),
    );
    await admin.pass();
    await admin.pass();
    expect(receiver.heard.map(({ body }) => body.what)).toEqual(['raised', 'recovered']);
    const { items } = (await admin.ask('GET /alarm-messages', root)).body;
    expect(items.map(({ what, state }) => `${what} ${state}`)).toEqual(['recovered sent', 'raised sent']);
  });

  test('what is not taken waits and is sent again; a rule is for its own group only', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const receiver = await givenReceiver(500);
    const { id } = await addChannel(admin, root, receiver.url);
    await admin.ask('POST /alarm-rules', root, {
      body: { name: 'theirs', events: EVENTS, channels: [id], group: 'other' },
    });
    await raise(admin, 1);
    await raise(admin, 2);
    await admin.pass();
    await admin.pass();
    expect(receiver.heard).toHaveLength(1);
    const waiting = (await admin.ask('GET /alarm-messages', root)).body.items;
    expect(waiting).toMatchObject([{ state: 'waiting', tries: 1, error: expect.stringContaining('answered 500') }]);
    expect(JSON.stringify(waiting)).not.toContain('secret of the inside');
    receiver.status = 200;
    await admin.store.transaction('now', (tx) =>
      tx.run('update s_alarm_message set next_at = 0 where next_at is not null'),
    );
    await admin.pass();
    expect((await admin.ask('GET /alarm-messages', root)).body.items).toMatchObject([{ state: 'sent', tries: 2 }]);
  });

  test('a cut-off that will be missed is told before it has come, once, and that it is in time again', async () => {
    const night = { name: 'night', nodes: ['debit'], edges: [] };
    const admin = await givenAdmin(newPlace, { jobs: [job(1, 'debit')], chains: [night], options: LOOPBACK });
    const root = await admin.setUp();
    const receiver = await givenReceiver();
    const { id } = await addChannel(admin, root, receiver.url);
    await admin.ask('POST /alarm-rules', root, {
      body: { name: 'late', events: ['eta_past_cut_off'], channels: [id] },
    });
    const cutOffAtMs = Date.now() + 600_000;
    await usually(admin.store, { 1: 1_200_000 });
    const body = { requestId: 'tonight', businessDate: '2026-11-20', cutOffAtMs };
    expect((await admin.ask('POST /chains/:chain/start', root, { params: { chain: 'night' }, body })).status).toBe(200);
    await admin.pass();
    await admin.pass();
    expect(receiver.heard.map(({ body }) => [body.what, body.kind])).toEqual([['raised', 'CUT_OFF_IN_DANGER']]);
    expect(receiver.heard[0]?.body).toMatchObject({
      severity: 'critical',
      message: expect.stringContaining('will miss'),
    });
    expect(receiver.heard[0]?.body.raisedAtMs).toBeLessThan(cutOffAtMs);
    await usually(admin.store, { 1: 60_000 }, { times: 9 });
    await admin.pass();
    await admin.pass();
    expect(receiver.heard.map(({ body }) => body.what)).toEqual(['raised', 'recovered']);
  });

  test('an executor that falls silent is told, and that it is back', async () => {
    const admin = await given();
    const root = await admin.setUp();
    const executorId = await admin.store.transaction('plant', (tx) =>
      tx.insertReturningId(
        `insert into s_executor (app_name, address, state, registered_at, last_beat_at) values ('orders', 'http://127.0.0.1:1/', 'silent', 1, 1)`,
      ),
    );
    await admin.pass();
    const open = async () => (await admin.ask('GET /alarms', root)).body.items.map(({ kind }) => kind);
    expect(await open()).toEqual(['EXECUTOR_LOST']);
    const move = (state: string) =>
      admin.store.transaction('move', (tx) =>
        tx.run('update s_executor set state = ? where id = ?', [state, executorId]),
      );
    await move('gone');
    await admin.pass();
    expect(await open()).toEqual(['EXECUTOR_LOST']);
    await move('alive');
    await admin.pass();
    expect(await open()).toEqual([]);
  });
});

describe('a channel', () => {
  const embedded = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });

  test('of a webhook shows where it goes and never the rest of its address, nor does the record', async () => {
    const admin = await givenAdmin(embedded, { options: LOOPBACK });
    const root = await admin.setUp();
    const receiver = await givenReceiver();
    const channel = await addChannel(admin, root, receiver.url);
    expect(channel).toMatchObject({ hasSecret: true, settings: { url: `${new URL(receiver.url).origin}/...` } });
    const rows = await admin.store.read('rows', (db) => db.all('select * from s_alarm_channel'));
    expect(JSON.stringify(rows)).not.toContain('abc-secret');
    // Sent back as it was shown, it stays what it was.
    const params = { channelId: channel.id };
    const body = { name: 'renamed', kind: 'webhook', settings: channel.settings };
    expect((await admin.ask('PUT /alarm-channels/:channelId', root, { params, body })).body.hasSecret).toBe(true);
    const tested = await admin.ask('POST /alarm-channels/:channelId/test', root, { params });
    expect(tested.body).toEqual({ sent: true, problem: null });
    expect(receiver.heard[0]?.path).toBe('/hook/abc-secret');
    const record = JSON.stringify((await admin.ask('GET /audit', root, { query: { limit: 200 } })).body);
    expect(record).not.toContain('abc-secret');
  });

  test('is refused by the fields of its own kind, and no other', async () => {
    const admin = await givenAdmin(embedded, { options: LOOPBACK });
    const root = await admin.setUp();
    const saidOf = async (settings: object) => {
      const body = { name: 'night', kind: 'email', settings };
      const answer = await admin.ask('POST /alarm-channels', root, { body: body as never });
      const { fields } = (answer.body as unknown as { error: { fields: { path: string; message: string }[] } }).error;
      return fields.map(({ path, message }) => `${path} ${message}`);
    };
    const mail = { host: 'mail.example', port: 465, security: 'tls', from: 'night@example.com', to: ['a@example.com'] };
    expect(await saidOf({ ...mail, port: 70_000 })).toEqual(['settings.port must be <= 65535']);
    expect(await saidOf({ host: mail.host, port: mail.port, security: 'tls' })).toEqual([
      'settings.from is missing',
      'settings.to is missing',
    ]);
  });

  test.each([
    ['webhook', '', 'refused', (body: Heard['body']) => body.text],
    ['slack', 'ok', null, (body: Heard['body']) => body.text],
    ['dingtalk', '{"errcode":0}', '{"errcode":310000}', (body: Heard['body']) => (body.text as Heard['body']).content],
    ['feishu', '{"code":0}', '{"code":19021}', (body: Heard['body']) => (body.content as Heard['body']).text],
  ])('of kind %s is tried by its button, in its own form, and believed by its own word', async (kind, yes, no, textOf) => {
    const admin = await givenAdmin(embedded, { options: LOOPBACK });
    const root = await admin.setUp();
    const receiver = await givenReceiver();
    const { id } = await addChannel(admin, root, receiver.url, { kind });
    const press = async () =>
      (await admin.ask('POST /alarm-channels/:channelId/test', root, { params: { channelId: id } })).body;
    receiver.answer = yes;
    expect(await press()).toEqual({ sent: true, problem: null });
    const [{ path, headers, body }] = receiver.heard as [Heard];
    expect(String(textOf(body))).toMatch(/^\[Daybreak\] Test \(warning\): TEST by root\nThis is a test/);
    const signed = {
      webhook: headers['x-daybreak-signature'],
      dingtalk: path.includes('&sign='),
      feishu: body.sign,
      slack: true,
    };
    expect(signed[kind as keyof typeof signed]).toBeTruthy();
    if (no === null) return;
    receiver.answer = no;
    if (kind === 'webhook') receiver.status = 400;
    expect(await press()).toMatchObject({ sent: false, problem: expect.stringContaining('did not take it') });
  });

  test('loses its secret when it moves to another host', async () => {
    const admin = await givenAdmin(embedded, { options: LOOPBACK });
    const root = await admin.setUp();
    const channel = await addChannel(admin, root, 'http://127.0.0.1:4000/a');
    const body = { name: 'hook', kind: 'webhook', settings: { url: 'http://127.0.0.1:4001/a' } };
    const moved = await admin.ask('PUT /alarm-channels/:channelId', root, { params: { channelId: channel.id }, body });
    expect(moved.body.hasSecret).toBe(false);
  });

  test.each([
    ['hook', {}, 'this is no url: write the whole of it'],
    ['http://127.0.0.1:1/', {}, '--plain-webhooks'],
    ['https://127.0.0.1:1/', {}, '--alarm-networks'],
    ['https://169.254.169.254/latest', {}, '--alarm-networks'],
    ['https://[::ffff:10.0.0.1]/', {}, '--alarm-networks'],
    ['https://0x7f000001/', {}, '--alarm-networks'],
    ['https://user:pass@example.com/', {}, 'no user or password'],
    ['file:///etc/passwd', {}, 'https://'],
    ['http://example.com/', {}, '--plain-webhooks'],
    ['ftp://example.com/', { plainWebhooks: true }, 'https:// or http://'],
  ])('that leads inside is refused, with the way out: %s', async (url, options, says) => {
    const admin = await givenAdmin(embedded, { options });
    const root = await admin.setUp();
    const body = { name: 'hook', kind: 'webhook', settings: { url } };
    const answer = await admin.ask('POST /alarm-channels', root, { body });
    const fields = [{ path: 'settings.url', message: expect.stringContaining(says) }];
    expect(answer).toMatchObject({ status: 400, body: { error: { fields } } });
  });

  test('whose name leads inside is not called, and a redirect is not followed', async () => {
    const admin = await givenAdmin(embedded, { options: { plainWebhooks: true } });
    const root = await admin.setUp();
    const receiver = await givenReceiver(302);
    const inside = await addChannel(admin, root, receiver.url.replace('127.0.0.1', 'localhost'));
    const answer = await admin.ask('POST /alarm-channels/:channelId/test', root, { params: { channelId: inside.id } });
    expect(answer.body).toMatchObject({ sent: false, problem: expect.stringContaining('not on the public internet') });
    expect(receiver.heard).toEqual([]);
    const open = await givenAdmin(embedded, { options: LOOPBACK });
    const other = await open.setUp();
    const channel = await addChannel(open, other, receiver.url);
    const moved = await open.ask('POST /alarm-channels/:channelId/test', other, { params: { channelId: channel.id } });
    expect(moved.body).toMatchObject({ sent: false, problem: expect.stringContaining('302') });
    expect(receiver.heard).toHaveLength(1);
  });
});
