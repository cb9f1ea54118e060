import type { TSchema } from 'typebox';

const GIVEN_CHARS_MAX = 200;
const FAULTS_MAX = 3;
const NAMED_FAULTS_MAX = 20;

export interface Faulty {
  readonly value: unknown;
  readonly schema: TSchema;
  /** What the value as a whole is called, e.g. `the parameter`. */
  readonly whole: string;
}

/** In words what does not fit a schema, the first few: `"limit" is "12" and must be integer`. */
export function describeFaults(faults: readonly SchemaFault[], faulty: Faulty): string {
  return withoutPartsOfUnions(faults)
    .slice(0, FAULTS_MAX)
    .map((fault) => describeFault(fault, faulty))
    .join('; ');
}

/** One thing that does not fit: where, and why. */
export interface NamedFault {
  /** `edges[2].when`; '' is the value as a whole. */
  readonly path: string;
  readonly why: string;
  /** A field that is there and must not be. */
  readonly odd?: string;
}

/** The same one by one, and more of them, for whoever shows each at its place. */
export function nameFaults(faults: readonly SchemaFault[], faulty: Faulty): readonly NamedFault[] {
  return withoutPartsOfUnions(faults)
    .slice(0, NAMED_FAULTS_MAX)
    .flatMap((fault): readonly NamedFault[] => {
      const path = pathOf(fault.instancePath);
      const { additionalProperties, requiredProperties } = fault.params as Readonly<Record<string, unknown>>;
      if (fault.keyword === 'additionalProperties' && Array.isArray(additionalProperties)) {
        return additionalProperties.map((name: string) => ({
          path,
          why: `must not have ${JSON.stringify(name)}`,
          odd: name,
        }));
      }
      if (fault.keyword === 'required' && Array.isArray(requiredProperties)) {
        return requiredProperties.map((name: string) => ({
          path: path === '' ? name : `${path}.${name}`,
          why: 'is missing',
        }));
      }
      return [{ path, why: describeFault(fault, faulty).slice(nameOf(fault, faulty.whole).length + 1) }];
    });
}

/** `/edges/2/when` is `edges[2].when`. */
export const pathOf = (pointer: string): string =>
  keysOf(pointer).reduce(
    (path, key) => (/^\d+$/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
    '',
  );

export interface SchemaFault {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** That a value fits no part of a union is said once; why it does not fit each of them only confuses. */
function withoutPartsOfUnions(faults: readonly SchemaFault[]): readonly SchemaFault[] {
  const unions = faults.filter(({ keyword }) => keyword === 'anyOf').map(({ schemaPath }) => `${schemaPath}/anyOf/`);
  const telling = faults.filter(({ schemaPath }) => !unions.some((union) => schemaPath.startsWith(union)));
  return telling.filter(({ keyword }) => keyword !== 'boolean');
}

function describeFault(fault: SchemaFault, { value, schema, whole }: Faulty): string {
  if (fault.keyword === 'additionalProperties' && 'additionalProperties' in fault.params) {
    const names = (fault.params.additionalProperties as string[]).map((name) => JSON.stringify(name)).join(', ');
    return `${nameOf(fault, whole)} must not have ${names}`;
  }
  if (fault.keyword === 'required' && 'requiredProperties' in fault.params) {
    const names = (fault.params.requiredProperties as string[]).map((name) => JSON.stringify(name)).join(', ');
    return `${nameOf(fault, whole)} must have ${names}`;
  }
  const expected = fault.keyword === 'anyOf' ? alternatives(fault, schema) : fault.message;
  return `${nameOf(fault, whole)} is ${show(valueAt(value, fault.instancePath))} and ${expected}`;
}

function alternatives(fault: SchemaFault, schema: TSchema): string {
  const union = valueAt(schema, fault.schemaPath.slice(1)) as { anyOf?: readonly { const?: unknown }[] } | undefined;
  const parts = union?.anyOf ?? [];
  if (parts.length === 0 || parts.some((part) => part.const === undefined)) return fault.message;
  return `must be one of ${parts.map((part) => JSON.stringify(part.const)).join(', ')}`;
}

const nameOf = ({ instancePath }: SchemaFault, whole: string): string =>
  instancePath === '' ? whole : `"${keysOf(instancePath).join('.')}"`;

/** What stands where a pointer such as `/edges/2/when` leads. */
export function valueAt(root: unknown, pointer: string): unknown {
  return keysOf(pointer).reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], root);
}

const keysOf = (pointer: string): string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length <= GIVEN_CHARS_MAX ? text : `${text.slice(0, GIVEN_CHARS_MAX)}...`;
}
