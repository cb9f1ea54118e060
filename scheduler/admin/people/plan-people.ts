import type { SqlReader } from '../../../shared/sql/sql.ts';
import { allGrants, allUsers, type UserRow } from '../../storage/sql/admin-people-queries.ts';
import { differencesOf, type FieldDifference } from '../definition/diff.ts';
import type { Right } from '../rights/rights.ts';
import { type GrantInput, grantList, grantRows } from './principals.ts';

/**
 * A person as a file has them, never with a password. Rights that are left out are none: the file alone says what
 * somebody may. What else is left out stays as it is, so an old file opens no account that was shut since.
 */
export interface PersonInput {
  readonly name: string;
  readonly displayName?: string;
  readonly email?: string | null;
  readonly isAdmin?: boolean;
  readonly grants?: readonly GrantInput[];
  readonly state?: UserRow['state'];
}

/** Somebody who is to be made (`before` null) or changed. */
export interface PlannedPerson {
  readonly name: string;
  readonly before: UserRow | null;
  readonly after: Pick<UserRow, 'displayName' | 'email' | 'isAdmin' | 'state'>;
  readonly grants: readonly GrantInput[];
  /** Their sessions end with it. */
  readonly changesRights: boolean;
}

export interface PersonChange {
  readonly kind: 'person';
  readonly name: string;
  readonly action: 'create' | 'change';
  readonly differences: FieldDifference[];
}

export interface PeoplePlan {
  readonly problems: { readonly path: string; readonly message: string }[];
  readonly changes: PersonChange[];
  readonly people: PlannedPerson[];
}

/** Each gets a first password, whose hash takes 25 ms on purpose: more of them would outlast the request. */
export const NEW_PEOPLE_MAX = 500;
const ALL_RIGHTS: readonly Right[] = ['view', 'run', 'edit', 'approve'];

/** Compares the people of a file with those who are there. `groups` are those that there will be. Reads only. */
export async function planPeople(
  db: SqlReader,
  given: readonly PersonInput[],
  groups: ReadonlySet<string>,
): Promise<PeoplePlan> {
  const plan: PeoplePlan = { problems: [], changes: [], people: [] };
  if (given.length === 0) return plan;
  const wrong = (path: string, message: string): void => void plan.problems.push({ path, message });
  const known = new Map((await allUsers(db)).map((user) => [user.name, user]));
  const held = Map.groupBy(await allGrants(db, 'user'), ({ principalId }) => principalId);
  const admins = new Set([...known.values()].filter(isActiveAdmin).map(({ name }) => name));
  const wereAdmins = new Set(admins);
  const seen = new Map<string, number>();
  for (const [at, person] of given.entries()) {
    // Names are told apart as they are when people log in: without upper and lower case.
    const name = person.name.toLowerCase();
    const first = seen.get(name);
    if (first !== undefined) wrong(`people[${at}].name`, `"${name}" is there twice: people[${first}] has it`);
    seen.set(name, first ?? at);
    const before = known.get(name) ?? null;
    const had = inOrder(before === null ? [] : grantList(held.get(before.id) ?? []));
    const grants = inOrder(person.grants ?? []);
    for (const [no, { group }] of (person.grants ?? []).entries()) {
      // What was granted before its group was taken away is no fault of this file.
      if (group !== '*' && !groups.has(group) && !had.some((old) => old.group === group)) {
        wrong(`people[${at}].grants[${no}].group`, `names "${group}", but there is no such group`);
      }
    }
    const after = {
      displayName: person.displayName ?? before?.displayName ?? name,
      email: person.email === undefined ? (before?.email ?? null) : person.email,
      isAdmin: person.isAdmin === true ? 1 : 0,
      state: person.state ?? before?.state ?? 'active',
    };
    if (isActiveAdmin(after)) admins.add(name);
    else admins.delete(name);
    const differences = differencesOf(
      before === null ? { grants: {} } : shown(before, had),
      before === null ? withoutDefaults(name, shown(after, grants)) : shown(after, grants),
    );
    if (before !== null && differences.length === 0) continue;
    const changesRights = differences.some(({ path }) => /^(isAdmin|state|grants)\b/.test(path));
    plan.changes.push({ kind: 'person', name, action: before === null ? 'create' : 'change', differences });
    plan.people.push({ name, before, after, grants, changesRights });
  }
  if (wereAdmins.size > 0 && admins.size === 0) {
    const last = [...wereAdmins].findLast((name) => seen.has(name)) ?? '';
    wrong(`people[${seen.get(last)}]`, 'is the last administrator who can log in: let somebody else be one, too');
  }
  if (plan.changes.filter(({ action }) => action === 'create').length > NEW_PEOPLE_MAX) {
    wrong('people', `makes more than ${NEW_PEOPLE_MAX} people at once: apply it in parts`);
  }
  return plan;
}

/** Everybody as a file has them, without what is default. */
export async function exportPeople(db: SqlReader): Promise<PersonInput[]> {
  const held = Map.groupBy(await allGrants(db, 'user'), ({ principalId }) => principalId);
  return (await allUsers(db)).map((user) => {
    const grants = inOrder(grantList(held.get(user.id) ?? []));
    return {
      name: user.name,
      ...(user.displayName === user.name ? {} : { displayName: user.displayName }),
      ...(user.email === null ? {} : { email: user.email }),
      ...(user.isAdmin === 1 ? { isAdmin: true } : {}),
      ...(user.state === 'active' ? {} : { state: user.state }),
      ...(grants.length === 0 ? {} : { grants }),
    };
  });
}

const isActiveAdmin = ({ isAdmin, state }: Pick<UserRow, 'isAdmin' | 'state'>): boolean =>
  isAdmin === 1 && state === 'active';

/** By name, each group once, rights in their usual order: two files that mean the same are the same. */
function inOrder(grants: readonly GrantInput[]): { group: string; permissions: Right[] }[] {
  const rows = grantRows(grants).map(({ appName, permission }) => ({ group: appName, permission }));
  return [...Map.groupBy(rows, ({ group }) => group)]
    .map(([group, of]) => ({
      group,
      permissions: ALL_RIGHTS.filter((right) => of.some(({ permission }) => permission === right)),
    }))
    .sort((a, b) => (a.group < b.group ? -1 : 1));
}

/** As the differences name it: `grants.billing: ["view"] -> ["view","run"]`. */
const shown = (user: PlannedPerson['after'], grants: readonly GrantInput[]) => ({
  displayName: user.displayName,
  email: user.email,
  isAdmin: user.isAdmin === 1,
  state: user.state,
  grants: Object.fromEntries(grants.map(({ group, permissions }) => [group, permissions])),
});

const withoutDefaults = (name: string, { displayName, email, isAdmin, state, grants }: ReturnType<typeof shown>) => ({
  ...(displayName === name ? {} : { displayName }),
  ...(email === null ? {} : { email }),
  ...(isAdmin ? { isAdmin } : {}),
  ...(state === 'active' ? {} : { state }),
  grants,
});
