import { tryParseCron } from '../../../shared/cron/cron.ts';
import { type DaybreakError, isDaybreakError } from '../../../shared/errors.ts';
import type { NamedFault } from '../../../shared/schema-faults.ts';
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

/** Reads a job as the scheduler would store it. What is wrong is told by field, all that can be told at once. */
export function readJobInput(given: JobDefinition): ReadDefinition<Job> {
  return readInput(given, readJob);
}

export function readChainInput(given: ChainDefinition, jobs: ReadonlyMap<string, Job>): ReadDefinition<Chain> {
  return readInput(given, (definition) => readChain(definition, jobs));
}

const PROBLEMS_MAX = 20;

/**
 * Whoever reads a definition says what is wrong with it first: that is taken out, so that its default or a stand-in takes
 * its place and the next fault is found.
 */
function readInput<Given extends object, T>(given: Given, read: (definition: Given) => T): ReadDefinition<T> {
  const problems: DefinitionProblem[] = [];
  const takenOut = new Set<string>();
  let left: Given = given;
  while (problems.length < PROBLEMS_MAX) {
    try {
      const definition = read(left);
      return problems.length === 0 ? { kind: 'good', definition } : { kind: 'wrong', problems };
    } catch (error) {
      if (!isDaybreakError(error, 'CONFIG_INVALID')) throw error;
      const before = takenOut.size;
      for (const { odd, ...problem } of faultsIn(error, given)) {
        if (isNews(problem, odd !== undefined, problems)) problems.push(problem);
        left = withoutFault(left, odd === undefined ? problem.path : joined(problem.path, odd), takenOut);
      }
      if (takenOut.size === before) break;
    }
  }
  return { kind: 'wrong', problems };
}

/** What is wrong because something else is, and was taken out for it, is not told. */
const FOLLOWS: Readonly<Record<string, string>> = { handler: 'glueType' };

/** A place is told once; of fields that must not be there, each. */
function isNews({ path, message }: DefinitionProblem, isOdd: boolean, told: readonly DefinitionProblem[]): boolean {
  return !told.some(
    (earlier) =>
      (earlier.path === path && (!isOdd || earlier.message === message)) ||
      // Of a part of it that was wrong there is nothing left.
      (!isOdd && path !== '' && earlier.path.startsWith(`${path}.`)) ||
      FOLLOWS[path] === earlier.path,
  );
}

/** Good values for what every definition has to have. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  id: 1,
  name: 'name',
  group: 'group',
  handler: 'handler',
  // The one with which every other field may be.
  route: 'SHARDING_BROADCAST',
  edges: [],
  'schedule.text': '0 0 0 * * ?',
  'schedule.zone': 'UTC',
};

/** The same without what is at the path; where that was tried and did not help, without what it is part of. */
function withoutFault<T extends object>(left: T, path: string, takenOut: Set<string>): T {
  const keys = keysOf(path);
  for (let depth = keys.length; depth > 0; depth--) {
    const at = keys.slice(0, depth);
    const place = at.join('.');
    const key = at.at(-1) ?? '';
    // Of a list the places of the others would change.
    if (takenOut.has(place) || /^\d+$/.test(key)) continue;
    const standIn = STAND_INS[place];
    const next = changedAt(left, at, standIn);
    if (next === left) continue;
    takenOut.add(place);
    return next as T;
  }
  return left;
}

/** A copy with another value there, or without it; the same where there is nothing to change. */
function changedAt(value: unknown, [key, ...rest]: readonly string[], standIn: unknown): unknown {
  if (typeof value !== 'object' || value === null || key === undefined) return value;
  const before = (value as Record<string, unknown>)[key];
  if (rest.length > 0) {
    const after = changedAt(before, rest, standIn);
    if (after === before) return value;
    return Array.isArray(value) ? value.with(Number(key), after) : { ...value, [key]: after };
  }
  if (standIn !== undefined) return { ...value, [key]: standIn };
  return key in value ? without(value, key) : value;
}

const keysOf = (path: string): string[] => path.match(/[^.[\]]+/g) ?? [];
const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

type Fault = DefinitionProblem & { readonly odd?: string };

function faultsIn({ message, details }: DaybreakError, given: object): readonly Fault[] {
  const { faults } = details as { faults?: readonly NamedFault[] };
  if (faults === undefined || faults.length === 0) return [problemIn(message, given)];
  return faults.map(({ path, why, odd }) => ({
    path,
    // Without a place of its own it is said of the whole.
    message: path === '' ? `the definition ${why}` : why,
    ...(odd === undefined ? {} : { odd }),
  }));
}

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
