import { createHash } from 'node:crypto';

/** Names a version of a definition: the same content is the same version, however it is spelled. */
export function configHash(definition: object): string {
  return createHash('sha256').update(canonicalJson(definition)).digest('hex');
}

/** JSON with sorted keys: two spellings of one definition have one hash. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(',')}}`;
}
