import type { FastifyInstance } from 'fastify';
import { Compile } from 'typebox/compile';
import { expect, onTestFinished } from 'vitest';
import type { AdminOptions, SetupLink } from '../../scheduler/admin/admin-options.ts';
import { type Reply, ROUTES, type RouteName } from '../../scheduler/api/admin/contract/routes.ts';
import { createAdmin } from '../../scheduler/api/admin/create-admin.ts';
import { createHttpApi } from '../../scheduler/api/http-api.ts';
import type { ChainDefinition } from '../../scheduler/definition/chain-definition.ts';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { readDefinitions } from '../../scheduler/definition/read-definitions.ts';
import type { ExecutorClient } from '../../scheduler/dispatch/executor-client.ts';
import { storeDefinitions } from '../../scheduler/firing/store-definitions.ts';
import { createGroupsApi } from '../../scheduler/registry/groups-api.ts';
import { createKeyring } from '../../scheduler/registry/keyring.ts';
import type { SchedulerContext } from '../../scheduler/scheduler-context.ts';
import { schedulerMigrations } from '../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { NO_HINTS } from '../../shared/redis/hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { NewStorePlace } from './each-store.ts';
import { TEST_TOKEN } from './given-executor.ts';
import { givenContext } from './given-scheduler-context.ts';

export const PASSWORD = 'correct horse battery';

/** Whoever asks: a session's cookie and token, a key, or nothing. */
export interface Asker {
  readonly headers: Readonly<Record<string, string>>;
}
export const NOBODY: Asker = { headers: {} };

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface GivenAdmin {
  readonly store: SqlStore;
  readonly ctx: SchedulerContext;
  readonly api: FastifyInstance;
  readonly link: SetupLink | null;
  /** Asks a route by its name in the table; `:params` are filled in. A good answer is held against the contract. */
  ask<N extends RouteName>(
    name: N,
    asker: Asker,
    more?: { params?: object; query?: object; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer<Reply<N>>>;
  /** Makes the first administrator by the printed link. */
  setUp(): Promise<Asker>;
  logIn(name: string, password?: string): Promise<Asker>;
  /** Makes somebody with these rights, with a password of their own already. */
  user(name: string, grants: { group: string; permissions: string[] }[], admin: Asker): Promise<Asker>;
  pass(): Promise<void>;
}

/** The admin's API over a migrated store, without a port and without a clockwork: requests are injected. */
export async function givenAdmin(
  newPlace: NewStorePlace,
  {
    jobs = [],
    chains = [],
    options = {},
    client,
  }: {
    jobs?: readonly JobDefinition[];
    chains?: readonly ChainDefinition[];
    options?: AdminOptions;
    client?: ExecutorClient;
  } = {},
): Promise<GivenAdmin> {
  const place = await newPlace();
  const store = await openSqlStore(place.url, { runtime: systemRuntime(), logger: silentLogger });
  await migrate(store, schedulerMigrations, { logger: silentLogger, component: 'scheduler' });
  const ctx = givenContext(store, {}, client === undefined ? {} : { client });
  await storeDefinitions(ctx, { calendars: [], ...readDefinitions(jobs, chains) });
  let link: SetupLink | null = null;
  const tokens = { accessToken: TEST_TOKEN, previousAccessToken: null };
  const keyring = createKeyring({ store, clock: ctx.runtime.clock, ...tokens });
  const admin = createAdmin(
    ctx,
    { requestsPerSecond: 10_000, onSetupLink: (made) => (link = made), ...options },
    {
      groups: createGroupsApi(ctx, { keyring, ...tokens }),
      joins: null,
      ...tokens,
      arrivalRoots: [],
      hints: NO_HINTS,
      url: () => 'http://127.0.0.1:8080/',
    },
  );
  const metrics = createMetrics();
  const api = createHttpApi(ctx, { ...tokens, keyring, metrics, status: async () => ({}), admin });
  await api.ready();
  await admin.announce('http://127.0.0.1:8080/');
  onTestFinished(async () => {
    await api.close();
    metrics.close();
    await store.close();
    await place.drop();
  });

  const given: GivenAdmin = {
    store,
    ctx,
    api,
    get link() {
      return link;
    },
    async ask(name, asker, more = {}) {
      const { method, url } = urlOf(name, more.params, more.query);
      const response = await api.inject({
        method: method as 'GET',
        url,
        headers: { host: '127.0.0.1:8080', ...asker.headers, ...more.headers },
        ...(more.body === undefined ? {} : { payload: more.body as object }),
      });
      const isJson = String(response.headers['content-type']).startsWith('application/json');
      const body = isJson ? (response.json() as never) : (response.body as never);
      if (response.statusCode === 200 && isJson) expectFits(name, body);
      return { status: response.statusCode, body, headers: response.headers };
    },
    async setUp() {
      const token = link?.url.split('#')[1] ?? '';
      const answer = await given.ask('POST /setup', NOBODY, {
        body: { token, name: 'root', displayName: 'Root', password: PASSWORD },
      });
      expect(answer).toMatchObject({ status: 200 });
      return askerOf(answer);
    },
    async logIn(name, password = PASSWORD) {
      const answer = await given.ask('POST /session', NOBODY, { body: { name, password } });
      expect(answer).toMatchObject({ status: 200 });
      return askerOf(answer);
    },
    async user(name, grants, asAdmin) {
      const first = 'first words of a stranger';
      const made = await given.ask('POST /users', asAdmin, { body: { name, grants, password: first } });
      expect(made).toMatchObject({ status: 200 });
      const asker = await given.logIn(name, first);
      const own = await given.ask('POST /session/password', asker, { body: { current: first, next: PASSWORD } });
      expect(own).toMatchObject({ status: 200 });
      return askerOf(own);
    },
    async pass() {
      await admin.sendAlarms();
    },
  };
  return given;
}

/** The asker that an answer has logged in. */
export function askerOf(answer: Answer<Reply<'GET /session'>>): Asker {
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
  return { headers: { cookie, 'x-csrf-token': answer.body.csrfToken ?? '' } };
}

const validators = new Map<string, ReturnType<typeof Compile>>();

function expectFits(name: RouteName, body: unknown): void {
  const known = validators.get(name) ?? Compile(ROUTES[name].reply);
  validators.set(name, known);
  if (!known.Check(body)) expect({ name, faults: [...known.Errors(body)].slice(0, 3) }).toEqual({ name, faults: [] });
}

export function urlOf(name: RouteName, params: object = {}, query: object = {}): { method: string; url: string } {
  const [method = '', path = ''] = name.split(' ');
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String((params as never)[key] ?? '1')));
  const search = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString();
  return { method, url: `/api/v1${filled}${search === '' ? '' : `?${search}`}` };
}
