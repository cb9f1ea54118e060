import { expect, test } from 'vitest';
import { verifyAudit } from '../../scheduler/admin/audit/verify-audit.ts';
import { logIn } from '../../scheduler/admin/people/log-in.ts';
import { callerOfKey, callerOfSession, isStillKnown } from '../../scheduler/admin/people/sessions.ts';
import type { Route } from '../../scheduler/api/admin/contract/route.ts';
import { ROUTES, type RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { lockLoginFailures, writeLoginFailures } from '../../scheduler/storage/sql/admin-session-queries.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { type Asker, type GivenAdmin, givenAdmin, NOBODY, PASSWORD, urlOf } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';

const JOBS = [job(1, 'mine', { group: 'mine' }), job(2, 'theirs', { group: 'theirs' })];
const CHAINS = [{ name: 'own-chain', nodes: ['mine'], edges: [] }];

/** What no field was made for: each is to be taken as text or refused, and nothing may fall over it. */
const WORDS: Readonly<Record<string, string>> = {
  'much of everything': `<script>alert(1)</script>a\u0000b\r\nc\u001b[31m \u202etxt.exe 👩‍👩‍👧‍👦\u{10ffff} ' or 1=1 -- %_\\' "; /* ../../etc/passwd%00`,
  'half of a pair': 'a\ud800b',
  long: `__proto__${'x'.repeat(5_000)}!`,
};

describeOnEachStore('hostile words', (newPlace) => {
  test('in any field of any route are taken as text or refused, and bring nothing down', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS, chains: CHAINS });
    const root = await given.setUp();
    const failed = new Set<string>();
    let asked = 0;
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      if (SKIPPED.has(name)) continue;
      for (const field of textsOf(ROUTES[name])) {
        for (const [what, word] of Object.entries(WORDS)) {
          const { statusCode, body } = await send(given, root.headers, name, { field, word });
          asked += 1;
          if (statusCode >= 500 && statusCode !== 503) failed.add(`${name} ${field} ${what}: ${body.slice(0, 200)}`);
        }
      }
    }
    expect([...failed]).toEqual([]);
    expect(asked).toBeGreaterThan(300);
    // What was refused is in the record with the words that it came with: they must not break its chain.
    const { problem, entries } = await verifyAudit(given.store);
    expect(entries).toBeGreaterThan(5);
    expect(problem).toBeNull();
  });

  test('in a reason do not break the record, wherever they are cut', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS });
    const root = await given.setUp();
    for (const reason of ['a\ud800b', `${'x'.repeat(63)}👩`, 'NUL \u0000 and \udfff']) {
      await given.ask('POST /jobs/:jobId/enable', root, { params: { jobId: 1 }, body: { reason } });
      await given.ask('POST /holds', root, { body: { scope: 'job', name: 'mine', reason } });
      await given.ask('POST /session', NOBODY, { body: { name: `${'y'.repeat(63)}👩`, password: reason } });
    }
    expect(await verifyAudit(given.store)).toMatchObject({ problem: null });
  });

  test('an entry of the record is bound to each of its columns', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS });
    const root = await given.setUp();
    await given.ask('POST /groups', root, { body: { name: 'third' } });
    const rows = await given.store.read('rows', (db) => db.all<Record<string, string>>('select * from s_audit'));
    const row = rows.at(-1) ?? {};
    const set = (column: string, value: unknown) =>
      given.store.transaction('tamper', (tx) =>
        tx.run(`update s_audit set ${column} = ? where seq = ?`, [value as string, row.seq as string]),
      );
    const unseen: string[] = [];
    for (const column of Object.keys(row)) {
      const other = { principal_kind: 'program', outcome: 'failed', seq: 7_000, at: 1 }[column] ?? 'another';
      if (column === 'seq') continue;
      await set(column, other);
      if ((await verifyAudit(given.store)).problem === null) unseen.push(column);
      await set(column, row[column] ?? null);
      expect((await verifyAudit(given.store)).problem).toBeNull();
    }
    expect(unseen).toEqual([]);
  });
});

describeOnEachStore('ways round the doors', (newPlace) => {
  test('a right password that was among many at once is refused when they have shut the door meanwhile', async () => {
    const given = await givenAdmin(newPlace);
    await given.setUp();
    const order = { name: 'root', password: PASSWORD, from: '192.0.2.7', agent: '' };
    const limits = { sessionIdleMs: 3_600_000, sessionMaxMs: 3_600_000 };
    // It is looked up, found open and computed; then the others are counted.
    const store: SqlStore = Object.create(given.store, {
      transaction: {
        value: async (...args: Parameters<SqlStore['transaction']>) => {
          if (args[0] === 'log-in') await shut(given.store, 'root');
          return given.store.transaction(...args);
        },
      },
    });
    await expect(logIn({ ...given.ctx, store }, order, limits)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await given.store.read('sessions', (db) => db.all('select 1 from s_session'))).toHaveLength(1);
  });

  test('whoever has a network of IPv6 has one allowance, not 2^64 of them', async () => {
    const options = { requestsPerSecond: 5, trustedProxies: ['127.0.0.1/32'] };
    const given = await givenAdmin(newPlace, { options });
    const from = (address: string) => given.ask('GET /setup', NOBODY, { headers: { 'x-forwarded-for': address } });
    const statuses: number[] = [];
    for (let n = 1; n <= 200; n++) statuses.push((await from(`2001:db8:7:7::${n.toString(16)}`)).status);
    expect(statuses).toContain(429);
    expect((await from('2001:db8:7:8::1')).status).toBe(200);
  });

  test('a key that a key has made is of the person who made the first', async () => {
    const given = await givenAdmin(newPlace);
    const root = await given.setUp();
    const make = async (asker: Asker, name: string) => {
      const { body } = await given.ask('POST /keys', asker, { body: { name, isAdmin: true } });
      return { asker: { headers: { authorization: `Bearer ${body.key}` } }, key: body.apiKey };
    };
    const first = await make(root, 'first');
    const second = await make(first.asker, 'second');
    const third = await make(second.asker, 'third');
    expect([first, second, third].map(({ key }) => key.createdBy)).toEqual(['root', 'root', 'root']);
  });

  test('a stream outlives neither its key nor its session', async () => {
    const given = await givenAdmin(newPlace);
    const root = await given.setUp();
    const limits = { sessionIdleMs: 3_600_000, sessionMaxMs: 3_600_000 };
    const { body } = await given.ask('POST /keys', root, { body: { name: 'watcher' } });
    const ofKey = await callerOfKey(given.store, body.key);
    const secret = String(root.headers.cookie).split('=')[1] ?? '';
    const ofRoot = await callerOfSession(given.store, secret, limits);
    if (ofKey === null || ofRoot === null) return expect.fail('nobody is known');
    const known = () =>
      given.store.read('known', async (db) => [
        await isStillKnown(db, ofKey, limits),
        await isStillKnown(db, ofRoot, limits),
      ]);
    expect(await known()).toEqual([true, true]);
    await given.ask('DELETE /keys/:keyId', root, { params: { keyId: body.apiKey.id } });
    expect(await known()).toEqual([false, true]);
    await given.ask('DELETE /session', root);
    expect(await known()).toEqual([false, false]);
  });
});

async function shut(store: SqlStore, name: string): Promise<void> {
  await store.transaction('shut', async (tx) => {
    await lockLoginFailures(tx, 'account', name);
    await writeLoginFailures(tx, { scope: 'account', name }, { failures: 10, lockedUntil: tx.nowMs + 1_800_000 });
  });
}

/** They end the session that asks, or never answer. */
const SKIPPED: ReadonlySet<RouteName> = new Set(['GET /stream', 'DELETE /session', 'POST /session/password']);
const PARTS = ['params', 'query', 'body'] as const;

/** The fields of a request that are text, as paths: `body.schedule.text`. */
function textsOf(route: Route): readonly string[] {
  const found = new Set<string>();
  for (const part of PARTS) {
    made(route[part], part, (path) => {
      found.add(path);
      return 'mine';
    });
  }
  return [...found];
}

function send(
  given: GivenAdmin,
  headers: Readonly<Record<string, string>>,
  name: RouteName,
  { field, word }: { readonly field: string; readonly word: string },
) {
  const route: Route = ROUTES[name];
  const [params, query, body] = PARTS.map((part) =>
    made(route[part], part, (path) => (path === field ? word : 'mine')),
  );
  const { method, url } = urlOf(name, wellFormed(params), wellFormed(query));
  return given.api.inject({
    method: method as 'GET',
    url,
    headers: { host: '127.0.0.1:8080', ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
}

/** An address cannot hold half of a pair. */
const wellFormed = (given: unknown): object =>
  Object.fromEntries(
    Object.entries((given ?? {}) as object).map(([key, value]) => [key, String(value).toWellFormed()]),
  );

interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
}

/** A value of a shape with every field there; its texts are asked for by their paths. */
function made(given: unknown, path: string, textAt: (path: string) => string): unknown {
  if (given === undefined) return undefined;
  const shape = given as Shape;
  if ('const' in shape) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  if (shape.anyOf !== undefined)
    return made(
      shape.anyOf.find(({ type }) => type !== 'null'),
      path,
      textAt,
    );
  switch (shape.type) {
    case 'string':
      return textAt(path);
    case 'integer':
    case 'number':
      return Math.max(1, shape.minimum ?? 1);
    case 'boolean':
      return false;
    case 'array':
      return [made(shape.items, `${path}[]`, textAt)];
    case 'object': {
      const fields = Object.entries(shape.properties ?? {});
      return Object.fromEntries(fields.map(([field, of]) => [field, made(of, `${path}.${field}`, textAt)]));
    }
    default:
      return textAt(path);
  }
}
