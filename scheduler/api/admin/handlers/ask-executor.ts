import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { DaybreakError } from '../../../../shared/errors.ts';
import type { Question } from '../../../../shared/protocol/inspect.ts';
import { askExecutor } from '../../../admin/inspect/ask-executor.ts';
import type { SchedulerContext } from '../../../scheduler-context.ts';
import { nightRoutes } from '../contract/night-routes.ts';
import { runRoutes } from '../contract/run-routes.ts';

/** What each question has to be answered with: what an executor says is checked as what a person sends. */
const ANSWERS = {
  'run.slices': runRoutes['GET /runs/:runId/slices'].reply,
  'run.steps': runRoutes['GET /runs/:runId/steps'].reply,
  'items.search': nightRoutes['GET /items'].reply,
  'items.unresolved': nightRoutes['GET /items/unresolved'].reply,
  'items.history': nightRoutes['GET /items/history'].reply,
  'items.ask-now': nightRoutes['POST /items/ask-now'].reply,
  'nights.list': nightRoutes['GET /nights'].reply,
  'nights.report': nightRoutes['GET /nights/report'].reply,
} as const satisfies Partial<Record<Question, TSchema>>;
type Answered = keyof typeof ANSWERS;

const validators = new Map(Object.entries(ANSWERS).map(([question, schema]) => [question, Compile(schema as TSchema)]));

/** Asks, and hands on the answer when it has the shape that the page expects. Throws as `askExecutor` does. */
export async function askPage<Q extends Answered>(
  ctx: SchedulerContext,
  group: string,
  question: Q,
  params: Readonly<Record<string, unknown>>,
): Promise<Static<(typeof ANSWERS)[Q]>> {
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
  const answer = await askExecutor(ctx, group, { question, params: given });
  if (validators.get(question)?.Check(answer) === true) return answer as Static<(typeof ANSWERS)[Q]>;
  throw new DaybreakError(
    'INTERNAL',
    `the executors of group "${group}" answer ${question} in a shape that nobody here knows`,
  );
}
