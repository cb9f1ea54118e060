import Fastify, { type FastifyInstance, type FastifyReply, type RouteOptions } from 'fastify';
import type { Metrics } from '../../shared/metrics.ts';
import { createSignatureJudge } from '../../shared/protocol/signature-judge.ts';
import type { HeldLines } from '../dispatch/held-lines.ts';
import { createKeyring, type Keyring } from '../registry/keyring.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { addHealthRoutes } from './health-routes.ts';
import { createHoldVerb } from './hold-verb.ts';
import { createJobVerbs } from './job-verbs.ts';
import { createJoinVerb, type JoinVerbOptions } from './join-verb.ts';
import { openApiDocument } from './openapi.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import { envelope, fail, hookWire } from './wire-hooks.ts';
import { createWireVerbs } from './wire-verbs.ts';

export interface ApiOptions {
  /** Of the installation. */
  readonly accessToken: string;
  /** Default: one with the installation's token and the groups' own. */
  readonly keyring?: Keyring;
  /** Whether executors of a group that nobody made and no job names may register. Default false. */
  readonly strangersMayRegister?: boolean;
  /** With it there is POST /api/join, which asks for a one-time token instead of an access token. Default: there is none. */
  readonly joins?: JoinVerbOptions;
  /** With them there is POST /api/hold, for executors that cannot be dialled. Default: there is none. */
  readonly lines?: HeldLines;
  readonly metrics: Metrics;
  status(): Promise<object>;
  /** Default: it never is. */
  isDraining?(): boolean;
  /** Mounts /api/v1 and the page, with doors of their own. Default: there is none of it. */
  readonly admin?: { mount(app: FastifyInstance): void };
  /** Sees each route as it is declared: how a test walks them all. */
  onRoute?(route: RouteOptions): void;
  /** Default: `WIRE_LIMITS`. */
  readonly limits?: Partial<typeof WIRE_LIMITS>;
}

/** What a request may cost before anybody knows whether it is worth it. */
export const WIRE_LIMITS = {
  /** All headers together. */
  headerBytesMax: 16_384,
  headersTimeoutMs: 10_000,
  /** From the first byte to the last. */
  requestTimeoutMs: 30_000,
  /** How often the two above are looked at. */
  checkEveryMs: 2_000,
  /** Peers of xxl-job expect idle connections to live this long. */
  idleMs: 90_000,
  bodyBytesMax: 1_048_576,
  /** From callers who have shown nothing yet. */
  joinBytesMax: 4_096,
  // A peer that was cut off for long sends all its results in one list, each with a message of up to 50,000 characters.
  callbackBytesMax: 32 * 1_048_576,
  toldBytesMax: 8 * 1_048_576,
  // Answers to earlier messages, among them log pages of 1 MiB, which JSON may make twice as long.
  holdBytesMax: 16 * 1_048_576,
};

/**
 * The scheduler's port. Every answer below /api is HTTP 200 with an envelope, refusals too: peers read any other
 * status as a failure of the network. What is taken is committed before it is answered.
 */
export function createHttpApi(ctx: SchedulerContext, options: ApiOptions): FastifyInstance {
  const limits = { ...WIRE_LIMITS, ...options.limits };
  const { accessToken, strangersMayRegister = false } = options;
  const keyring = options.keyring ?? createKeyring({ store: ctx.store, clock: ctx.runtime.clock, accessToken });
  const judge = createSignatureJudge({ instance: ctx.runtime.random.ulid(), clock: ctx.runtime.clock });
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleMs,
    routerOptions: { maxParamLength: 200 },
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
  });
  app.addHook('onRoute', (route) => options.onRoute?.(route));
  const callerOf = hookWire(app, ctx, { keyring, judge, strangersMayRegister });

  const bodyLimits: Readonly<Record<string, number>> = {
    callback: limits.callbackBytesMax,
    'run-manifest': limits.toldBytesMax,
    'slices-settled': limits.toldBytesMax,
  };
  const verbs = { ...createWireVerbs(ctx, { keyring, strangersMayRegister }), ...createJobVerbs(ctx) };
  for (const [verb, take] of Object.entries(verbs)) {
    const bodyLimit = bodyLimits[verb] ?? limits.bodyBytesMax;
    app.post(`/api/${verb}`, { bodyLimit, config: { permission: 'executor' } }, async (request) => {
      const { body } = request;
      if (body === undefined || body === null) return envelope(fail('invalid request, requestBody empty.'));
      return envelope(await take(body, callerOf(request)));
    });
  }

  if (options.joins !== undefined) {
    const join = createJoinVerb(ctx, options.joins);
    const config = { permission: 'public' };
    app.post('/api/join', { bodyLimit: limits.joinBytesMax, config }, async (request) =>
      envelope(await join(request.body, request.ip)),
    );
  }
  if (options.lines !== undefined) {
    const hold = createHoldVerb(ctx, options.lines, { keyring, strangersMayRegister });
    const config = { permission: 'executor' };
    app.post('/api/hold', { bodyLimit: limits.holdBytesMax, config }, async (request, reply) => {
      // Without the copy of the data that peers of xxl-job look for: messages may be large, and these are ours.
      return hold(request.body ?? null, callerOf(request), untilGone(reply));
    });
  }
  addOperatorRoutes(app, ctx, callerOf);
  app.get('/api/status', { config: { permission: 'executor' } }, async (request) => {
    // All groups are in it, so it is not for the holder of one group's token.
    return callerOf(request).holder.installation ? options.status() : envelope(fail('The access token is wrong.'));
  });
  options.admin?.mount(app);
  const document = openApiDocument({ admin: options.admin !== undefined });
  app.get('/openapi.json', { config: { permission: 'public' } }, async () => document);
  app.get('/health', { config: { permission: 'public' } }, async () => ({ status: 'up' }));
  addHealthRoutes(app, { store: ctx.store, isDraining: () => options.isDraining?.() ?? false });
  app.get('/metrics', { config: { permission: 'public' } }, async (_request, reply) => {
    const { contentType, body } = await options.metrics.scrape();
    return reply.type(contentType).send(body);
  });
  return app;
}

/** Aborts when the connection of whoever waits for this answer has ended. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
