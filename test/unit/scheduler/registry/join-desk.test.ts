import { expect, onTestFinished, test } from 'vitest';
import { createJoinDesk } from '../../../../scheduler/registry/join-desk.ts';
import { schedulerMigrations } from '../../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger as logger } from '../../../../shared/logger.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

const LIFETIME_MS = 600_000;
const given = async () => {
  const runtime = createFakeRuntime();
  const store = await openSqlStore('sqlite::memory:', { runtime, logger });
  onTestFinished(() => store.close());
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
  const { clock, random } = runtime;
  const newDesk = () => createJoinDesk({ store, clock, random });
  return { runtime, store, desk: newDesk(), other: newDesk() };
};

test('a token is good once, with whichever scheduler, and then it is known as used', async () => {
  const { desk, other } = await given();
  const { token, lifetimeMs } = await desk.issue();
  expect(lifetimeMs).toBe(LIFETIME_MS);
  expect((await other.take(token, 'a')).kind).toBe('good');
  for (const one of [desk, other]) expect(await one.take(token, 'a')).toEqual({ kind: 'refused', why: 'used' });
});

test('of many that use it at the same moment one has it', async () => {
  const { desk, other } = await given();
  const { token } = await desk.issue();
  const verdicts = await Promise.all([desk, other, desk, other].map((one) => one.take(token, 'a')));
  expect(verdicts.filter(({ kind }) => kind === 'good')).toHaveLength(1);
});

test('the store knows its digest and not the token', async () => {
  const { desk, store } = await given();
  const { token } = await desk.issue();
  const rows = await store.read('look', (db) => db.all('select * from s_join_token'));
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(token.slice(5));
});

test('a token that could not be made use of is good again', async () => {
  const { desk, other } = await given();
  const { token } = await desk.issue();
  const verdict = await desk.take(token, 'a');
  if (verdict.kind === 'good') await verdict.giveBack();
  expect((await other.take(token, 'a')).kind).toBe('good');
});

test('a token is good up to its tenth minute, and then it is known as expired', async () => {
  const { desk, runtime } = await given();
  const [early, late] = [await desk.issue(), await desk.issue()];
  await runtime.advance(LIFETIME_MS - 1);
  expect((await desk.take(early.token, 'a')).kind).toBe('good');
  await runtime.advance(1);
  expect(await desk.take(late.token, 'a')).toEqual({ kind: 'refused', why: 'expired' });
});

test('two tokens differ, and each is good whatever became of the other', async () => {
  const { desk } = await given();
  const [first, second] = [(await desk.issue()).token, (await desk.issue()).token];
  expect(first).not.toBe(second);
  expect((await desk.take(second, 'a')).kind).toBe('good');
  expect((await desk.take(first, 'a')).kind).toBe('good');
});

test('after ten wrong tries a caller is not heard for the rest of the minute, not even with a good token; others are', async () => {
  const { desk, runtime } = await given();
  const { token } = await desk.issue();
  for (let i = 0; i < 10; i++) expect(await desk.take(`join-${i}`, 'a')).toEqual({ kind: 'refused', why: 'wrong' });
  expect(await desk.take(token, 'a')).toEqual({ kind: 'refused', why: 'too_many_tries' });
  expect((await desk.take((await desk.issue()).token, 'b')).kind).toBe('good');
  await runtime.advance(60_000);
  expect((await desk.take(token, 'a')).kind).toBe('good');
});

test('wrong tries from a thousand addresses close the desk to further ones', async () => {
  const { desk } = await given();
  for (let i = 0; i < 1_000; i++) await desk.take('wrong', `caller ${i}`);
  expect(await desk.take((await desk.issue()).token, 'one more')).toEqual({ kind: 'refused', why: 'too_many_tries' });
});
