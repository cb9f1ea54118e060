import { DaybreakError, ERRORS, type ErrorCode } from '../../../shared/errors.ts';
import type { InspectMessage, Question } from '../../../shared/protocol/inspect.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { liveExecutors } from '../../storage/sql/live-executor-queries.ts';

export interface Asked extends InspectMessage {
  readonly question: Question;
}

const TRIED_MAX = 3;

/**
 * Asks an executor of the group a question that its own tables answer. Executors of a group share their store, so any of
 * them may answer; when one cannot be reached the next is asked, but not when an answer was lost on the way. Throws
 * EXECUTOR_UNREACHABLE, NOT_FOUND (they do not answer this), and what the executor itself refuses.
 */
export async function askExecutor(ctx: SchedulerContext, group: string, asked: Asked): Promise<unknown> {
  const { inspect } = ctx.client;
  const executors = await ctx.store.read('find-executors', (db) => liveExecutors(db, group));
  const own = executors.filter(({ foreign }) => !foreign).slice(0, TRIED_MAX);
  if (executors.length > 0 && own.length === 0) {
    throw new DaybreakError('NOT_FOUND', `the executors of group "${group}" are not ours: they answer no questions`);
  }
  if (inspect === undefined || own.length === 0) {
    throw new DaybreakError(
      'EXECUTOR_UNREACHABLE',
      `no executor of ours is alive in group "${group}" that could be asked`,
    );
  }
  for (const { address } of own) {
    const answer = await inspect.call(ctx.client, address, asked);
    if (answer === 'unreachable') continue;
    if (answer === 'unclear') {
      throw new DaybreakError('EXECUTOR_UNREACHABLE', `${address} was asked and its answer was lost: ask again`, {
        retryable: true,
      });
    }
    if (answer.kind === 'refused') throw new DaybreakError(codeOf(answer.code), answer.message);
    return answer.answer;
  }
  throw new DaybreakError('EXECUTOR_UNREACHABLE', `no executor of group "${group}" can be reached`);
}

const codeOf = (code: string): ErrorCode => (Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'INTERNAL');
