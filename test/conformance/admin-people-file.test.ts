import { expect, test, vi } from 'vitest';
import { lockAdmins, lockUser, setGrants } from '../../scheduler/storage/sql/admin-people-queries.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { type Asker, askerOf, givenAdmin, NOBODY } from '../support/given-admin.ts';

const PEOPLE = {
  groups: [{ name: 'billing' }],
  people: [
    {
      name: 'ana',
      displayName: 'Ana',
      email: 'ana@example.com',
      grants: [
        { group: '*', permissions: ['view'] },
        { group: 'billing', permissions: ['run', 'edit', 'view'] },
      ],
    },
    { name: 'Boss', isAdmin: true },
    { name: 'gone', state: 'disabled' },
  ],
};

describeOnEachStore('people in a definition file', (newPlace) => {
  const given = async () => {
    const admin = await givenAdmin(newPlace);
    const root = await admin.setUp();
    const check = async (definitions: object, asker = root) =>
      (await admin.ask('POST /definitions/check', asker, { body: { definitions } })).body;
    const send = (definitions: object, basis: string, asker = root) =>
      admin.ask('POST /definitions/apply', asker, { body: { definitions, basis } });
    const apply = async (definitions: object) => send(definitions, (await check(definitions)).basis);
    const users = async () => (await admin.ask('GET /users', root)).body.items;
    return { admin, root, check, send, apply, users };
  };
  type Given = Awaited<ReturnType<typeof given>>;
  const logIn = ({ admin }: Given, name: string, password: string) =>
    admin.ask('POST /session', NOBODY, { body: { name, password } });
  const auditOf = async ({ admin, root }: Given, action: string) =>
    (await admin.ask('GET /audit', root, { query: { action } })).body.items;

  test('are made with a first password that has to be changed, and come out as they went in', async () => {
    const all = await given();
    const { admin, root, check, apply, users } = all;
    const shown = await check(PEOPLE);
    expect(shown.problems).toEqual([]);
    expect(shown.changes.filter(({ kind }) => kind === 'person')).toMatchObject([
      {
        name: 'ana',
        action: 'create',
        differences: expect.arrayContaining([
          expect.objectContaining({ path: 'grants.billing', after: ['view', 'run', 'edit'] }),
        ]),
      },
      { name: 'boss', action: 'create', differences: [{ path: 'isAdmin', after: true }] },
      { name: 'gone', action: 'create', differences: [{ path: 'state', after: 'disabled' }] },
    ]);
    const made = await apply(PEOPLE);
    expect(made.status).toBe(200);
    const { firstPasswords } = made.body;
    expect(firstPasswords.map(({ name }) => name)).toEqual(['ana', 'boss', 'gone']);
    expect(new Set(firstPasswords.map(({ password }) => password)).size).toBe(3);

    const [ana = '', , gone = ''] = firstPasswords.map(({ password }) => password);
    const first = await logIn(all, 'ana', ana);
    expect(first.body.principal).toMatchObject({ mustChangePassword: true, isAdmin: false });
    // Until it is changed the session opens nothing.
    expect((await admin.ask('GET /jobs', askerOf(first))).status).toBe(403);
    expect((await logIn(all, 'gone', gone)).status).toBe(401);

    expect((await apply(PEOPLE)).body).toEqual({ changes: [], firstPasswords: [] });
    const out = (await admin.ask('GET /definitions', root)).body;
    expect(out.people).toEqual([
      {
        name: 'ana',
        displayName: 'Ana',
        email: 'ana@example.com',
        grants: [
          { group: '*', permissions: ['view'] },
          { group: 'billing', permissions: ['view', 'run', 'edit'] },
        ],
      },
      { name: 'boss', isAdmin: true },
      { name: 'gone', state: 'disabled' },
      { name: 'root', displayName: 'Root', isAdmin: true },
    ]);
    expect((await check(out)).changes).toEqual([]);
    expect((await users()).map(({ name }) => name)).toEqual(['ana', 'boss', 'gone', 'root']);
    // In the record: the file, and an entry for each person; no password anywhere.
    expect(await auditOf(all, 'definitions.apply')).toHaveLength(2);
    const entries = await auditOf(all, 'user.create');
    expect(entries).toHaveLength(3);
    expect(entries.map(({ who }) => who)).toEqual(['root', 'root', 'root']);
    const record = JSON.stringify([...entries, ...(await auditOf(all, 'definitions.apply'))]);
    for (const { password } of firstPasswords) expect(record).not.toContain(password);
    expect(record).not.toContain('argon2id');
  });

  test('who is there gets the rights that the file says and keeps the rest; who is not in it is left alone', async () => {
    const all = await given();
    const { admin, root, check, apply, users } = all;
    await apply(PEOPLE);
    const caro = await admin.user('caro', [{ group: 'billing', permissions: ['approve'] }], root);
    const dan = await admin.user('dan', [{ group: 'billing', permissions: ['view'] }], root);
    const change = {
      people: [
        { name: 'caro', grants: [{ group: 'billing', permissions: ['view'] }] },
        { name: 'ana' },
        { name: 'boss', isAdmin: true, displayName: 'The boss' },
        { name: 'gone' },
      ],
    };
    expect((await check(change)).changes).toEqual([
      {
        kind: 'person',
        name: 'caro',
        action: 'change',
        differences: [{ path: 'grants.billing', before: ['approve'], after: ['view'] }],
      },
      {
        kind: 'person',
        name: 'ana',
        action: 'change',
        differences: [
          { path: 'grants.*', before: ['view'], after: null },
          { path: 'grants.billing', before: ['view', 'run', 'edit'], after: null },
        ],
      },
      {
        kind: 'person',
        name: 'boss',
        action: 'change',
        differences: [{ path: 'displayName', before: 'boss', after: 'The boss' }],
      },
    ]);
    expect((await apply(change)).body.firstPasswords).toEqual([]);
    const now = new Map((await users()).map((user) => [user.name, user]));
    expect(now.get('ana')).toMatchObject({ displayName: 'Ana', email: 'ana@example.com', grants: [] });
    expect(now.get('gone')).toMatchObject({ state: 'disabled' });
    expect(now.get('dan')?.grants).toEqual([{ group: 'billing', permissions: ['view'] }]);
    expect(await auditOf(all, 'user.update')).toHaveLength(3);
    // Whoever's rights changed has to log in anew; nobody else.
    expect((await admin.ask('GET /session', caro)).status).toBe(401);
    expect((await admin.ask('GET /session', dan)).status).toBe(200);
  });

  test("are an administrator's: nobody else sees, compares or applies them", async () => {
    const { admin, root, check, send } = await given();
    const { basis } = await check(PEOPLE);
    const editor: Asker = await admin.user('editor', [{ group: '*', permissions: ['edit'] }], root);
    const refused = {
      status: 403,
      body: { error: { code: 'FORBIDDEN', message: expect.stringContaining('administrator') } },
    };
    expect(await send(PEOPLE, basis, editor)).toMatchObject(refused);
    expect(await admin.ask('POST /definitions/check', editor, { body: { definitions: PEOPLE } })).toMatchObject(
      refused,
    );
    const out = (await admin.ask('GET /definitions', editor)).body;
    expect(out).not.toHaveProperty('people');
    expect((await send({ groups: PEOPLE.groups }, (await check({ groups: PEOPLE.groups })).basis, editor)).status).toBe(
      200,
    );
  });

  test('are refused by path, and then nothing of the file is stored', async () => {
    const { admin, root, check, send, users } = await given();
    const bad = {
      groups: [{ name: 'billing' }],
      people: [
        { name: 'ana', grants: [{ group: 'biling', permissions: ['view'] }] },
        { name: 'ANA' },
        { name: 'root' },
      ],
    };
    const { problems, basis } = await check(bad);
    expect(problems.map(({ path }) => path)).toEqual(['people[0].grants[0].group', 'people[1].name', 'people[2]']);
    expect(problems[2]?.message).toContain('last administrator');
    expect((await send(bad, basis)).status).toBe(400);
    const out = (await admin.ask('GET /definitions', root)).body;
    expect(out.groups).toEqual([]);
    expect(await users()).toHaveLength(1);
    // Each first password costs time: too many are refused before one is made.
    const many = { people: Array.from({ length: 501 }, (_, n) => ({ name: `p${n}` })) };
    const tooMany = await check(many);
    expect(tooMany.problems.map(({ path }) => path)).toEqual(['people']);
    expect((await send(many, tooMany.basis)).status).toBe(400);
    // A password is no field of it.
    const secret = { people: [{ name: 'eve', password: 'correct horse battery' }] };
    expect((await send(secret, basis)).status).toBe(400);
    // The last one may go when another comes.
    const handed = {
      people: [
        { name: 'root', state: 'disabled', isAdmin: true },
        { name: 'next', isAdmin: true },
      ],
    };
    expect((await check(handed)).problems).toEqual([]);
  });

  test('are not changed when somebody was quicker', async () => {
    const { admin, root, check, send, users } = await given();
    await admin.user('ana', [], root);
    const file = {
      groups: [{ name: 'billing' }],
      people: [{ name: 'ana', grants: [{ group: 'billing', permissions: ['view'] }] }],
    };
    const { basis } = await check(file);
    const { id: userId } = (await users()).find(({ name }) => name === 'ana') ?? { id: 0 };
    const body = { grants: [{ group: 'billing', permissions: ['approve'] }] };
    expect((await admin.ask('PATCH /users/:userId', root, { params: { userId }, body })).status).toBe(200);
    expect(await send(file, basis)).toMatchObject({ status: 409, body: { error: { code: 'CONFLICT' } } });
    expect((await users()).find(({ name }) => name === 'ana')?.grants).toEqual(body.grants);
  });

  test('are compared after a change of them that is under way, not before it', async () => {
    const { admin, root, check, send, users } = await given();
    await admin.user('ana', [], root);
    const { id } = (await users()).find(({ name }) => name === 'ana') ?? { id: 0 };
    const file = { people: [{ name: 'ana', displayName: 'Ana', grants: [{ group: '*', permissions: ['view'] }] }] };
    const { basis } = await check(file);
    // As the page changes a person, stopped before its commit until the file waits for it.
    const held = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const page = admin.store.transaction('page-changes-ana', async (tx) => {
      await lockAdmins(tx);
      await lockUser(tx, id);
      await setGrants(tx, 'user', id, [{ appName: '*', permission: 'approve' }]);
      held.resolve();
      await go.promise;
    });
    await held.promise;
    const applied = send(file, basis);
    if (admin.store.dialect !== 'sqlite') await vi.waitFor(() => somebodyWaits(admin.store), MAKES_ANEW);
    go.resolve();
    await page;
    expect((await applied).status).toBe(409);
    expect((await users()).find(({ name }) => name === 'ana')?.grants).toEqual([
      { group: '*', permissions: ['approve'] },
    ]);
  });
});

// The server makes its table of transactions anew only for who has not read it for a tenth of a second.
const MAKES_ANEW = { timeout: 60_000, interval: 250 };

/** Throws as long as no transaction of the server waits for a lock. One of another test is as good: then it is only less strict. */
async function somebodyWaits(store: SqlStore): Promise<void> {
  const waiting = `select count(*) as n from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`;
  const row = await store.read('look', (db) => db.get<{ n: number }>(waiting));
  expect(row?.n).toBeGreaterThan(0);
}
