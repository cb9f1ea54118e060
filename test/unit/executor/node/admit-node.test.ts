import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chooseWay } from '../../../../executor/node/admit-node.ts';
import { hashOfJoinToken, type KeptJoin, keepJoin, readKeptJoin } from '../../../../executor/node/joined-file.ts';
import { readExecutorEnvironment } from '../../../../executor/node/system-environment.ts';

const HERE = 'http://127.0.0.1:8080';
const kept: KeptJoin = {
  appname: 'my-app',
  schedulers: [HERE],
  accessToken: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
  heartbeatIntervalMs: 1_000,
  joinTokenHash: hashOfJoinToken('join-1'),
};
const node = { appname: 'my-app', schedulers: [HERE], joinToken: null, dataDir: './data' };

test('a first start joins by its token', () => {
  const way = chooseWay({ ...node, joinToken: 'join-1' }, null);
  expect(way).toEqual({ kind: 'join', schedulers: [HERE], joinToken: 'join-1' });
});

test.each([
  ['without a token', {}],
  ['with nothing but its name', { schedulers: [] }],
  ['by the very command by which it joined', { joinToken: 'join-1' }],
  ['with its scheduler spelled otherwise', { schedulers: [`${HERE}/`] }],
])('a later start %s goes on with what was kept', (_, differing) => {
  expect(chooseWay({ ...node, ...differing }, kept)).toEqual({ kind: 'go_on', kept });
});

test('a new token is used although something was kept, at the schedulers that were kept if none is named', () => {
  const way = chooseWay({ ...node, schedulers: [], joinToken: 'join-2' }, kept);
  expect(way).toEqual({ kind: 'join', schedulers: [HERE], joinToken: 'join-2' });
});

test('what was kept is shown to no other scheduler, and used for no other group', () => {
  const elsewhere = chooseWay({ ...node, schedulers: ['http://10.0.0.9:8080'] }, kept);
  expect(elsewhere).toEqual({ kind: 'refused', why: expect.stringContaining(`is of "my-app" at ${HERE}`) });
  expect(chooseWay({ ...node, appname: 'other' }, kept)).toMatchObject({ kind: 'refused' });
  expect(chooseWay({ ...node, appname: 'other', joinToken: 'join-1' }, kept)).toMatchObject({ kind: 'join' });
});

test('without anything the way out is named', () => {
  expect(chooseWay(node, null)).toMatchObject({ why: expect.stringContaining('set DAYBREAK_JOIN_TOKEN') });
  const nowhere = chooseWay({ ...node, schedulers: [], joinToken: 'join-1' }, null);
  expect(nowhere).toMatchObject({ why: expect.stringContaining('set DAYBREAK_SCHEDULERS') });
});

test('what a node got is kept for its owner alone, and read again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-joined-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const dataDir = join(dir, 'new', 'folder');
  expect(await readKeptJoin(dataDir)).toBeNull();
  await keepJoin(dataDir, kept);
  expect(await readKeptJoin(dataDir)).toEqual(kept);
  expect(statSync(join(dataDir, 'joined.json')).mode & 0o777).toBe(0o600);
  for (const text of ['{"appname":', '{"appname":"my-app"}']) {
    writeFileSync(join(dataDir, 'joined.json'), text);
    expect(await readKeptJoin(dataDir)).toBeNull();
  }
});

test('the environment names schedulers and the token, and an empty variable says nothing', () => {
  expect(
    readExecutorEnvironment({ DAYBREAK_SCHEDULERS: ' http://a:1, http://b:2,', DAYBREAK_JOIN_TOKEN: 'join-1 ' }),
  ).toEqual({
    schedulers: ['http://a:1', 'http://b:2'],
    joinToken: 'join-1',
  });
  expect(readExecutorEnvironment({ DAYBREAK_SCHEDULERS: ' ', DAYBREAK_JOIN_TOKEN: '' })).toEqual({
    schedulers: null,
    joinToken: null,
  });
});
