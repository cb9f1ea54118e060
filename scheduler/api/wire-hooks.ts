import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../shared/errors.ts';
import { CODE_TOO_MANY_TRIES } from '../../shared/protocol/join.ts';
import { parseJsonSafely } from '../../shared/protocol/parse-json-safely.ts';
import { CODE_FAIL, CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import { ANSWER_HEADER, hashOf, type RequestSignature } from '../../shared/protocol/wire-signature.ts';
import { createWrongTries } from '../registry/wrong-tries.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type AdmissionOptions, type AnswerKey, admitCaller, type Caller } from './wire-caller.ts';

/**
 * public: anybody who reaches the port. executor, operator: whoever shows a token, or signs with it; an operator's verbs
 * judge by the token what they may touch. admin: whoever gets past the doors of admin/mount-admin.ts.
 */
export type Permission = 'public' | 'executor' | 'operator' | 'admin';

/** What a verb answers with in the envelope. */
export interface Answer {
  readonly code: number;
  readonly msg: string;
  readonly data?: unknown;
}
export const success: Answer = { code: CODE_SUCCESS, msg: 'Success' };
export const fail = (msg: string, code = CODE_FAIL): Answer => ({ code, msg });

/** Generations B and C read `content`, D and E `data`; `success` is what they have beside the code from 3.2 on. */
export const envelope = ({ code, msg, data = null }: Answer) => ({
  code,
  msg,
  data,
  content: data,
  success: code === CODE_SUCCESS,
});

/**
 * What holds for every request of the wire: who may ask, what a body may be, signed answers, and refusals as HTTP 200
 * with an envelope, because peers read any other status as a failure of the network.
 * @returns who asks: for routes that are not public it is always there.
 */
export function hookWire(
  app: FastifyInstance,
  ctx: SchedulerContext,
  options: AdmissionOptions,
): (request: FastifyRequest) => Caller {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const signatures = new WeakMap<FastifyRequest, RequestSignature>();
  const answerKeys = new WeakMap<FastifyRequest, AnswerKey>();
  const bodyHashes = new WeakMap<FastifyRequest, string>();

  const wrongTries = createWrongTries(ctx.runtime.clock);

  const refuse = (reply: FastifyReply, why: string, msg: string, code = CODE_FAIL) => {
    ctx.metrics.requestsRefused.add(1, { why });
    return reply.code(200).send(envelope(fail(msg, code)));
  };

  app.addHook('onRequest', async (request, reply) => {
    const permission = permissionOf(request);
    if (permission === 'public' || permission === 'admin') return;
    const asked = { method: request.method, path: pathOf(request), headers: request.headers };
    const admission = await admitCaller(options, asked, (key) => answerKeys.set(request, key));
    if (admission.kind === 'refused') {
      // A good token is heard from everywhere, always: executors behind one address must not be silenced by one of them
      // that has not got the new token yet.
      const isGuess = admission.why === 'token' || admission.why === 'signature';
      if (isGuess && !wrongTries.mayTry(request.ip)) return refuse(reply, 'rate', TOO_MANY, CODE_TOO_MANY_TRIES);
      if (isGuess) wrongTries.note(request.ip);
      return refuse(reply, admission.why, admission.msg);
    }
    callers.set(request, admission.caller);
    if (admission.signature !== null) signatures.set(request, admission.signature);
  });

  // Peers send JSON under all kinds of content types.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (signatures.has(request)) bodyHashes.set(request, hashOf(body));
    const parsed = parseJsonSafely(body);
    if (parsed.kind === 'refused') throw new Error(parsed.why);
    return parsed.value;
  });

  app.addHook('preValidation', async (request, reply) => {
    const signature = signatures.get(request);
    if (signature === undefined || (bodyHashes.get(request) ?? NO_BODY_HASH) === signature.bodyHash) return;
    answerKeys.delete(request);
    await refuse(reply, 'signature', 'The access token is wrong.');
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const answer = answerKeys.get(request);
    if (answer === undefined || typeof payload !== 'string') return;
    const to = { direction: 'to-scheduler', path: pathOf(request), nonce: answer.nonce, body: payload } as const;
    reply.header(ANSWER_HEADER, options.judge.signAnswer(answer.key, to));
  });

  app.setNotFoundHandler((request, reply) => {
    if (request.method !== 'POST') return refuse(reply, 'shape', 'invalid request, HttpMethod not support.');
    const verb = pathOf(request).replace(/^\/api(\/|$)/, '');
    if (verb === '') return refuse(reply, 'shape', 'invalid request, uri-mapping empty.');
    return refuse(reply, 'shape', `invalid request, uri-mapping(${verb.slice(0, 200)}) not found.`);
  });
  app.setErrorHandler((error, request, reply) => {
    ctx.logger.error({ err: error, method: request.method, path: pathOf(request) }, 'a request failed');
    return refuse(reply, 'error', `openapi invoke error: ${messageOf(error)}`);
  });

  return (request) => {
    const caller = callers.get(request);
    if (caller === undefined) throw new Error(`${pathOf(request)} was asked by nobody that is known`);
    return caller;
  };
}

const TOO_MANY = 'Too many wrong access tokens came from this address: wait a minute.';
const NO_BODY_HASH = hashOf('');
const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';

/** Denied unless a route declares otherwise; paths that do not exist ask for the token too. */
function permissionOf(request: FastifyRequest): Permission {
  const config = request.routeOptions.config as { permission?: Permission };
  return config.permission ?? 'executor';
}
