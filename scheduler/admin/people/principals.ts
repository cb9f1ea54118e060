import type { SqlReader } from '../../../shared/sql/sql.ts';
import { type GrantRow, grantsOf, type KeyRow, type UserRow } from '../../storage/sql/admin-people-queries.ts';
import type { Principal, Right } from '../rights/rights.ts';

export async function principalOfUser(db: SqlReader, user: UserRow): Promise<Principal> {
  return {
    kind: 'user',
    id: user.id,
    name: user.name,
    displayName: user.displayName,
    isAdmin: user.isAdmin === 1,
    grants: grantMap(await grantsOf(db, 'user', user.id)),
  };
}

export async function principalOfKey(db: SqlReader, key: KeyRow): Promise<Principal> {
  return {
    kind: 'key',
    id: key.id,
    name: key.name,
    displayName: key.name,
    isAdmin: key.isAdmin === 1,
    grants: grantMap(await grantsOf(db, 'key', key.id)),
  };
}

export interface GrantInput {
  readonly group: string;
  readonly permissions: readonly Right[];
}

export const grantRows = (grants: readonly GrantInput[]): Omit<GrantRow, 'principalId'>[] =>
  grants.flatMap(({ group, permissions }) => permissions.map((permission) => ({ appName: group, permission })));

export function grantList(rows: readonly Omit<GrantRow, 'principalId'>[]): { group: string; permissions: Right[] }[] {
  const byGroup = Map.groupBy(rows, ({ appName }) => appName);
  return [...byGroup].map(([group, of]) => ({ group, permissions: of.map(({ permission }) => permission) }));
}

export function grantsOfPrincipal({ grants }: Principal): { group: string; permissions: Right[] }[] {
  return [...grants].map(([group, rights]) => ({ group, permissions: [...rights] }));
}

function grantMap(rows: readonly GrantRow[]): ReadonlyMap<string, ReadonlySet<Right>> {
  return new Map(grantList(rows).map(({ group, permissions }) => [group, new Set(permissions)]));
}

/** How somebody is named in what is kept: 64 characters at most. */
export const calledAs = (principal: Principal): string =>
  (principal.kind === 'key' ? `key ${principal.name}` : principal.name).slice(0, 64);
