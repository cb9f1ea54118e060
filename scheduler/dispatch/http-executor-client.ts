import { isAxiosError } from 'axios';
import { Compile } from 'typebox/compile';
import { messageOf } from '../../shared/errors.ts';
import { AnswerNotSignedError } from '../../shared/protocol/signing-peer.ts';
import {
  CODE_SUCCESS,
  type Envelope,
  EnvelopeSchema,
  type LogPage,
  LogPageSchema,
  type RunRequest,
} from '../../shared/protocol/wire.ts';
import { createLimiter } from '../../shared/runtime/limiter.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { DispatchAnswer, ExecutorClient } from './executor-client.ts';
import type { Contact, ExecutorDirectory } from './executor-directory.ts';
import { allowedNetworks } from './http-allowed-networks.ts';
import { createExecutorExchange } from './http-executor-exchange.ts';
import type { RunPath } from './run-path.ts';

export interface HttpExecutorClientOptions {
  /** Which token and which name belong to an address. */
  readonly directory: ExecutorDirectory;
  /** How long a run request or a kill may take, ms. */
  readonly timeoutMs: number;
  /** CIDRs that executors may live in. */
  readonly allowedNetworks: readonly string[];
  /** Without it nothing is signed, and executors that sign are not understood. */
  readonly runtime?: Pick<Runtime, 'clock' | 'random'>;
}

const ANSWER_BYTES_MAX = 1_000_000;
// A log page has no limit on the other side.
const LOG_BYTES_MAX = 32 * 1_048_576;
/** A storm of registrations does not become a storm of calls. */
const BEATS_AT_ONCE = 16;
const BEATS_WAITING_MAX = 1_000;
const envelope = Compile(EnvelopeSchema);
const logPage = Compile(LogPageSchema);

interface Asked {
  readonly answer: Envelope;
  readonly instance: string | null;
}

export function createHttpExecutorClient(options: HttpExecutorClientOptions): ExecutorClient {
  const { directory, timeoutMs } = options;
  const networks = allowedNetworks(options.allowedNetworks);
  const exchange = createExecutorExchange({ lookup: networks.lookup, runtime: options.runtime ?? null });
  const beats = createLimiter(BEATS_AT_ONCE);
  const beating = new Map<string, Promise<boolean>>();

  /** With the token of now, and when that one is unknown there, with the one before. */
  async function ask(address: string, path: string, body: unknown, how: Contact & Limits): Promise<Asked> {
    const refusal = networks.shapeRefusalOf(address);
    if (refusal !== null) throw Object.assign(new Error(refusal), { code: 'ENOTALLOWED' });
    const { appName, signs, timeoutMs, answerBytesMax } = how;
    const question = { address, path, body: body === null ? '' : JSON.stringify(body), appName, signs };
    for (const [at, token] of how.tokens.entries()) {
      const isLast = at === how.tokens.length - 1;
      try {
        const asked = await askOnce({ ...question, token, timeoutMs, answerBytesMax });
        if (isLast || !isTokenRefused(asked.answer)) return asked;
      } catch (error) {
        // A peer that signs cannot sign its refusal of a token that it does not have.
        if (isLast || !(error instanceof AnswerNotSignedError)) throw error;
      }
    }
    throw new Error(`no token is known for ${address}`);
  }

  async function askOnce(question: Parameters<typeof exchange.post>[0]): Promise<Asked> {
    const { text, instance } = await exchange.post(question);
    const parsed: unknown = JSON.parse(text);
    if (!envelope.Check(parsed)) throw new Error('the answer is no envelope {code, msg}');
    return { answer: parsed, instance };
  }

  const quick = { timeoutMs, answerBytesMax: ANSWER_BYTES_MAX };

  async function postRun(address: string, request: RunRequest): Promise<Envelope> {
    const contact = await directory.contact(address);
    const first: RunPath = contact.runPath ?? 'run';
    const { answer } = await ask(address, first, request, { ...contact, ...quick });
    if (!isUnknownPath(answer)) return answer;
    // Generation E took /run away, and those before it have no /trigger. It said so, so it has nothing yet.
    const other: RunPath = first === 'run' ? 'trigger' : 'run';
    const second = (await ask(address, other, request, { ...contact, ...quick })).answer;
    if (!isUnknownPath(second)) await directory.learnPath(address, other);
    return second;
  }

  return {
    refusalOf: (address) => networks.refusalOf(address),
    async run(address, request) {
      try {
        return judgeRunAnswer(await postRun(address, request));
      } catch (error) {
        return judgeFailure(error);
      }
    },
    async beat(address, beatTimeoutMs, expected) {
      // The same question at the same time is one question.
      const same = JSON.stringify([address, expected]);
      const asked = beating.get(same);
      if (asked !== undefined) return asked;
      if (beats.waiting >= BEATS_WAITING_MAX) return false;
      const answer = orFalse(() =>
        beats.run(async () => {
          const contact = await directory.contact(address, expected?.group);
          const how = { ...contact, signs: expected?.signs ?? contact.signs, ...quick, timeoutMs: beatTimeoutMs };
          const { answer, instance } = await ask(address, 'beat', null, how);
          return answer.code === CODE_SUCCESS && (instance === null || fits(instance, expected?.incarnation));
        }),
      ).finally(() => beating.delete(same));
      beating.set(same, answer);
      return answer;
    },
    async idleBeat(address, jobId) {
      try {
        const contact = await directory.contact(address);
        const { answer } = await ask(address, 'idleBeat', { jobId }, { ...contact, ...quick });
        if (answer.code === CODE_SUCCESS) return 'idle';
        return IS_BUSY.test(answer.msg ?? '') ? 'busy' : 'unclear';
      } catch (error) {
        if (error instanceof Error) return 'unclear';
        throw error;
      }
    },
    async log(address, { logDateTime, ...which }): Promise<LogPage | null> {
      try {
        const contact = await directory.contact(address);
        // Up to 3.4 the field has no last letter.
        const order = { ...which, logDateTim: logDateTime, logDateTime };
        const { answer } = await ask(address, 'log', order, { ...contact, timeoutMs, answerBytesMax: LOG_BYTES_MAX });
        const page = answer.data ?? answer.content;
        return answer.code === CODE_SUCCESS && logPage.Check(page) ? page : null;
      } catch (error) {
        if (error instanceof Error) return null;
        throw error;
      }
    },
    async kill({ address, jobId, logId }) {
      try {
        const contact = await directory.contact(address);
        const { answer } = await ask(address, 'kill', { jobId, logId }, { ...contact, ...quick });
        if (answer.code !== CODE_SUCCESS) return 'unclear';
        // Up to 2.4 it stands in `msg`, in 3.2 in `content`, from 3.3 on in `data`.
        const { msg, content, data } = answer;
        return [msg, content, data].includes(NOTHING_TO_KILL) ? 'not_there' : 'told';
      } catch (error) {
        if (error instanceof Error) return 'unclear';
        throw error;
      }
    },
    close: () => exchange.close(),
  };
}

interface Limits {
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

async function orFalse(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Whoever answers there must be the process that registered: nobody takes over the address of another one. */
const fits = (instance: string, incarnation: string | null | undefined): boolean =>
  incarnation === undefined || incarnation === null || instance === incarnation;

const NOTHING_TO_KILL = 'job thread already killed.';
const IS_BUSY = /^job thread is running or has trigger queue/;
// `repeate` is how peers up to 3.3 spell it.
const HAS_IT_ALREADY = /^repeate? trigger job/;
const isUnknownPath = (answer: Envelope) =>
  answer.code !== CODE_SUCCESS && /uri-mapping\(.*\) not found/.test(answer.msg ?? '');
const isTokenRefused = (answer: Envelope) =>
  answer.code !== CODE_SUCCESS && /access token is wrong|accessToken or appname invalid/.test(answer.msg ?? '');

function judgeRunAnswer(answer: Envelope): DispatchAnswer {
  if (answer.code === CODE_SUCCESS || HAS_IT_ALREADY.test(answer.msg ?? '')) return { kind: 'accepted' };
  return { kind: 'refused', why: answer.msg ?? `code ${answer.code}` };
}

// Failures to make a connection: no byte of the request has left. Everything else may have arrived.
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTALLOWED']);

function judgeFailure(error: unknown): DispatchAnswer {
  const code = codeOf(error) ?? codeOf(isAxiosError(error) ? error.cause : null);
  const why = code === null ? messageOf(error) : `${code}: ${messageOf(error)}`;
  return code !== null && NOT_SENT.has(code) ? { kind: 'unreachable', why } : { kind: 'unclear', why };
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
