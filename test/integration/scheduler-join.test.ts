import { expect, test } from 'vitest';
import { SCALED_SETTINGS } from '../../scheduler/settings.ts';
import { type GivenScheduler, givenScheduler, job } from '../support/given-scheduler.ts';

interface Answer {
  readonly code: number;
  readonly msg: string;
  readonly data: { readonly accessToken: string; readonly heartbeatIntervalMs: number } | null;
}

async function join(given: GivenScheduler, body: unknown): Promise<Answer> {
  const init = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(`${given.scheduler.url}api/join`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}
const issue = async (given: GivenScheduler) => (await given.scheduler.joins.issue()).token;
const groups = async (given: GivenScheduler) => (await given.scheduler.groups.list()).map(({ appName }) => appName);

test('a one-time token gets the token of its group, which is made; a second executor of the group gets the same', async () => {
  // The beat that it is told is a third of the silence that is borne: 600 ms here.
  const given = await givenScheduler({ jobs: [job(1, 'work')], joinable: true, settings: SCALED_SETTINGS });
  const joined: string[] = [];
  given.scheduler.joins.onJoined((appName) => joined.push(appName));
  const first = await join(given, { joinToken: await issue(given), appname: 'new-app' });
  expect(first).toMatchObject({ code: 200, data: { heartbeatIntervalMs: 200 } });
  expect(await groups(given)).toContain('new-app');
  const second = await join(given, { joinToken: await issue(given), appname: 'new-app' });
  const other = await join(given, { joinToken: await issue(given), appname: 'other-app' });
  expect(second.data?.accessToken).toBe(first.data?.accessToken);
  expect(other.data?.accessToken).not.toBe(first.data?.accessToken);
  expect(joined).toEqual(['new-app', 'new-app', 'other-app']);
  const rows = await given.store.read('look', (db) => db.all<{ token: string }>('select token from s_group'));
  expect(JSON.stringify(rows)).not.toContain(first.data?.accessToken);
});

test('wrong and used tokens are refused with a sentence each, and make no group', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'work')], joinable: true });
  const wrong = { code: 401, msg: 'The join token is wrong: copy it once more, or take a new one.', data: null };
  expect(await join(given, { joinToken: 'join-0', appname: 'new-app' })).toMatchObject(wrong);
  expect(await groups(given)).toEqual(['orders']);
  const joinToken = await issue(given);
  await join(given, { joinToken, appname: 'new-app' });
  const used = await join(given, { joinToken, appname: 'third-app' });
  expect(used).toMatchObject({ code: 401, msg: expect.stringContaining('was used already'), data: null });
  expect(await groups(given)).toEqual(['new-app', 'orders']);
});

test('a name that no group can have, and what is no message, cost no token', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'work')], joinable: true });
  const joinToken = await issue(given);
  expect(await join(given, { joinToken, appname: '../x' })).toMatchObject({ code: 500, data: null });
  expect(await join(given, { joinToken })).toMatchObject({ code: 500 });
  expect(await join(given, 'no json')).toMatchObject({ code: 500 });
  expect(await join(given, { joinToken, appname: 'x', more: 'x'.repeat(5_000) })).toMatchObject({ code: 500 });
  expect(await join(given, { joinToken, appname: 'x' })).toMatchObject({ code: 200 });
});

test('a group whose executors have the installation token cannot be joined, which would shut them out', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'work')], joinable: true });
  const executor = await given.executor();
  const joinToken = await issue(given);
  expect(await join(given, { joinToken, appname: 'orders' })).toMatchObject({ code: 409, data: null });
  expect(await executor.register()).toMatchObject({ code: 200 });
  expect(await join(given, { joinToken, appname: 'free' })).toMatchObject({ code: 200 });
});

test('a scheduler that is not joinable has no such route', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'work')] });
  expect(await join(given, { joinToken: await issue(given), appname: 'x' })).toMatchObject({ code: 500, data: null });
  expect(await groups(given)).toEqual(['orders']);
});

test('what a join gave is good at once, although the groups were looked at a moment before', async () => {
  const given = await givenScheduler({ jobs: [job(1, 'work')], joinable: true });
  const ask = async (token: string) => {
    const headers = { 'xxl-job-access-token': token, 'xxl-job-appname': 'orders' };
    const response = await fetch(`${given.scheduler.url}api/callback`, { method: 'POST', headers, body: '[]' });
    return (await response.json()) as Answer;
  };
  expect(await ask('somebody else')).toMatchObject({ code: 500 });
  const { data } = await join(given, { joinToken: await issue(given), appname: 'orders' });
  expect(await ask(data?.accessToken ?? '')).toMatchObject({ code: 200 });
});
