/** What may be granted in a group of executors; each of the others includes `view`. */
export type Right = 'view' | 'run' | 'edit' | 'approve';

/** Stands for every group. */
export const ALL_GROUPS = '*';

/** Somebody who is known: a person with a session, or a program with a key. */
export interface Principal {
  readonly kind: 'user' | 'key';
  readonly id: number;
  readonly name: string;
  readonly displayName: string;
  readonly isAdmin: boolean;
  /** Rights by group; `*` is every group. */
  readonly grants: ReadonlyMap<string, ReadonlySet<Right>>;
}

/** What a route asks for; see the contract. */
export type Needed = 'public' | 'session' | Right | 'admin';

/** The groups of what is touched; 'none': nothing of a group; 'everything': the whole installation. */
export type Touched = readonly string[] | 'none' | 'everything';

/**
 * The one judge: may this principal do that to what is touched? An object of no group (an empty list) is everything's.
 * Pure; a test walks it over every role, route and own and foreign groups.
 */
export function mayDo(principal: Principal | null, needed: Needed, touched: Touched): boolean {
  if (needed === 'public') return true;
  if (principal === null) return false;
  if (needed === 'session') return true;
  if (principal.isAdmin) return true;
  if (needed === 'admin') return false;
  if (touched === 'none') return true;
  if (touched === 'everything' || touched.length === 0) return hasRight(principal, needed, ALL_GROUPS);
  return touched.every((group) => hasRight(principal, needed, group));
}

/** Whether the right is granted in the group, by itself or in all groups. */
export function hasRight(principal: Principal, right: Right, group: string): boolean {
  if (principal.isAdmin) return true;
  return [ALL_GROUPS, group].some((at) => {
    const rights = principal.grants.get(at);
    return rights !== undefined && (right === 'view' ? rights.size > 0 : rights.has(right));
  });
}

/** Which groups somebody may see at all. */
export type Visible = { readonly kind: 'all' } | { readonly kind: 'groups'; readonly names: ReadonlySet<string> };

export function visibleTo(principal: Principal, right: Right = 'view'): Visible {
  if (hasRight(principal, right, ALL_GROUPS)) return { kind: 'all' };
  const names = [...principal.grants.keys()].filter((group) => hasRight(principal, right, group));
  return { kind: 'groups', names: new Set(names) };
}

export const isVisible = (visible: Visible, group: string): boolean =>
  visible.kind === 'all' || visible.names.has(group);

/** Whether all of a thing's groups may be seen; what has no group is seen by those who see everything. */
export const isAllVisible = (visible: Visible, groups: readonly string[]): boolean =>
  visible.kind === 'all' || (groups.length > 0 && groups.every((group) => isVisible(visible, group)));

/** What somebody may do with a thing of these groups, as an answer tells it. */
export function rightsIn(principal: Principal, groups: readonly string[]) {
  const may = (right: 'run' | 'edit' | 'approve'): boolean => mayDo(principal, right, groups);
  return { run: may('run'), edit: may('edit'), approve: may('approve') };
}
