import { isDaybreakError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { InspectAnswer, InspectMessage, Question } from '../../shared/protocol/inspect.ts';

/** Answers one question from the executor's own tables. `params` come from a person: read them as such. */
export type Inspection = (params: Readonly<Record<string, unknown>>) => Promise<unknown>;

/**
 * What people may ask of an executor over the scheduler's page, by question; the answers have the shapes of docs/admin.md.
 * A question that is left out is refused as not answered here.
 */
export type Inspections = Partial<Readonly<Record<Question, Inspection>>>;

/** Answers a question, or says in words why not. What nobody foresaw is logged here and told as INTERNAL. */
export async function inspect(
  inspections: Inspections,
  { question, params = {} }: InspectMessage,
  logger: Logger,
): Promise<InspectAnswer> {
  const ask = Object.hasOwn(inspections, question) ? inspections[question as Question] : undefined;
  if (ask === undefined) {
    return { kind: 'refused', code: 'NOT_FOUND', message: `the executors of this group do not answer ${question}` };
  }
  try {
    return { kind: 'answer', answer: await ask(params) };
  } catch (error) {
    if (isDaybreakError(error)) return { kind: 'refused', code: error.code, message: error.message };
    logger.error({ err: error, question }, 'a question of a person could not be answered');
    return {
      kind: 'refused',
      code: 'INTERNAL',
      message: `it could not be answered: ${messageOf(error).slice(0, 200)}`,
    };
  }
}
