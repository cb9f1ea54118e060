import { AnswerNotSignedError } from '../../shared/protocol/signing-peer.ts';
import { CODE_SUCCESS, type Envelope, type LogPage, type RunRequest } from '../../shared/protocol/wire.ts';
import { createLimiter } from '../../shared/runtime/limiter.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import { cutRunRequests, type RunsMessage } from './cut-run-requests.ts';
import type { DispatchAnswer, ExecutorClient } from './executor-client.ts';
import type { Contact, ExecutorDirectory } from './executor-directory.ts';
import { allowedNetworks } from './http-allowed-networks.ts';
import { createExecutorExchange } from './http-executor-exchange.ts';
import { judgeFailure } from './http-executor-failure.ts';
import {
  isTokenRefused,
  isUnknownPath,
  judgeIdleAnswer,
  judgeKillAnswer,
  judgeRunAnswer,
  judgeRunsAnswer,
  readEnvelope,
  readInspectAnswer,
  readLogPage,
} from './read-executor-answer.ts';
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
/** A person waits for it; a report reads a whole night. */
const INSPECT_MS = 15_000;
/** A storm of registrations does not become a storm of calls. */
const BEATS_AT_ONCE = 16;
const BEATS_WAITING_MAX = 1_000;
/** So many addresses are remembered as taking one run request at a time. */
const PEERS_MAX = 10_000;

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
  /** Executors of ours from before there was /runs, by address, and which process said so. */
  const takesOneAtATime = new Map<string, string | null>();

  /** With the token of now, and when that one is unknown there, with the one before. */
  async function ask(address: string, path: string, body: string, how: Contact & Limits): Promise<Asked> {
    const refusal = networks.shapeRefusalOf(address);
    if (refusal !== null) throw Object.assign(new Error(refusal), { code: 'ENOTALLOWED' });
    const { appName, signs, timeoutMs, answerBytesMax } = how;
    const question = { address, path, body, appName, signs };
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
    // Another process at the address may be another version.
    if (instance !== null && takesOneAtATime.get(question.address) !== instance) {
      takesOneAtATime.delete(question.address);
    }
    return { answer: readEnvelope(JSON.parse(text)), instance };
  }

  const quick = { timeoutMs, answerBytesMax: ANSWER_BYTES_MAX };

  async function postRun(address: string, request: RunRequest): Promise<Envelope> {
    const contact = await directory.contact(address);
    const first: RunPath = contact.runPath ?? 'run';
    const body = JSON.stringify(request);
    const { answer } = await ask(address, first, body, { ...contact, ...quick });
    if (!isUnknownPath(answer)) return answer;
    // Generation E took /run away, and those before it have no /trigger. It said so, so it has nothing yet.
    const other: RunPath = first === 'run' ? 'trigger' : 'run';
    const second = (await ask(address, other, body, { ...contact, ...quick })).answer;
    if (!isUnknownPath(second)) await directory.learnPath(address, other);
    return second;
  }

  async function run(address: string, request: RunRequest): Promise<DispatchAnswer> {
    try {
      return judgeRunAnswer(await postRun(address, request));
    } catch (error) {
      return judgeFailure(error);
    }
  }

  async function runMessage(address: string, message: RunsMessage): Promise<readonly DispatchAnswer[]> {
    const { requests, body } = message;
    const oneByOne = () => Promise.all(requests.map((request) => run(address, request)));
    if (requests.length === 1 || takesOneAtATime.has(address)) return oneByOne();
    try {
      const contact = await directory.contact(address);
      // Whoever signs is one of ours; peers of xxl-job are not asked for what they do not have.
      if (!contact.signs) return await oneByOne();
      const { answer, instance } = await ask(address, 'runs', body, { ...contact, ...quick });
      if (!isUnknownPath(answer)) return judgeRunsAnswer(answer, requests.length);
      if (takesOneAtATime.size >= PEERS_MAX) takesOneAtATime.clear();
      takesOneAtATime.set(address, instance);
      return await oneByOne();
    } catch (error) {
      return new Array<DispatchAnswer>(requests.length).fill(judgeFailure(error));
    }
  }

  return {
    refusalOf: (address) => networks.refusalOf(address),
    run,
    async runAll(address, requests) {
      const answers: DispatchAnswer[] = [];
      // One after the other: what does not fit into one message is a burst already.
      for (const message of cutRunRequests(requests)) answers.push(...(await runMessage(address, message)));
      return answers;
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
          const { answer, instance } = await ask(address, 'beat', '', how);
          return answer.code === CODE_SUCCESS && (instance === null || fits(instance, expected?.incarnation));
        }),
      ).finally(() => beating.delete(same));
      beating.set(same, answer);
      return answer;
    },
    async idleBeat(address, jobId) {
      try {
        const contact = await directory.contact(address);
        const { answer } = await ask(address, 'idleBeat', JSON.stringify({ jobId }), { ...contact, ...quick });
        return judgeIdleAnswer(answer);
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
        const how = { ...contact, timeoutMs, answerBytesMax: LOG_BYTES_MAX };
        return readLogPage((await ask(address, 'log', JSON.stringify(order), how)).answer);
      } catch (error) {
        if (error instanceof Error) return null;
        throw error;
      }
    },
    async inspect(address, message) {
      try {
        const contact = await directory.contact(address);
        const how = { ...contact, timeoutMs: INSPECT_MS, answerBytesMax: LOG_BYTES_MAX };
        return readInspectAnswer((await ask(address, 'inspect', JSON.stringify(message), how)).answer);
      } catch (error) {
        const { kind } = judgeFailure(error);
        return kind === 'unreachable' ? 'unreachable' : 'unclear';
      }
    },
    async kill({ address, jobId, logId }) {
      try {
        const contact = await directory.contact(address);
        const { answer } = await ask(address, 'kill', JSON.stringify({ jobId, logId }), { ...contact, ...quick });
        return judgeKillAnswer(answer);
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
