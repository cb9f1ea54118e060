import { describe, expect, test } from 'vitest';
import type { Route } from '../../scheduler/api/admin/contract/route.ts';
import { ROUTES, type RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { FIRING_REASON_MAX } from '../../scheduler/firing/assert-fire-order.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { type Asker, type GivenAdmin, givenAdmin, NOBODY, PASSWORD, urlOf } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';

const JOBS = [job(1, 'mine', { group: 'mine' }), job(2, 'theirs', { group: 'theirs' })];
const CHAINS = [
  { name: 'own-chain', nodes: ['mine'], edges: [] },
  { name: 'mixed-chain', nodes: ['mine', 'theirs'], edges: [] },
];
const names = Object.keys(ROUTES) as RouteName[];

describeOnEachStore('the doors of the admin', (newPlace) => {
  test('the first administrator is made by the printed link, once, and there is no password before', async () => {
    const given = await givenAdmin(newPlace);
    expect((await given.ask('GET /setup', NOBODY)).body).toEqual({ needed: true });
    expect(given.link?.url).toMatch(/^http:\/\/127\.0\.0\.1:8080\/setup#[0-9a-f]{64}$/);
    const token = given.link?.url.split('#')[1];
    const order = { token, name: 'root', password: PASSWORD };
    expect((await given.ask('POST /setup', NOBODY, { body: { ...order, token: 'a'.repeat(64) } })).status).toBe(401);
    const root = await given.setUp();
    expect((await given.ask('GET /session', root)).body.principal).toMatchObject({ name: 'root', isAdmin: true });
    const { items } = (await given.ask('GET /users', root)).body;
    expect(items).toMatchObject([{ name: 'root', lastLoginAtMs: expect.any(Number) }]);
    expect((await given.ask('POST /setup', NOBODY, { body: order })).status).toBe(401);
    expect((await given.ask('GET /setup', NOBODY)).body).toEqual({ needed: false });
  });

  test('the link is good for its time only', async () => {
    const given = await givenAdmin(newPlace, { options: { setupLinkMs: 0 } });
    const token = given.link?.url.split('#')[1];
    const answer = await given.ask('POST /setup', NOBODY, { body: { token, name: 'root', password: PASSWORD } });
    expect(answer.status).toBe(401);
  });

  test('a weak first password is refused by its field', async () => {
    const given = await givenAdmin(newPlace);
    const token = given.link?.url.split('#')[1];
    for (const password of ['password1234', 'aaaaaaaaaaaaaaaa', 'rooterdoor-root', '123456789012']) {
      const answer = await given.ask('POST /setup', NOBODY, { body: { token, name: 'root', password } });
      expect(answer).toMatchObject({ status: 400, body: { error: { fields: [{ path: 'password' }] } } });
    }
  });

  test('every route that is not public wants somebody who is known', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS, chains: CHAINS });
    await given.setUp();
    for (const name of names) {
      if (ROUTES[name].permission === 'public') continue;
      const { status } = await given.ask(name, NOBODY, { body: name.startsWith('GET') ? undefined : {} });
      expect({ name, status }).toEqual({ name, status: 401 });
    }
  });

  test('a session is not what its row holds, ends with its log-out, and another one after each log-in', async () => {
    const given = await givenAdmin(newPlace);
    const root = await given.setUp();
    const again = await given.logIn('root');
    expect(again.headers.cookie).not.toBe(root.headers.cookie);
    const secret = String(root.headers.cookie).split('=')[1] ?? '';
    const rows = await given.store.read('sessions', (db) =>
      db.all<{ id: string }>('select id_hash as id from s_session'),
    );
    expect(rows.map(({ id }) => id)).not.toContain(secret);
    expect(rows).toHaveLength(2);
    expect((await given.ask('DELETE /session', root)).status).toBe(200);
    expect((await given.ask('GET /session', root)).status).toBe(401);
    expect((await given.ask('GET /session', again)).status).toBe(200);
  });

  test('a session ends without use, and in any case after its time', async () => {
    const given = await givenAdmin(newPlace, { options: { sessionIdleMs: 60_000, sessionMaxMs: 120_000 } });
    const move = (column: string, byMs: number) =>
      given.store.transaction('move', (tx) => tx.run(`update s_session set ${column} = ${column} - ?`, [byMs]));
    const idle = await given.setUp();
    await move('last_seen_at', 60_000);
    expect((await given.ask('GET /session', idle)).status).toBe(401);
    const old = await given.logIn('root');
    await move('ends_at', 120_000);
    expect((await given.ask('GET /session', old)).status).toBe(401);
  });

  test('the cookie is bound to the host and out of reach of scripts', async () => {
    const plain = await givenAdmin(newPlace);
    const secure = await givenAdmin(newPlace, { options: { publicUrl: 'https://scheduler.example.com' } });
    const cookieOf = async (given: GivenAdmin) => {
      const token = given.link?.url.split('#')[1];
      const headers = { origin: given === secure ? 'https://scheduler.example.com' : 'http://127.0.0.1:8080' };
      const answer = await given.ask('POST /setup', NOBODY, {
        body: { token, name: 'root', password: PASSWORD },
        headers,
      });
      return String(answer.headers['set-cookie']);
    };
    expect(await cookieOf(plain)).toMatch(
      /^daybreak_session=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=/,
    );
    expect(await cookieOf(secure)).toMatch(
      /^__Host-daybreak=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure; /,
    );
  });

  test('a change needs the token of the session and our own origin; a key needs neither', async () => {
    const given = await givenAdmin(newPlace);
    const root = await given.setUp();
    const order = { body: { theme: 'dark' } };
    const ask = (asker: Asker, headers: Record<string, string> = {}) =>
      given.ask('PATCH /session/preferences', asker, { ...order, headers });
    const cookie = { headers: { cookie: String(root.headers.cookie) } };
    expect(await ask(cookie)).toMatchObject({ status: 403, body: { error: { details: { why: 'csrf' } } } });
    expect((await ask(cookie, { 'x-csrf-token': 'f'.repeat(64) })).status).toBe(403);
    expect((await ask(root, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask(root, { 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await ask(root, { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    const made = await given.ask('POST /keys', root, { body: { name: 'ci', isAdmin: true } });
    const key = { headers: { authorization: `Bearer ${made.body.key}` } };
    expect((await given.ask('POST /groups', key, { body: { name: 'new' } })).status).toBe(200);
  });

  test('a form of another site cannot even be read', async () => {
    const given = await givenAdmin(newPlace);
    const root = await given.setUp();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const response = await given.api.inject({
        method: 'POST',
        url: '/api/v1/groups',
        headers: { ...root.headers, host: '127.0.0.1:8080', 'content-type': type },
        payload: '{"name":"new"}',
      });
      expect(response.statusCode).toBe(415);
    }
  });

  test('a key is good until it is revoked, and is kept as a hash', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS });
    const root = await given.setUp();
    const grants = [{ group: 'mine', permissions: ['view'] }];
    const made = await given.ask('POST /keys', root, { body: { name: 'reader', grants } });
    const key = { headers: { authorization: `Bearer ${made.body.key}` } };
    expect((await given.ask('GET /jobs', key)).body.items.map(({ name }) => name)).toEqual(['mine']);
    const { items } = (await given.ask('GET /keys', root)).body;
    expect(JSON.stringify(items)).not.toContain(made.body.key);
    await given.ask('DELETE /keys/:keyId', root, { params: { keyId: made.body.apiKey.id } });
    expect((await given.ask('GET /jobs', key)).status).toBe(401);
  });

  test('ten wrong passwords shut the account for half an hour, and nobody is told which part was wrong', async () => {
    const given = await givenAdmin(newPlace);
    await given.setUp();
    const tryOnce = async (name: string, password: string) => {
      const { status, body } = await given.ask('POST /session', NOBODY, { body: { name, password } });
      return { status, body: body as unknown };
    };
    const wrong = await tryOnce('root', 'not the password');
    expect(await tryOnce('nobody', 'not the password')).toEqual(wrong);
    expect(wrong.status).toBe(401);
    // The waits in between are judged by the store's clock; they are taken away, and the count stays.
    const unlock = () =>
      given.store.transaction('unlock', (tx) => tx.run('update s_login_failure set locked_until = 0'));
    for (let n = 2; n < 10; n++) {
      await tryOnce('root', 'not the password');
      await unlock();
    }
    await tryOnce('root', 'not the password');
    const [row] = await given.store.read('failures', (db) =>
      db.all<{ failures: number; leftMs: number }>(
        `select failures, locked_until - ${db.nowMs} as leftMs from s_login_failure where scope = 'account' and name = 'root'`,
      ),
    );
    expect(row?.failures).toBe(10);
    expect(row?.leftMs).toBeGreaterThan(29 * 60_000);
    expect(await tryOnce('root', PASSWORD)).toEqual(wrong);
    await unlock();
    expect((await tryOnce('root', PASSWORD)).status).toBe(200);
  });

  test('somebody new has to take a password of their own before anything else', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS });
    const root = await given.setUp();
    const password = 'first words of a stranger';
    await given.ask('POST /users', root, { body: { name: 'ana', password, isAdmin: true } });
    const ana = await given.logIn('ana', password);
    expect(await given.ask('GET /jobs', ana)).toMatchObject({
      status: 403,
      body: { error: { details: { why: 'password_change_needed' } } },
    });
    expect((await given.ask('GET /session', ana)).body.principal.mustChangePassword).toBe(true);
  });

  test('who loses a right loses the sessions; the last administrator stays one', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS });
    const root = await given.setUp();
    const ana = await given.user('ana', [{ group: '*', permissions: ['edit'] }], root);
    const { items } = (await given.ask('GET /users', root)).body;
    const idOf = (name: string) => items.find((user) => user.name === name)?.id;
    await given.ask('PATCH /users/:userId', root, { params: { userId: idOf('ana') }, body: { grants: [] } });
    expect((await given.ask('GET /session', ana)).status).toBe(401);
    const last = await given.ask('PATCH /users/:userId', root, {
      params: { userId: idOf('root') },
      body: { isAdmin: false },
    });
    expect(last.status).toBe(409);
  });

  test('too many requests wait, by address and by principal', async () => {
    const given = await givenAdmin(newPlace, { options: { requestsPerSecond: 5 } });
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await given.ask('GET /setup', NOBODY)).status);
    expect(statuses).toContain(429);
    expect(statuses[0]).toBe(200);
  });

  test('what is wrong is said at its field, in words', async () => {
    const given = await givenAdmin(newPlace, { jobs: JOBS, chains: CHAINS });
    const root = await given.setUp();
    const said = async (name: RouteName, input: { params?: object; body: unknown }) => {
      const { status, body } = await given.ask(name, root, input);
      const { fields } = (body as unknown as { error: { fields: { path: string; message: string }[] } }).error;
      return [status, ...fields.map(({ path, message }) => `${path} ${message}`)];
    };
    const past = { name: 'rota', expiresAtMs: 1 };
    expect(await said('POST /keys', { body: past })).toEqual([400, expect.stringMatching(/^expiresAtMs is past/)]);
    const hold = { scope: 'job', name: 'mine', reason: 'x'.repeat(201) } as const;
    // One limit, said in the same words by the shape of the request and by what keeps it.
    for (const reason of ['x'.repeat(201), '   ']) {
      const answer = await said('POST /holds', { body: { ...hold, reason } });
      expect(answer).toEqual([400, 'reason must have 1 to 200 characters']);
    }
    expect(ROUTES['POST /holds'].body.properties.reason).toMatchObject({ maxLength: FIRING_REASON_MAX });
    const ages = { job: 'mine', fromDate: '2000-01-01', toDate: '2026-11-20', requestId: 'ages' };
    expect(await said('POST /backfills', { body: ages })).toEqual([
      400,
      expect.stringMatching(/^toDate .*too many for one backfill/),
    ]);
    const user = { name: 'li', email: 'nobody', password: 'a bridge over the Huangpu' };
    expect(await said('POST /users', { body: user })).toEqual([
      400,
      'email must be one address, e.g. night@example.com',
    ]);
    const params = { calendar: 'bank days' };
    expect(await said('PUT /calendars/:calendar', { params, body: { calendar: { name: 'bank days' } } })).toEqual([
      400,
      expect.stringMatching(/^calendar must be 1 to 64 letters/),
    ]);
    const calendar = { name: 'bank', datesOut: ['2026-02-30'] };
    expect(await said('PUT /calendars/:calendar', { params: { calendar: 'bank' }, body: { calendar } })).toEqual([
      400,
      'calendar.datesOut name "2026-02-30", which is no day: write YYYY-MM-DD',
    ]);
  });

  test('what is too large, too deep, or reaches for a prototype is refused', async () => {
    const given = await givenAdmin(newPlace);
    const root = await given.setUp();
    const post = (payload: string) =>
      given.api.inject({
        method: 'POST',
        url: '/api/v1/groups',
        headers: { ...root.headers, host: '127.0.0.1:8080', 'content-type': 'application/json' },
        payload,
      });
    expect((await post(`{"name":"${'x'.repeat(300_000)}"}`)).statusCode).toBe(413);
    expect((await post('{"name":"x","__proto__":{"isAdmin":true}}')).statusCode).toBe(400);
    expect((await post(`{"name":${'['.repeat(100)}${']'.repeat(100)}}`)).statusCode).toBe(400);
    const unknown = await post('{"name":"x","runLimt":3}');
    expect(unknown.json()).toMatchObject({ error: { fields: [{ path: 'runLimt' }] } });
  });
});

/** Who has which right in the group `mine`; nobody has any in `theirs`. */
const ROLES = ['view', 'run', 'edit', 'approve'] as const;

describe('each role x each route x own and foreign group', () => {
  test('is answered as the table says', { timeout: 300_000 }, async () => {
    const given = await givenAdmin(async () => ({ url: 'sqlite::memory:', drop: async () => undefined }), {
      jobs: JOBS,
      chains: CHAINS,
    });
    const root = await given.setUp();
    const ids = await plant(given);
    const askers = new Map<string, Asker>();
    for (const role of ROLES) {
      const grants = [{ group: 'mine', permissions: [role] }];
      askers.set(role, await given.user(role, grants, root));
      // Keys are judged by the same judge: one of them shows that they get to it.
      if (role !== 'run') continue;
      const { key } = (await given.ask('POST /keys', root, { body: { name: role, grants } })).body;
      askers.set(`${role} key`, { headers: { authorization: `Bearer ${key}` } });
    }
    const wrong: string[] = [];
    for (const name of names) {
      const route: Route = ROUTES[name];
      if (OTHER_TESTS.has(name)) continue;
      for (const [who, asker] of askers) {
        const role = who.replace(' key', '');
        for (const own of [true, false]) {
          const { params, query, body } = inputOf(route, own ? ids.mine : ids.theirs);
          const { method, url } = urlOf(name, params, query);
          const response = await given.api.inject({
            method: method as 'GET',
            url,
            headers: { host: '127.0.0.1:8080', ...asker.headers },
            ...(method === 'GET' ? {} : { payload: body }),
          });
          const isLeak = own && response.statusCode === 200 && LEAK.test(response.body);
          if (route.subject.kind === 'visible' && isLeak) {
            wrong.push(`${name} ${who} shows what is theirs: ${response.body.slice(0, 300)}`);
          }
          const expected = expectedOf(route, role, own);
          const isDenied = [403, 404].includes(response.statusCode) && isDoor(response.json());
          if (
            isDenied !== expected.denied ||
            (isDenied && expected.status !== null && response.statusCode !== expected.status)
          ) {
            wrong.push(
              `${name} ${who} ${own ? 'own' : 'foreign'}: ${response.statusCode} ${response.body.slice(0, 150)}`,
            );
          }
        }
      }
    }
    // An administrator passes every door: last, because what lies behind some of them is the end of the others.
    const made = await given.ask('POST /keys', root, { body: { name: 'admin', isAdmin: true } });
    const admin = { authorization: `Bearer ${made.body.key}` };
    for (const name of names.filter((each) => !OTHER_TESTS.has(each))) {
      const { params, query, body } = inputOf(ROUTES[name], ids.theirs);
      const { method, url } = urlOf(name, params, query);
      const headers = { host: '127.0.0.1:8080', ...admin };
      const payload = method === 'GET' ? {} : { payload: body };
      const response = await given.api.inject({ method: method as 'GET', url, headers, ...payload });
      const isDenied = response.statusCode === 403 && isDoor(response.json());
      if (isDenied) wrong.push(`${name} administrator: ${response.body.slice(0, 150)}`);
    }
    expect(wrong).toEqual([]);
  });

  test('what asks for less than a right in a group is named here, one by one: a new route has to be put down', () => {
    const of = (is: (route: Route) => boolean) => names.filter((name) => is(ROUTES[name]));
    expect(of(({ permission }) => permission === 'public')).toEqual(['GET /setup', 'POST /setup', 'POST /session']);
    expect(of(({ permission }) => permission === 'session')).toEqual([
      'GET /session',
      'DELETE /session',
      'POST /session/password',
      'PATCH /session/preferences',
      'GET /sessions',
      'DELETE /sessions/:sessionId',
      'GET /cron/preview',
      'GET /zones',
      'POST /bulk',
      'GET /bulk/:operationId',
      'GET /stream',
    ]);
    // Of no group: they look at what was sent, and at nothing that is stored of others.
    const isOfNoGroup = ({ permission, subject }: Route) =>
      !['public', 'session', 'admin'].includes(permission) && (subject.kind === 'none' || subject.kind === 'each');
    expect(of(isOfNoGroup)).toEqual(['POST /jobs/check', 'POST /chains/check']);
    // Whoever may only look changes nothing, but for taking back what they asked for themselves.
    const isChange = ({ audit, permission }: Route) => audit !== undefined && permission === 'view';
    expect(of(isChange)).toEqual(['POST /approvals/:approvalId/withdraw']);
    const isList = ({ subject }: Route) => subject.kind === 'visible';
    expect(of(isList).filter((name) => !name.startsWith('GET '))).toEqual([]);
    const isUnrecorded = ({ audit, readsOnly }: Route) => audit === undefined && readsOnly !== true;
    expect(of(isUnrecorded).filter((name) => !name.startsWith('GET '))).toEqual([]);
  });
});

/**
 * Each has a test of its own: what it would do here is the end of the others, it never ends, or it hashes a password, which
 * takes long on purpose.
 */
const OTHER_TESTS: ReadonlySet<string> = new Set<RouteName>([
  'GET /stream',
  'POST /bulk',
  'DELETE /session',
  'POST /session',
  'POST /session/password',
]);
/** Names of the group that nobody here has a right in. */
const LEAK = /theirs|mixed-chain/;

const DOOR = /^(there is no such thing here|this needs the right)/;
const isDoor = (body: { error?: { message?: string } }): boolean => DOOR.test(body.error?.message ?? '');

/** What the table means, spelled out again by hand. */
function expectedOf(route: Route, role: string, own: boolean): { denied: boolean; status: number | null } {
  const { permission, subject } = route;
  if (permission === 'public' || permission === 'session') return { denied: false, status: null };
  if (permission === 'admin') return { denied: true, status: null };
  if (subject.kind === 'none' || subject.kind === 'visible' || subject.kind === 'each')
    return { denied: false, status: null };
  if (subject.kind === 'installation') return { denied: true, status: 403 };
  if (!own) return { denied: true, status: subject.kind === 'definition' ? 403 : 404 };
  return permission === 'view' || permission === role ? { denied: false, status: null } : { denied: true, status: 403 };
}

interface Ids {
  readonly group: string;
  readonly job: string;
  readonly jobId: number;
  readonly chain: string;
  readonly runId: number;
  readonly chainRunId: number;
  readonly logId: number;
  readonly fireId: number;
  readonly alarmId: number;
  readonly backfillId: number;
  readonly executorId: number;
  readonly approvalId: number;
}

/** One of everything in each group, by rows alone: what they lead to is other tests' business. */
async function plant({ store }: GivenAdmin): Promise<{ mine: Ids; theirs: Ids }> {
  const make = (group: string, jobId: number, chain: string): Promise<Ids> =>
    store.transaction('plant', async (tx) => {
      const one = await tx.get<{ id: number; hash: string }>(
        `select id, config_hash as hash from s_chain where name = ?`,
        [chain],
      );
      const hash =
        (await tx.get<{ hash: string }>(`select config_hash as hash from s_job where id = ?`, [jobId]))?.hash ?? '';
      const fireId = await tx.insertReturningId(
        `insert into s_fire (job_id, origin, dedup_key, planned_at, business_date, state) values (?, 'manual', 'x', 1, '2026-11-20', 'fired')`,
        [jobId],
      );
      const runId = await tx.insertReturningId(
        `insert into s_run (fire_id, job_id, config_hash, app_name, state, param, planned_at, business_date, created_at, ended_at)
          values (?, ?, ?, ?, 'failed', '', 1, '2026-11-20', 2, 3)`,
        [fireId, jobId, hash, group],
      );
      const chainRunId = await tx.insertReturningId(
        `insert into s_chain_run (chain_id, config_hash, business_date, seq, request_id, params, state, created_at, ended_at)
          values (?, ?, '2026-11-20', 1, 'x', '{}', 'failed', 1, 2)`,
        [one?.id ?? 0, one?.hash ?? ''],
      );
      const executorId = await tx.insertReturningId(
        `insert into s_executor (app_name, address, state, registered_at, last_beat_at) values (?, 'http://127.0.0.1:1/', 'gone', 1, 1)`,
        [group],
      );
      const logId = await tx.insertReturningId(
        `insert into s_attempt (run_id, shard_index, no, epoch, executor_id, address, state, sent_at, ended_at)
          values (?, 0, 1, 1, ?, 'http://127.0.0.1:1/', 'failed', 1, 2)`,
        [runId, executorId],
      );
      const alarmId = await tx.insertReturningId(
        `insert into s_alarm (kind, dedup_key, severity, subject_kind, subject_id, message, raised_at, last_at)
          values ('RUN_FAILED', ?, 'warning', 'run', ?, 'x', 1, 1)`,
        [`RUN_FAILED:run:${runId}`, String(runId)],
      );
      const backfillId = await tx.insertReturningId(
        `insert into s_backfill (job_id, request_id, from_date, to_date, parallel, state, asked_by, created_at)
          values (?, ?, '2026-11-01', '2026-11-02', 1, 'done', 'x', 1)`,
        [jobId, group],
      );
      const approvalId = await tx.insertReturningId(
        `insert into s_approval (kind, app_name, subject_kind, subject_id, order_json, reason, asked_kind, asked_id, asked_by, asked_at, state)
          values ('node.mark', ?, 'chain_run', '1', '{}', 'x', 'user', 999, 'x', 1, 'rejected')`,
        [group],
      );
      const job = group;
      return {
        group,
        job,
        jobId,
        chain,
        runId,
        chainRunId,
        logId,
        fireId,
        alarmId,
        backfillId,
        executorId,
        approvalId,
      };
    });
  return { mine: await make('mine', 1, 'own-chain'), theirs: await make('theirs', 2, 'mixed-chain') };
}

/** Something for every field that a route may want, of one group. */
function inputOf(route: Route, ids: Ids): { params: object; query: object; body: object } {
  const values: Record<string, unknown> = {
    ...ids,
    calendar: 'none',
    node: ids.job,
    version: 1,
    userId: 1,
    keyId: 1,
    sessionId: 'x',
    channelId: 1,
    ruleId: 1,
    text: 'x',
    dialect: 'unix',
    zone: 'UTC',
    from: '2026-11-01',
    to: '2026-11-02',
    by: 'day',
    q: 'x',
    requestNo: 'x',
    nightId: 'x',
    format: 'csv',
    reason: 'because',
    requestId: `r-${Math.random()}`,
    businessDate: '2026-11-20',
    fromDate: '2026-11-01',
    toDate: '2026-11-02',
    name: ids.job,
    scope: 'job',
    decision: 'skip',
    mark: 'skipped',
    as: 'failed',
    kind: 'all',
    current: 'x',
    next: 'another good password',
    password: 'another good password',
    expected: 0,
    topics: 'runs',
    source: 'x',
    remark: 'x',
    basedOn: 0,
    job: route.summary.includes('past business dates')
      ? ids.job
      : { name: `new-${ids.group}`, group: ids.group, handler: 'x', route: 'ROUND' },
    ...(route.subject.kind === 'definition' || route.summary.startsWith('Makes this the next version; needs')
      ? { chain: { name: `new-${ids.chain}`, nodes: [ids.job], edges: [] } }
      : {}),
  };
  const pick = (schema: unknown): Record<string, unknown> => {
    const { required = [], properties = {} } = (schema ?? {}) as { required?: string[]; properties?: object };
    const wanted = new Set([
      ...required,
      ...('job' in properties && route.subject.kind === 'timed' ? ['job'] : []),
      ...('scope' in properties ? ['name'] : []),
    ]);
    return Object.fromEntries([...wanted].map((key) => [key, values[key]]));
  };
  const params = { ...pick(route.params), chain: ids.chain };
  return { params, query: pick(route.query), body: pick(route.body) };
}
