import type { DefinitionFile } from '../../../scheduler/api/admin/contract/definition-routes.ts';
import { listOf, numberOf, textOf, type XxlRow } from './xxl-row.ts';

type Person = NonNullable<DefinitionFile['people']>[number];
type Grant = NonNullable<Person['grants']>[number];

const ADMINISTRATOR = 1;
const LOGIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/**
 * Users of an xxl-job installation. Role 1 is its administrator; everybody else sees, runs and edits the jobs of the groups
 * that `permission` lists, and that all or nothing. Its hashes of passwords are worth nothing here.
 */
export function convertXxlPeople(
  users: readonly XxlRow[],
  groups: ReadonlyMap<number, string>,
  notes: string[],
): Person[] {
  const names = new Set<string>();
  return users.flatMap((row): Person[] => {
    const username = textOf(row.username);
    const name = username.toLowerCase();
    const note = (what: string): void => void notes.push(`user "${username}": ${what}`);
    if (!LOGIN_NAME.test(name)) {
      note('is left out: a name here is 1 to 64 letters, digits, ".", "_", "@", "-": make them on the page');
      return [];
    }
    if (names.has(name)) {
      note('is left out: without upper and lower case another has the same name, so make them on the page');
      return [];
    }
    names.add(name);
    const lost = textOf(row.token) === '' ? 'its password is' : 'its password and the token of its log-in are';
    note(`${lost} not carried: daybreak apply makes a first password, which has to be changed`);
    if (numberOf(row.role) === ADMINISTRATOR) return [{ name, isAdmin: true }];
    const may = listOf(row.permission).flatMap((id) => {
      const group = groups.get(Number(id));
      if (group === undefined) note(`its right in group ${id} is left out: there is no such group`);
      return group === undefined ? [] : [group];
    });
    if (may.length === 0) note('has no right in any group, there as here');
    const grants = [...new Set(may)].map((group): Grant => ({ group, permissions: ['view', 'run', 'edit'] }));
    return [{ name, ...(grants.length === 0 ? {} : { grants }) }];
  });
}
