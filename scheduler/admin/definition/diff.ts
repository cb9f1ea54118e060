/** One field that differs between two definitions; undefined: it is not there. */
export interface FieldDifference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What differs, field by field, in the order of the fields. Lists of texts are compared whole: their order has a meaning. */
export function differencesOf(before: unknown, after: unknown, path = ''): FieldDifference[] {
  if (isSame(before, after, path)) return [];
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const found = names.flatMap((name) =>
      differencesOf(before[name], after[name], path === '' ? name : `${path}.${name}`),
    );
    // Nothing but their order.
    return found.length > 0 ? found : [{ path, before: Object.keys(before), after: Object.keys(after) }];
  }
  const [left, right] = [keyed(before), keyed(after)];
  if (left !== null && right !== null) {
    const names = [...new Set([...left.keys(), ...right.keys()])];
    return names.flatMap((name) => differencesOf(left.get(name), right.get(name), `${path}[${name}]`));
  }
  return [{ path, before: before ?? null, after: after ?? null }];
}

/** Edges are told by their ends, so that one that is put in between does not make all behind it differ. */
function keyed(value: unknown): Map<string, unknown> | null {
  if (!Array.isArray(value) || !value.every((part) => isRecord(part) && 'from' in part && 'to' in part)) return null;
  return new Map(value.map((part) => [`${String(part.from)}>${String(part.to)}`, part]));
}

const isSame = (a: unknown, b: unknown, path: string): boolean => {
  const name = path.split('.').at(-1);
  return JSON.stringify(sorted(a, name)) === JSON.stringify(sorted(b, name));
};

/** The order of names says nothing, but for those of paramFields, in whose order people are asked for them. */
function sorted(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((part) => sorted(part));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, sorted(part, key)] as const);
  return name === 'paramFields' ? entries : Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
