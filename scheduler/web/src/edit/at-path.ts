/** A value inside a definition by its path, e.g. `retry.count`; what is not there is undefined. */
export function readPath(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

/** The same definition with another value there. Whatever lies on the way is made anew, nothing is changed in place. */
export function writePath<T>(value: T, path: string, next: unknown): T {
  const [key = '', ...rest] = path.split('.');
  const inside = (value ?? {}) as Record<string, unknown>;
  return { ...inside, [key]: rest.length === 0 ? next : writePath(inside[key], rest.join('.'), next) } as T;
}
