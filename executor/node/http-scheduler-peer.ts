import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { Compile } from 'typebox/compile';
import { HeldSchema, type HoldMessage } from '../../shared/protocol/hold.ts';
import { messageReader } from '../../shared/protocol/read-message.ts';
import { createSigningPeer, exchangeSigned, type RawAnswer } from '../../shared/protocol/signing-peer.ts';
import {
  APPNAME_HEADER,
  type CallbackMessage,
  CODE_SUCCESS,
  EnvelopeSchema,
  TOKEN_HEADER,
} from '../../shared/protocol/wire.ts';
import { ANSWER_HEADER, deriveWireKey, SIGNATURE_HEADER } from '../../shared/protocol/wire-signature.ts';
import { type AdminGeneration, generationOf, isShapeRefusal } from './admin-generation.ts';
import type { HttpSchedulerClientOptions } from './http-scheduler-options.ts';
import type { LineAnswer, Registration, SchedulerAnswer } from './scheduler-client.ts';

/** One scheduler: ours, or an xxl-job admin of whichever generation it turns out to be. */
export interface SchedulerPeer {
  readonly root: string;
  register(registration: Registration): Promise<SchedulerAnswer>;
  post(verb: string, body: unknown): Promise<SchedulerAnswer>;
  callback(results: readonly CallbackMessage[]): Promise<SchedulerAnswer>;
  hold(message: HoldMessage, signal: AbortSignal): Promise<LineAnswer>;
}

interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

const envelope = Compile(EnvelopeSchema);
/** Executors of xxl-job cut a message here, and its admins count on it. */
const MESSAGE_CHARS_MAX = 50_000;
const ANSWER_BYTES_MAX = 1_048_576;
/** Messages come in batches of 4 MiB, and one alone may be larger. */
const HELD_BYTES_MAX = 8 * 1_048_576;
/** A log page of 1 MiB is up to twice that as JSON, and several may go together. */
const BODY_BYTES_MAX = 12 * 1_048_576;
const readHeld = messageReader(HeldSchema);

export function createSchedulerPeer(root: string, options: HttpSchedulerClientOptions, agents: Agents): SchedulerPeer {
  const exchange = createExchange(root, options, agents);
  let generation: AdminGeneration = 'unknown';

  async function post(verb: string, body: unknown): Promise<SchedulerAnswer> {
    return (await postAndRead(verb, body)).answer;
  }

  async function postAndRead(verb: string, body: unknown, limits: Limits = {}): Promise<ReadAnswer> {
    try {
      const { status, text, signed } = await exchange(verb, JSON.stringify(body), limits);
      const read = readAnswer(root, status, text);
      if (signed) generation = 'ours';
      // Only an answer that took our token says that somebody is there who has it and does not sign.
      if (signed) options.trust?.signed();
      else if (read.answer.kind === 'acknowledged') options.trust?.plain(root);
      return read;
    } catch (error) {
      return { answer: { kind: 'unreachable', why: `${root}: ${describeFailure(error)}` }, parsed: null };
    }
  }

  async function register(registration: Registration): Promise<SchedulerAnswer> {
    const { answer, parsed } = await postAndRead('registry', registration);
    if (answer.kind === 'acknowledged' && parsed !== null && generation !== 'ours') {
      generation = generationOf(parsed, generation);
    }
    return answer;
  }

  async function callback(results: readonly CallbackMessage[]): Promise<SchedulerAnswer> {
    if (generation === 'D/E') {
      const probe = await post('callback', { callbackList: [] });
      if (probe.kind === 'acknowledged') generation = 'E';
      else if (probe.kind === 'unreachable') return probe;
      else if (isShapeRefusal(probe.message)) generation = 'D';
    }
    const list = results.map(inAllGenerations);
    const shaped = (asObject: boolean) => post('callback', asObject ? { callbackList: list } : list);
    const asObject = generation === 'E';
    const answer = await shaped(asObject);
    if (generation === 'ours' || answer.kind !== 'refused' || !isShapeRefusal(answer.message)) return answer;
    // Nobody had registered with it yet, or it was upgraded while we ran: it is asked in the other shape.
    const second = await shaped(!asObject);
    if (second.kind === 'acknowledged') generation = asObject ? 'D' : 'E';
    return second;
  }

  /** The scheduler answers late on purpose, so it has that time and the usual time for an answer. */
  async function hold(message: HoldMessage, signal: AbortSignal): Promise<LineAnswer> {
    const timeoutMs = message.waitMs + options.timeoutMs;
    const { answer, parsed } = await postAndRead('hold', message, {
      timeoutMs,
      signal,
      answerBytesMax: HELD_BYTES_MAX,
    });
    if (answer.kind === 'refused') return { kind: 'refused', message: answer.message };
    if (answer.kind === 'unreachable') return answer;
    const held = readHeld((parsed as { data?: unknown }).data);
    if (held.kind === 'wrong') return { kind: 'unreachable', why: `${root}: ${held.why}` };
    return { kind: 'held', messages: held.message.messages, taken: held.message.taken ?? false };
  }

  return { root, register, post, callback, hold };
}

interface ReadAnswer {
  readonly answer: SchedulerAnswer;
  readonly parsed: object | null;
}

/** What differs from a short question with a short answer. */
interface Limits {
  readonly timeoutMs?: number;
  readonly answerBytesMax?: number;
  readonly signal?: AbortSignal;
}

/** One POST of a verb, signed when there is something to sign with. */
function createExchange(root: string, options: HttpSchedulerClientOptions, agents: Agents) {
  const { timeoutMs, runtime, accessToken, requireSignatures = false } = options;
  const http: AxiosInstance = axios.create({
    baseURL: `${root.replace(/\/+$/, '')}/api/`,
    ...agents,
    adapter: 'http',
    // The token would follow a redirect to another host, and a proxy from the environment would see it.
    maxRedirects: 0,
    proxy: false,
    allowAbsoluteUrls: false,
    decompress: false,
    maxBodyLength: BODY_BYTES_MAX,
    responseType: 'text',
    transformResponse: [(text: string) => text],
    validateStatus: () => true,
    headers: {
      'content-type': 'application/json;charset=UTF-8',
      'accept-encoding': 'identity',
      [APPNAME_HEADER]: options.appname,
    },
  });
  const peer = runtime === undefined ? null : createSigningPeer({ direction: 'to-scheduler', runtime });
  const key = deriveWireKey(accessToken);

  async function send(verb: string, body: string, headers: Record<string, string>, limits: Limits): Promise<RawAnswer> {
    const timeout = limits.timeoutMs ?? timeoutMs;
    // The agent's timeout counts silence; the signal bounds an answer that drips in byte by byte.
    const late = AbortSignal.timeout(timeout);
    const signal = limits.signal === undefined ? late : AbortSignal.any([late, limits.signal]);
    const maxContentLength = limits.answerBytesMax ?? ANSWER_BYTES_MAX;
    const response: AxiosResponse<string> = await http.post(verb, body, { signal, timeout, maxContentLength, headers });
    const signature = response.headers[ANSWER_HEADER];
    return {
      status: response.status,
      text: response.data,
      signature: typeof signature === 'string' ? signature : undefined,
    };
  }

  return async (verb: string, body: string, limits: Limits): Promise<RawAnswer & { readonly signed: boolean }> => {
    const shown = { [TOKEN_HEADER]: accessToken };
    if (peer === null) return { ...(await send(verb, body, shown, limits)), signed: false };
    const answer = await exchangeSigned(peer, key, { path: `/api/${verb}`, body }, (signature, withToken) =>
      send(verb, body, { [SIGNATURE_HEADER]: signature, ...(withToken && !requireSignatures ? shown : {}) }, limits),
    );
    if (requireSignatures && !answer.signed) throw new Error('its answer is not signed, and signatures are required');
    return answer;
  };
}

/** 2.2 reads `executeResult`, all before 3.5 read `logDateTim`; each generation ignores the names of the others. */
function inAllGenerations(result: CallbackMessage): CallbackMessage {
  const message = result.handleMsg?.slice(0, MESSAGE_CHARS_MAX) ?? null;
  return {
    ...result,
    handleMsg: message,
    ...(result.logDateTime === undefined ? {} : { logDateTim: result.logDateTime }),
    executeResult: { code: result.handleCode ?? 0, msg: message },
  };
}

function readAnswer(root: string, status: number, text: string): ReadAnswer {
  const unreachable = (why: string) =>
    ({ answer: { kind: 'unreachable', why: `${root}: ${why}` }, parsed: null }) as const;
  if (status !== 200) return unreachable(`HTTP status ${status}, must be 200`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return unreachable('the answer is not JSON');
  }
  if (!envelope.Check(body)) return unreachable('the answer has no whole-number "code"');
  if (body.code === CODE_SUCCESS) return { answer: { kind: 'acknowledged', by: root }, parsed: body };
  return { answer: { kind: 'refused', by: root, code: body.code, message: body.msg ?? '' }, parsed: body };
}

/** Never the error itself: an axios error carries the request's headers, and with them the token. */
function describeFailure(error: unknown): string {
  if (axios.isCancel(error)) return 'no whole answer in time';
  if (axios.isAxiosError(error)) return `${error.code ?? 'request failed'} ${error.message}`.trim();
  return error instanceof Error ? error.message : String(error);
}
