import { isDaybreakError } from '../../shared/errors.ts';
import {
  CODE_NOT_ADMITTED,
  CODE_NOT_JOINABLE,
  CODE_TOO_MANY_TRIES,
  type Joined,
  JoinSchema,
} from '../../shared/protocol/join.ts';
import { messageReader } from '../../shared/protocol/read-message.ts';
import { CODE_SUCCESS } from '../../shared/protocol/wire.ts';
import type { JoinDesk, JoinVerdict } from '../registry/join-desk.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type Answer, fail } from './wire-hooks.ts';

export interface JoinVerbOptions {
  readonly desk: JoinDesk;
  /** The token of a group, made if it has none; see `ownGroupToken`. */
  tokenOf(appName: string): Promise<string>;
  /** A token was used: whoever shows tokens shows another. */
  onJoined(appName: string): void;
}

type Refusal = Extract<JoinVerdict, { kind: 'refused' }>['why'];

const WORDS: Readonly<Record<Refusal, string>> = {
  wrong: 'The join token is wrong: copy it once more, or take a new one.',
  used: 'The join token was used already: it is good for one executor, so take a new one.',
  expired: 'The join token has expired: it is good for 10 minutes, so take a new one.',
  too_many_tries: 'Too many wrong join tokens came from this address: wait a minute.',
};

const readJoin = messageReader(JoinSchema);
const BEAT_MS_MAX = 30_000;

/** Takes a one-time token, and answers with what an executor of the group needs to register. */
export function createJoinVerb(ctx: SchedulerContext, options: JoinVerbOptions) {
  return async function join(body: unknown, from: string): Promise<Answer> {
    const read = readJoin(body);
    if (read.kind === 'wrong') return refuse(fail(`invalid request, ${read.why}`), 'shape');
    const { joinToken, appname } = read.message;
    const verdict = await options.desk.take(joinToken, from);
    if (verdict.kind === 'refused') {
      ctx.logger.warn({ group: appname, from, why: verdict.why }, 'a join token was refused');
      const code = verdict.why === 'too_many_tries' ? CODE_TOO_MANY_TRIES : CODE_NOT_ADMITTED;
      return refuse(fail(WORDS[verdict.why], code), 'join');
    }
    try {
      const data: Joined = { accessToken: await options.tokenOf(appname), heartbeatIntervalMs: beatMs() };
      ctx.logger.info({ group: appname, from }, 'an executor joined with a one-time token');
      options.onJoined(appname);
      return { code: CODE_SUCCESS, msg: 'Success', data };
    } catch (error) {
      await verdict.giveBack();
      if (isDaybreakError(error, 'BAD_INPUT')) return refuse(fail(error.message), 'shape');
      if (isDaybreakError(error, 'CONFLICT')) return refuse(fail(error.message, CODE_NOT_JOINABLE), 'join');
      throw error;
    }
  };

  function refuse(answer: Answer, why: 'shape' | 'join'): Answer {
    ctx.metrics.requestsRefused.add(1, { why });
    return answer;
  }

  /** Two beats may be lost before anybody takes the executor for silent. */
  function beatMs(): number {
    return Math.max(100, Math.min(BEAT_MS_MAX, Math.floor(ctx.settings.executorSilentAfterMs / 3)));
  }
}
