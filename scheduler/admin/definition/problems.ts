import { tryParseCron } from '../../../shared/cron/cron.ts';
import { isDaybreakError } from '../../../shared/errors.ts';
import { type Chain, type ChainDefinition, readChain } from '../../definition/chain-definition.ts';
import { type Job, type JobDefinition, readJob } from '../../definition/job-definition.ts';

/** What is wrong with one field of a definition. */
export interface DefinitionProblem {
  readonly path: string;
  readonly message: string;
  readonly column?: number;
}

export type ReadDefinition<T> =
  | { readonly kind: 'good'; readonly definition: T }
  | { readonly kind: 'wrong'; readonly problems: readonly DefinitionProblem[] };

/** Reads a job as the scheduler would store it. What is wrong is told by field, the parts of it that can be told apart. */
export function readJobInput(given: JobDefinition): ReadDefinition<Job> {
  return readInput(given, readJob, PARTS_OF_JOB);
}

export function readChainInput(given: ChainDefinition, jobs: ReadonlyMap<string, Job>): ReadDefinition<Chain> {
  return readInput(given, (definition) => readChain(definition, jobs), PARTS_OF_CHAIN);
}

/** Fields that are judged by themselves: when one is wrong, its default takes its place and the next fault is found. */
const PARTS_OF_JOB = [
  'paramFields',
  'schedule',
  'limits',
  'misfire',
  'businessDate',
  'retry',
  'paramFields',
  'param',
  'paramByShard',
  'arrival',
  'shardTotal',
  'timeoutSeconds',
  'slowAfterSeconds',
  'priority',
  'parallelMax',
  'block',
  'window',
  'loadGuard',
  'labels',
] as const;
const PARTS_OF_CHAIN = ['schedule', 'limits', 'misfire', 'businessDate', 'cutOff', 'sweeps', 'joinAny'] as const;

const PROBLEMS_MAX = 20;

function readInput<Given extends object, T>(
  given: Given,
  read: (definition: Given) => T,
  parts: readonly string[],
): ReadDefinition<T> {
  const problems: DefinitionProblem[] = [];
  let left: Given = given;
  while (problems.length < PROBLEMS_MAX) {
    try {
      const definition = read(left);
      return problems.length === 0 ? { kind: 'good', definition } : { kind: 'wrong', problems };
    } catch (error) {
      if (!isDaybreakError(error, 'CONFIG_INVALID')) throw error;
      const problem = problemIn(error.message, given);
      // Its default has the same fault: as things stand, something has to be given.
      if (problems.some(({ path, message }) => path === problem.path && message === problem.message)) break;
      problems.push(problem);
      const part = problem.path.split(/[.[]/)[0] ?? '';
      const next = withoutFault(left, part, parts);
      if (next === null) break;
      left = next;
    }
  }
  return { kind: 'wrong', problems };
}

/** The same with another value there, so that the next fault is found; null: nothing is known that could stand there. */
function withoutFault<T extends object>(left: T, part: string, parts: readonly string[]): T | null {
  if (parts.includes(part)) return part in left ? without(left, part) : null;
  const standIn = STAND_INS[part];
  return standIn === undefined || (left as Record<string, unknown>)[part] === standIn
    ? null
    : { ...left, [part]: standIn };
}

/** Good values for what every definition has to have. */
const STAND_INS: Readonly<Record<string, string>> = {
  name: 'name',
  group: 'group',
  handler: 'handler',
  route: 'FIRST',
};

/** `job "import": schedule.text is no quartz cron: ...` and `job "import": "retry" must not have "cuont"`. */
function problemIn(message: string, given: object): DefinitionProblem {
  const said = message.replace(
    /^(job|chain) "[^"]*"(, (schedule|arrival|cutOff|paramFields\.\w+)( of kind \w+)?)?: /,
    '',
  );
  const part = /^(?:job|chain) "[^"]*", (schedule|arrival|cutOff|paramFields\.\w+)/.exec(message)?.[1];
  const missing = /^the definition must have "(\w+)"/.exec(said)?.[1];
  if (missing !== undefined)
    return { path: part === undefined ? missing : `${part}.${missing}`, message: 'is missing' };
  const quoted = /^"([\w.[\]]+)" (.*)$/s.exec(said);
  const plain = /^([A-Za-z]+(?:[.[][\w\]]+)*):? (.*)$/s.exec(said);
  const [path, text] =
    quoted !== null
      ? [quoted[1] ?? '', quoted[2] ?? said]
      : plain !== null
        ? [plain[1] ?? '', plain[2] ?? said]
        : ['', said];
  const whole = path === 'the' ? ['', said] : path === 'edge' || path === 'node' ? [`${path}s`, said] : [path, text];
  const at = part === undefined ? whole[0] : whole[0] === '' ? part : `${part}.${whole[0]}`;
  const column = at === 'schedule.text' ? columnIn(given) : null;
  const problem = { path: at ?? '', message: whole[1] ?? said };
  return column === null ? problem : { ...problem, column };
}

function columnIn(given: object): number | null {
  const { schedule } = given as { schedule?: { kind?: string; text?: string; dialect?: string } };
  if (typeof schedule?.text !== 'string' || (schedule.dialect !== 'quartz' && schedule.dialect !== 'unix')) return null;
  const reading = tryParseCron(schedule.text, { dialect: schedule.dialect });
  return reading.kind === 'refused' ? reading.problem.column : null;
}

function without<T extends object>(value: T, name: string): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as T;
}
