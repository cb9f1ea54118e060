import { Compile } from 'typebox/compile';
import { type InspectAnswer, InspectAnswerSchema } from '../../shared/protocol/inspect.ts';
import {
  CODE_SUCCESS,
  type Envelope,
  EnvelopeSchema,
  type LogPage,
  LogPageSchema,
  RunsAnswerSchema,
} from '../../shared/protocol/wire.ts';
import type { DispatchAnswer, KillAnswer } from './executor-client.ts';

/** What executors answer, in all generations, however it was carried. Pure. */

const envelope = Compile(EnvelopeSchema);
const envelopes = Compile(RunsAnswerSchema);
const logPage = Compile(LogPageSchema);
const inspected = Compile(InspectAnswerSchema);

const NOTHING_TO_KILL = 'job thread already killed.';
const IS_BUSY = /^job thread is running or has trigger queue/;
// `repeate` is how peers up to 3.3 spell it.
const HAS_IT_ALREADY = /^repeate? trigger job/;

/** Throws for what is no envelope. */
export function readEnvelope(value: unknown): Envelope {
  if (!envelope.Check(value)) throw new Error('the answer is no envelope {code, msg}');
  return value;
}

export function judgeRunAnswer(answer: Envelope): DispatchAnswer {
  if (answer.code === CODE_SUCCESS || HAS_IT_ALREADY.test(answer.msg ?? '')) return { kind: 'accepted' };
  return { kind: answer.busy === true ? 'busy' : 'refused', why: answer.msg ?? `code ${answer.code}` };
}

/** One answer for each of `count` requests that went in one message. */
export function judgeRunsAnswer(answer: Envelope, count: number): readonly DispatchAnswer[] {
  const alike = (each: DispatchAnswer) => new Array<DispatchAnswer>(count).fill(each);
  if (answer.code !== CODE_SUCCESS) return alike(judgeRunAnswer(answer));
  const list: unknown = answer.data;
  if (envelopes.Check(list) && list.length === count) return list.map(judgeRunAnswer);
  // It said yes to something: whoever cannot tell to what takes nothing for granted.
  return alike({ kind: 'unclear', why: `the answer to ${count} run requests does not have one answer for each` });
}

export function judgeKillAnswer({ code, msg, content, data }: Envelope): KillAnswer {
  if (code !== CODE_SUCCESS) return 'unclear';
  // Up to 2.4 it stands in `msg`, in 3.2 in `content`, from 3.3 on in `data`.
  return [msg, content, data].includes(NOTHING_TO_KILL) ? 'not_there' : 'told';
}

export function judgeIdleAnswer(answer: Envelope): 'idle' | 'busy' | 'unclear' {
  if (answer.code === CODE_SUCCESS) return 'idle';
  return IS_BUSY.test(answer.msg ?? '') ? 'busy' : 'unclear';
}

export function readLogPage(answer: Envelope): LogPage | null {
  const page = answer.data ?? answer.content;
  return answer.code === CODE_SUCCESS && logPage.Check(page) ? page : null;
}

/** An executor from before there was this question knows no such path: it does not answer it. */
export function readInspectAnswer(answer: Envelope): InspectAnswer {
  const given = answer.data ?? answer.content;
  if (answer.code === CODE_SUCCESS && inspected.Check(given)) return given;
  const message = isUnknownPath(answer)
    ? 'this executor is of a version that answers no questions'
    : `the executor did not answer: ${(answer.msg ?? `code ${answer.code}`).slice(0, 500)}`;
  return { kind: 'refused', code: 'NOT_FOUND', message };
}

export const isUnknownPath = (answer: Envelope): boolean =>
  answer.code !== CODE_SUCCESS && /uri-mapping\(.*\) not found/.test(answer.msg ?? '');

export const isTokenRefused = (answer: Envelope): boolean =>
  answer.code !== CODE_SUCCESS && /access token is wrong|accessToken or appname invalid/.test(answer.msg ?? '');
