import { isDaybreakError } from '../../../shared/errors.ts';
import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { ChainDefinition } from '../../definition/chain-definition.ts';
import type { Job, JobDefinition } from '../../definition/job-definition.ts';
import { calendarByName } from '../../storage/sql/calendar-queries.ts';
import { chainIdByName, jobIdsByName } from '../../storage/sql/definition-queries.ts';
import { type DefinitionProblem, readChainInput, readJobInput } from './problems.ts';
import { jobsNamedIn } from './save-chain.ts';
import { assertParents, type JobInput } from './save-job.ts';

/**
 * What is wrong with a job while it is written: what storing it would refuse, field by field. `id`: of the job that it is
 * the next version of; without, it would be a new one. `checkJob` throws CONFIG_INVALID for what only the scheduler knows.
 */
export async function checkJobInput(
  db: SqlReader,
  given: JobInput,
  checkJob: (job: Job) => void,
): Promise<readonly DefinitionProblem[]> {
  const read = readJobInput({ ...given, id: given.id ?? NEW_ID } as JobDefinition);
  const problems = read.kind === 'wrong' ? [...read.problems] : [];
  const owner = typeof given.name === 'string' ? (await jobIdsByName(db, [given.name])).get(given.name) : undefined;
  if (owner !== undefined && owner !== given.id) problems.push(taken('job'));
  problems.push(...(await lostCalendar(db, given)));
  if (read.kind === 'good') {
    const job = read.definition;
    problems.push(...(await refusedField('schedule.jobs', () => assertParents(db, job, given.id ?? NEW_ID))));
    problems.push(...(await refusedField('arrival.path', () => checkJob(job))));
  }
  return problems;
}

/** The same of a chain; its name is free when it `isNew`. */
export async function checkChainInput(
  db: SqlReader,
  given: ChainDefinition,
  { isNew }: { readonly isNew: boolean },
): Promise<readonly DefinitionProblem[]> {
  const read = readChainInput(given, await jobsNamedIn(db, given));
  const problems = read.kind === 'wrong' ? [...read.problems] : [];
  if (isNew && typeof given.name === 'string' && (await chainIdByName(db, given.name)) !== null) {
    problems.push(taken('chain'));
  }
  problems.push(...(await lostCalendar(db, given)));
  return problems;
}

/** What no stored job has. */
const NEW_ID = 2 ** 31 - 1;

const taken = (kind: 'job' | 'chain'): DefinitionProblem => ({ path: 'name', message: `belongs to another ${kind}` });

async function lostCalendar(db: SqlReader, { limits }: Pick<JobDefinition, 'limits'>): Promise<DefinitionProblem[]> {
  const calendar: unknown = limits?.calendar;
  if (typeof calendar !== 'string' || (await calendarByName(db, calendar)) !== null) return [];
  return [{ path: 'limits.calendar', message: `names "${calendar}", but there is no such calendar` }];
}

/** What a check that throws says, at its own field or at this one. */
async function refusedField(path: string, check: () => unknown): Promise<DefinitionProblem[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (!isDaybreakError(error, 'CONFIG_INVALID')) throw error;
    const { why } = error.details as { why?: unknown };
    return [{ path, message: typeof why === 'string' ? why : error.message.replace(/^job "[^"]*": (arrival )?/, '') }];
  }
}
