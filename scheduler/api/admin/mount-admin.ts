import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DaybreakError } from '../../../shared/errors.ts';
import { networkOf } from '../../../shared/http-networks.ts';
import { parseJsonSafely } from '../../../shared/protocol/parse-json-safely.ts';
import { type AuditEntryInput, appendAudit } from '../../admin/audit/append-audit.ts';
import { auditedStore } from '../../admin/audit/audited-store.ts';
import { snapshotOf } from '../../admin/audit/snapshots.ts';
import { calledAs } from '../../admin/people/principals.ts';
import type { Caller } from '../../admin/people/sessions.ts';
import type { SubjectRef } from '../../admin/rights/find-groups.ts';
import { mayDo, type Touched, visibleTo } from '../../admin/rights/rights.ts';
import { findCaller, originsOf, refuseForgery } from './admit.ts';
import type { Route } from './contract/route.ts';
import { API_PREFIX, ROUTES, type RouteName } from './contract/routes.ts';
import type { AdminParts, Call } from './handler.ts';
import { createAllHandlers } from './handlers/all-handlers.ts';
import { createAddressOf } from './http-caller-address.ts';
import { servePage } from './page-files.ts';
import { problemOf } from './problem.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';
import { bodyReader, textReader } from './read-input.ts';
import { API_POLICY, HSTS, SECURITY_HEADERS } from './security-headers.ts';
import { findTouched } from './touched.ts';

const BODY_BYTES_MAX = 262_144;
const HEAVY_COST = 10;
/** A try at a password computes for a while. */
const LOGIN_COST = 10;

/** One request on its way from the door to its handler. */
interface Passing {
  readonly name: RouteName;
  readonly route: Route;
  readonly from: string;
  caller: Caller | null;
  subject: SubjectRef | null;
  group: string | null;
  reason: string | null;
  isRecorded: boolean;
}

type AnyHandler = (call: Call<RouteName>) => Promise<unknown>;

/**
 * Mounts /api/v1 and the page. Every route of the table is mounted with the same doors before it, in this order: rate of
 * the address, who asks, rate of the principal, forgery, the shape of what was sent, whose it is, whether they may. A
 * route that is not in the table is refused when it is declared.
 */
export function mountAdmin(app: FastifyInstance, parts: AdminParts): void {
  app.register(async (scope) => {
    const { ctx, settings } = parts;
    const addresses = createRateLimit(ctx.runtime.clock, settings.requestsPerSecond);
    const principals = createRateLimit(ctx.runtime.clock, settings.requestsPerSecond);
    const addressOf = createAddressOf(settings.trustedProxies);
    const passing = new WeakMap<FastifyRequest, Passing>();

    refuseUndeclared(scope);
    readJson(scope);
    scope.addHook('onRequest', async (request, reply) => {
      reply.headers(SECURITY_HEADERS);
      if (settings.publicUrl?.startsWith('https:')) reply.header('strict-transport-security', HSTS);
      const name = nameOf(request);
      if (name === null) return;
      reply.header('content-security-policy', API_POLICY).header('cache-control', 'no-store');
      const route: Route = ROUTES[name];
      const from = addressOf(request.socket.remoteAddress ?? '', request.headers);
      const pass: Passing = {
        name,
        route,
        from,
        caller: null,
        subject: null,
        group: null,
        reason: null,
        isRecorded: false,
      };
      passing.set(request, pass);
      addresses.take(networkOf(from), costOf(route, name));
      pass.caller = await findCaller(ctx.store, request.headers, settings);
      if (pass.caller !== null) takeAsPrincipal(principals, pass.caller, costOf(route, name));
      if (request.method !== 'GET')
        refuseForgery(request.headers, pass.caller, originsOf(settings, request.headers.host));
      refuseStranger(pass);
    });
    scope.setErrorHandler(async (error, request, reply) => {
      const { status, problem } = problemOf(error);
      if (status >= 500)
        ctx.logger.error({ err: error, method: request.method, path: pathOf(request) }, 'a request failed');
      const pass = passing.get(request);
      if (pass !== undefined) await recordRefusal(parts, pass, status, problem.error.message);
      if (problem.error.retryAfterSeconds !== undefined) reply.header('retry-after', problem.error.retryAfterSeconds);
      return reply.code(status).send(problem);
    });

    const handlers = createAllHandlers(parts);
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      const route: Route = ROUTES[name];
      const [method = '', path = ''] = name.split(' ');
      const readers = {
        params: textReader(route.params),
        query: textReader(route.query),
        body: bodyReader(route.body),
      };
      scope.route({
        method: method as 'GET',
        url: `${API_PREFIX}${path}`,
        bodyLimit: route.bodyBytesMax ?? BODY_BYTES_MAX,
        config: { permission: 'admin', admin: name },
        handler: async (request, reply) => {
          const pass = passing.get(request);
          if (pass === undefined) throw new Error(`${name} was reached past its doors`);
          const input = {
            params: readers.params(request.params),
            query: readers.query(request.query),
            body: readers.body(request.body),
          };
          await judge(parts, pass, input);
          const call = callOf(parts, pass, input, request, reply);
          const answer = await (handlers[name] as unknown as AnyHandler)(call as Call<RouteName>);
          if (route.audit !== undefined && !pass.isRecorded)
            await record(parts, pass, 'done', route.hidesBody === true ? undefined : input.body);
          return answer;
        },
      });
    }
    if (settings.pageFolder !== null) servePage(scope, { folder: settings.pageFolder, random: ctx.runtime.random });
    scope.addHook('preClose', async () => parts.live.close());
  });
}

/** Whether they may: found out by the object's own id, before the handler sees anything. */
async function judge(parts: AdminParts, pass: Passing, input: { params: unknown; query: unknown; body: unknown }) {
  const { route, caller } = pass;
  const found = await parts.ctx.store.read('find-touched', (db) => findTouched(db, route.subject, input));
  const principal = caller?.principal ?? null;
  if (found !== null) {
    pass.subject = found.ref;
    pass.group = typeof found.touched === 'string' ? null : (found.touched[0] ?? null);
    if (mayDo(principal, route.permission, found.touched)) return;
    const isSecret = found.ref !== null && !mayDo(principal, 'view', found.touched);
    if (!isSecret) {
      throw lacking(route.permission, found.touched);
    }
  }
  // What somebody may not see is, for them, not there.
  throw new DaybreakError('NOT_FOUND', 'there is no such thing here');
}

const inWords = (touched: Touched): string =>
  typeof touched === 'string' ? 'in all groups' : `in ${touched.length === 0 ? 'all groups' : touched.join(', ')}`;

function refuseStranger({ route, caller, name }: Passing): void {
  if (route.permission === 'public') return;
  if (caller === null) throw new DaybreakError('UNAUTHORIZED', 'log in, or show a key: nobody is known who asks');
  if (caller.user?.mustChange === 1 && !OWN_ROUTES.has(name)) {
    throw new DaybreakError('FORBIDDEN', 'set a password of your own first', {
      details: { why: 'password_change_needed' },
    });
  }
  // What no object has to be looked up for is judged before a byte of the body is read.
  const { permission, subject } = route;
  const needsNoObject = permission === 'admin' || subject.kind === 'installation';
  if (needsNoObject && !mayDo(caller.principal, permission, 'everything')) throw lacking(permission, 'everything');
}

const lacking = (right: string, touched: Touched): DaybreakError =>
  new DaybreakError('FORBIDDEN', `this needs the right "${right}" ${inWords(touched)}`);

const OWN_ROUTES: ReadonlySet<RouteName> = new Set(['GET /session', 'DELETE /session', 'POST /session/password']);

function callOf(
  parts: AdminParts,
  pass: Passing,
  input: { params: unknown; query: unknown; body: unknown },
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const { caller, route } = pass;
  const { ctx } = parts;
  const store =
    route.audit === undefined
      ? ctx.store
      : auditedStore(
          ctx.store,
          () => ({
            entry: entryOf(pass),
            order: route.hidesBody === true ? undefined : input.body,
            snapshot: async (db) =>
              pass.subject === null
                ? null
                : snapshotOf(db, { ...pass.subject, kind: route.snapshot ?? pass.subject.kind }),
          }),
          () => {
            pass.isRecorded = true;
          },
        );
  const { reason } = (input.body ?? {}) as { reason?: unknown };
  if (typeof reason === 'string') pass.reason = reason;
  return {
    ...input,
    caller,
    get principal() {
      if (caller === null) throw new DaybreakError('UNAUTHORIZED', 'nobody is known who asks');
      return caller.principal;
    },
    by: caller === null ? 'nobody' : calledAs(caller.principal),
    visible: caller === null ? { kind: 'groups', names: new Set() } : visibleTo(caller.principal),
    ctx: { ...ctx, store },
    from: pass.from,
    agent: String(request.headers['user-agent'] ?? ''),
    request,
    reply,
    note(subject: SubjectRef, group: string | null = pass.group) {
      pass.subject = subject;
      pass.group = group;
    },
    isNow(known: Caller) {
      pass.caller = known;
    },
    because(why: string) {
      pass.reason = why;
    },
    mustHave(right: 'view' | 'run' | 'edit' | 'approve', groups: Touched) {
      if (mayDo(caller?.principal ?? null, right, groups)) return;
      throw lacking(right, groups);
    },
  };
}

function entryOf(pass: Passing): Omit<AuditEntryInput, 'outcome' | 'before' | 'after'> {
  const principal = pass.caller?.principal ?? null;
  return {
    principalKind: principal === null ? 'nobody' : principal.kind,
    who: principal === null ? '' : principal.name,
    from: pass.from,
    action: pass.route.audit ?? pass.name,
    subjectKind: pass.subject?.kind ?? '',
    subjectId: pass.subject?.id ?? '',
    group: pass.group,
    reason: pass.reason,
  };
}

async function record(parts: AdminParts, pass: Passing, outcome: AuditEntryInput['outcome'], order: unknown) {
  pass.isRecorded = true;
  const after = order === undefined ? null : { order };
  await parts.ctx.store.transaction('record-audit', (tx) =>
    appendAudit(tx, { ...entryOf(pass), outcome, before: null, after }),
  );
}

/** Tries are part of the record: what was refused for want of a right, and what failed. Floods are not: they are counted. */
async function recordRefusal(parts: AdminParts, pass: Passing, status: number, why: string): Promise<void> {
  parts.ctx.metrics.requestsRefused.add(1, { why: status === 429 ? 'rate' : status < 500 ? 'admin' : 'error' });
  if (pass.route.audit === undefined || pass.isRecorded || status === 429 || status === 400) return;
  if (status === 401 && pass.route.permission !== 'public') return;
  pass.reason = pass.reason === null ? why : `${why} (${pass.reason})`;
  await record(parts, pass, status >= 500 ? 'failed' : 'refused', undefined);
}

/** Denied unless declared: what is not in the table, or says no right, stops the scheduler from starting. */
function refuseUndeclared(scope: FastifyInstance): void {
  scope.addHook('onRoute', (route) => {
    const { permission, admin } = (route.config ?? {}) as { permission?: string; admin?: RouteName | 'page' };
    const isDeclared = admin === 'page' || (admin !== undefined && ROUTES[admin]?.permission !== undefined);
    if (permission !== 'admin' || !isDeclared) {
      throw new Error(`${String(route.method)} ${route.url} declares no right: it is not in the table of routes`);
    }
  });
}

/** JSON and nothing else, with no key that could reach a prototype: a form of another site cannot send it. */
function readJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => {
      const parsed = parseJsonSafely(body);
      if (parsed.kind === 'refused') throw new DaybreakError('BAD_INPUT', parsed.why);
      return parsed.value ?? undefined;
    },
  );
}

function takeAsPrincipal(limit: RateLimit, { principal }: Caller, cost: number): void {
  limit.take(`${principal.kind} ${principal.id}`, cost);
}

function costOf(route: Route, name: RouteName): number {
  if (name === 'POST /session' || name === 'POST /setup') return LOGIN_COST;
  return route.heavy === true ? HEAVY_COST : 1;
}

function nameOf(request: FastifyRequest): RouteName | null {
  const { admin } = request.routeOptions.config as { admin?: RouteName | 'page' };
  return admin === undefined || admin === 'page' ? null : admin;
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';
