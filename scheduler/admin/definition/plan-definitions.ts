import { isDaybreakError } from '../../../shared/errors.ts';
import type { SqlReader } from '../../../shared/sql/sql.ts';
import { type CalendarDefinition, isSameCalendar, readCalendar } from '../../calendar/calendar.ts';
import type { Chain, ChainDefinition } from '../../definition/chain-definition.ts';
import { configHash } from '../../definition/config-hash.ts';
import type { Job, JobDefinition } from '../../definition/job-definition.ts';
import { NAME } from '../../definition/refuse.ts';
import { listedChains, listedJobs } from '../../storage/sql/admin-job-queries.ts';
import { allCalendars } from '../../storage/sql/calendar-queries.ts';
import { allGroups, type GroupFields, type GroupRow } from '../../storage/sql/group-queries.ts';
import { type PersonChange, type PersonInput, type PlannedPerson, planPeople } from '../people/plan-people.ts';
import { differencesOf, type FieldDifference } from './diff.ts';
import { type DefinitionProblem, readChainInput, readJobInput } from './problems.ts';
import type { JobInput } from './save-job.ts';
import { trimChain, trimJob } from './trim-definition.ts';

/** A group as a file has it: what is left out stays as it is. */
export interface GroupInput {
  readonly name: string;
  readonly title?: string;
  readonly addressType?: 'auto' | 'manual';
  readonly addresses?: readonly string[];
  readonly runLimit?: number;
}

/** Definitions as a file has them. What a file does not name is not touched. */
export interface DefinitionFile {
  readonly groups?: readonly GroupInput[];
  readonly calendars?: readonly CalendarDefinition[];
  readonly jobs?: readonly JobInput[];
  readonly chains?: readonly ChainDefinition[];
  readonly people?: readonly PersonInput[];
}

interface ChangeOfWork {
  readonly kind: 'group' | 'calendar' | 'job' | 'chain';
  readonly name: string;
  readonly action: 'create' | 'change';
  readonly differences: FieldDifference[];
}
export type DefinitionChange = ChangeOfWork | PersonChange;

/** What applying a file comes to. Without problems `make` has what is to be stored. */
export interface DefinitionPlan {
  readonly problems: DefinitionProblem[];
  readonly changes: DefinitionChange[];
  /** Of the changes: the same as long as the same would be done. */
  readonly basis: string;
  readonly make: {
    readonly groups: readonly GroupFields[];
    readonly calendars: readonly CalendarDefinition[];
    /** `id` null: it gets one. */
    readonly jobs: readonly { readonly id: number | null; readonly isNew: boolean; readonly job: Job }[];
    readonly chains: readonly { readonly isNew: boolean; readonly chain: ChainDefinition }[];
    readonly people: readonly PlannedPerson[];
  };
}

/** A number that no new job has: what it is read with before it gets its own. */
const ANY_ID = 2 ** 31 - 1;
const PROBLEMS_MAX = 100;

/**
 * Compares a file with the store: what is wrong by path, what would change field by field. Reads only. `checkJob` throws
 * CONFIG_INVALID for what only the scheduler can judge, e.g. where files may be waited for.
 */
export async function planDefinitions(
  db: SqlReader,
  file: DefinitionFile,
  checkJob: (job: Job) => void,
): Promise<DefinitionPlan> {
  const problems: DefinitionProblem[] = [];
  const changes: DefinitionChange[] = [];
  const wrong = (path: string, message: string): void => void problems.push({ path, message });
  for (const list of ['groups', 'calendars', 'jobs', 'chains'] as const) findDoubles(list, file[list] ?? [], wrong);

  const groupsKnown = new Map((await allGroups(db)).map((row) => [row.appName, row]));
  const groups = planGroups(file, groupsKnown, changes);
  const stored = new Map(
    (await allCalendars(db)).map((row) => [row.name, JSON.parse(row.definition) as CalendarDefinition]),
  );
  const calendars = planCalendars(file.calendars ?? [], stored, changes, wrong);
  const calendarNames = new Set([...stored.keys(), ...calendars.map(({ name }) => name)]);

  const known = new Map((await listedJobs(db)).map(({ name, definition }) => [name, definition]));
  const after = new Map(known);
  const jobs: { id: number | null; isNew: boolean; job: Job }[] = [];
  const ids = new Map([...known.values()].map(({ id, name }) => [id, name]));
  /** They are there, and something is wrong with them: whoever names them is told nothing of it. */
  const unread = new Set<string>();
  for (const [at, given] of (file.jobs ?? []).entries()) {
    const path = `jobs[${at}]`;
    // Said with the doubles.
    if (typeof given.name !== 'string') continue;
    const before = known.get(given.name);
    const id = before?.id ?? given.id ?? null;
    const owner = given.id === undefined ? undefined : ids.get(given.id);
    if (before !== undefined && given.id !== undefined && given.id !== before.id) {
      wrong(`${path}.id`, `is ${before.id} here, and a job keeps its id: leave it out`);
    } else if (owner !== undefined && owner !== given.name) {
      wrong(`${path}.id`, `belongs to the job "${owner}": leave it out, and the job gets another`);
    }
    if (given.id !== undefined) ids.set(given.id, given.name);
    const read = readJobInput({ ...given, id: id ?? ANY_ID } as JobDefinition);
    if (read.kind === 'wrong') {
      if (before === undefined) unread.add(given.name);
      problems.push(...read.problems.map((problem) => below(path, problem)));
      continue;
    }
    const job = read.definition;
    after.set(job.name, job);
    const { calendar } = job.limits;
    if (calendar !== null && !calendarNames.has(calendar)) {
      wrong(`${path}.limits.calendar`, `names "${calendar}", but there is no such calendar`);
    }
    const refusal = refusalOf(() => checkJob(job));
    if (refusal !== null) wrong(`${path}.arrival`, refusal);
    if (before?.configHash === job.configHash) continue;
    jobs.push({ id, isNew: before === undefined, job });
    changes.push(changeOf('job', job.name, before ?? null, before === undefined ? trimJob(job) : job));
  }
  findLostParents(file, after, unread, wrong);

  const chainsKnown = new Map((await listedChains(db)).map(({ name, definition }) => [name, definition]));
  const chains: { isNew: boolean; chain: ChainDefinition }[] = [];
  for (const [at, given] of (file.chains ?? []).entries()) {
    const path = `chains[${at}]`;
    if (typeof given.name !== 'string') continue;
    const read = readChainInput(given, after);
    if (read.kind === 'wrong') {
      const own = read.problems.filter(
        ({ message }) => !unread.has(/there is no job "([^"]*)"/.exec(message)?.[1] ?? ''),
      );
      problems.push(...own.map((problem) => below(path, problem)));
      continue;
    }
    const chain: Chain = read.definition;
    const { calendar } = chain.limits;
    if (calendar !== null && !calendarNames.has(calendar)) {
      wrong(`${path}.limits.calendar`, `names "${calendar}", but there is no such calendar`);
    }
    const before = chainsKnown.get(chain.name);
    if (before?.configHash === chain.configHash) continue;
    chains.push({ isNew: before === undefined, chain: given });
    changes.push(changeOf('chain', chain.name, before ?? null, before === undefined ? trimChain(chain, after) : chain));
  }
  const groupNames = new Set([...groupsKnown.keys(), ...groups.map(({ appName }) => appName)]);
  const planned = await planPeople(db, file.people ?? [], groupNames);
  problems.push(...planned.problems);
  changes.push(...planned.changes);
  return {
    problems: problems.slice(0, PROBLEMS_MAX),
    changes,
    basis: configHash({ changes: JSON.parse(JSON.stringify(changes)) as unknown }),
    make: { groups, calendars, jobs, chains, people: planned.people },
  };
}

/** Those of the file, and those that its jobs name and nobody has made yet. */
function planGroups(
  file: DefinitionFile,
  known: ReadonlyMap<string, GroupRow>,
  changes: DefinitionChange[],
): readonly GroupFields[] {
  const named = new Set((file.groups ?? []).map(({ name }) => name));
  const implied = new Set(
    (file.jobs ?? []).map(({ group }) => group).filter((name) => typeof name === 'string' && NAME.test(name)),
  );
  const all = [
    ...(file.groups ?? []),
    ...[...implied].filter((name) => !named.has(name) && !known.has(name)).map((name) => ({ name })),
  ];
  return all.flatMap((given: GroupInput) => {
    const row = known.get(given.name);
    const before = row === undefined ? null : settingsOf(row);
    const after = {
      title: given.title ?? before?.title ?? given.name,
      addressType: given.addressType ?? before?.addressType ?? 'auto',
      addresses: given.addresses === undefined ? (before?.addresses ?? []) : asKept(given.addresses),
      runLimit: given.runLimit ?? before?.runLimit ?? 0,
    };
    const change = changeOf('group', given.name, before, after);
    if (before !== null && change.differences.length === 0) return [];
    changes.push(change);
    return [{ ...after, appName: given.name, addresses: JSON.stringify(after.addresses) }];
  });
}

export const settingsOf = (row: GroupRow) => ({
  title: row.title,
  addressType: row.addressType,
  addresses: JSON.parse(row.addresses) as string[],
  runLimit: row.runLimit,
});

const asKept = (addresses: readonly string[]): string[] =>
  [...new Set(addresses.map((address) => (address.endsWith('/') ? address : `${address}/`)))].sort();

const CALENDAR_FIELDS = ['name', 'weekly', 'datesOut', 'datesIn', 'names', 'years'];
const CALENDAR_LISTS = ['weekly', 'datesOut', 'datesIn', 'years'] as const;

function planCalendars(
  given: readonly CalendarDefinition[],
  known: ReadonlyMap<string, CalendarDefinition>,
  changes: DefinitionChange[],
  wrong: (path: string, message: string) => void,
): readonly CalendarDefinition[] {
  return given.flatMap((calendar, at) => {
    const path = `calendars[${at}]`;
    const unknown = Object.keys(calendar).find((field) => !CALENDAR_FIELDS.includes(field));
    if (unknown !== undefined) return wrong(`${path}.${unknown}`, 'is no field of a calendar') ?? [];
    const noList = CALENDAR_LISTS.find((field) => calendar[field] != null && !Array.isArray(calendar[field]));
    if (noList !== undefined) return wrong(`${path}.${noList}`, 'must be a list') ?? [];
    const refusal = refusalOf(() => readCalendar(calendar));
    if (refusal !== null) {
      const field = /^(\w+) /.exec(refusal)?.[1] ?? '';
      const isField = CALENDAR_FIELDS.includes(field);
      wrong(isField ? `${path}.${field}` : path, isField ? refusal.slice(field.length + 1) : refusal);
      return [];
    }
    const before = known.get(calendar.name);
    if (before !== undefined && isSameCalendar(before, calendar)) return [];
    changes.push(changeOf('calendar', calendar.name, before ?? null, calendar));
    return [calendar];
  });
}

/** Jobs that one fires after have to be there, and must not fire after it. */
function findLostParents(
  file: DefinitionFile,
  after: ReadonlyMap<string, Job>,
  unread: ReadonlySet<string>,
  wrong: (path: string, message: string) => void,
): void {
  for (const [at, { name }] of (file.jobs ?? []).entries()) {
    const schedule = after.get(name)?.schedule;
    if (schedule?.kind !== 'parent') continue;
    const path = `jobs[${at}].schedule.jobs`;
    const lost = schedule.jobs.find((parent) => !after.has(parent) && !unread.has(parent));
    if (lost !== undefined) wrong(path, `names "${lost}", but there is no such job`);
    const seen = new Set<string>();
    const above = [...schedule.jobs];
    for (let parent = above.pop(); parent !== undefined; parent = above.pop()) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      const next = after.get(parent)?.schedule;
      if (next?.kind === 'parent') above.push(...next.jobs);
    }
    if (seen.has(name)) wrong(path, `goes round in a circle: "${name}" fires after itself`);
  }
}

function findDoubles(
  list: string,
  given: readonly { readonly name: unknown }[],
  wrong: (path: string, message: string) => void,
): void {
  const seen = new Map<unknown, number>();
  for (const [at, { name }] of given.entries()) {
    const first = seen.get(name);
    if (typeof name !== 'string') wrong(`${list}[${at}].name`, 'is missing');
    else if (first !== undefined) wrong(`${list}[${at}].name`, `"${name}" is there twice: ${list}[${first}] has it`);
    seen.set(name, first ?? at);
  }
}

const HIDDEN = /^(configHash|id|name)$/;

function changeOf(kind: ChangeOfWork['kind'], name: string, before: object | null, after: object): ChangeOfWork {
  const differences = differencesOf(before ?? {}, after).filter(({ path }) => !HIDDEN.test(path));
  return { kind, name, action: before === null ? 'create' : 'change', differences };
}

const below = (path: string, problem: DefinitionProblem): DefinitionProblem => ({
  ...problem,
  path: problem.path === '' ? path : `${path}.${problem.path}`,
});

/** Why it is refused, without whose name, which the path says; null: it is not. */
function refusalOf(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!isDaybreakError(error, 'CONFIG_INVALID')) throw error;
    return error.message.replace(/^(job|calendar) "[^"]*": (arrival )?/, '');
  }
}
