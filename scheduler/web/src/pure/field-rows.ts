import { draftOf, type ParamField, type ParamFields, typedValue } from './param-fields.ts';

/** A field of a parameter while it is edited. */
export interface FieldRow {
  readonly name: string;
  readonly type: ParamField['type'];
  readonly isRequired: boolean;
  /** As it is typed; null: none. */
  readonly preset: string | null;
  readonly oneOf: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
}

export const FIELD_TYPES = ['text', 'integer', 'number', 'boolean', 'date', 'json'] as const;

export const NEW_ROW: FieldRow = {
  name: '',
  type: 'text',
  isRequired: false,
  preset: null,
  oneOf: [],
  min: null,
  max: null,
};

export const isNumeric = ({ type }: Pick<FieldRow, 'type'>): boolean => type === 'integer' || type === 'number';
/** Whether it can be told which values it takes. */
export const hasChoice = ({ type }: Pick<FieldRow, 'type'>): boolean => type !== 'boolean' && type !== 'json';

export const rowsOf = (fields: ParamFields | null | undefined): readonly FieldRow[] =>
  Object.entries(fields ?? {}).map(([name, field]) => ({
    name,
    type: field.type,
    isRequired: field.required === true,
    preset: draftOf(field, field.default),
    oneOf: (field.oneOf ?? []).map(String),
    min: field.min ?? null,
    max: field.max ?? null,
  }));

/** Null: there are none. Two of one name can be no object: they are a text then, which no API takes. */
export function fieldsOf(rows: readonly FieldRow[]): ParamFields | string | null {
  if (rows.length === 0) return null;
  if (new Set(rows.map(({ name }) => name)).size < rows.length) return 'one name twice';
  return Object.fromEntries(rows.map((row) => [row.name, fieldOf(row)]));
}

function fieldOf({ type, isRequired, preset, oneOf, min, max }: FieldRow): ParamField {
  return {
    type,
    ...(isRequired ? { required: true } : {}),
    ...(preset === null ? {} : { default: typedValue({ type }, preset) }),
    ...(oneOf.length === 0 ? {} : { oneOf: oneOf.map((text) => typedValue({ type }, text) as string | number) }),
    ...(min === null ? {} : { min }),
    ...(max === null ? {} : { max }),
  };
}

/** The same field of another type: what that one cannot have is dropped. */
export const ofType = (row: FieldRow, type: FieldRow['type']): FieldRow => ({
  ...row,
  type,
  preset: type === 'boolean' || row.type === 'boolean' ? null : row.preset,
  oneOf: hasChoice({ type }) ? row.oneOf : [],
  min: isNumeric({ type }) ? row.min : null,
  max: isNumeric({ type }) ? row.max : null,
});

/** Whoever has to give it is not helped by a default. */
export const asRequired = (row: FieldRow, isRequired: boolean): FieldRow => ({
  ...row,
  isRequired,
  preset: isRequired ? null : row.preset,
});

/** What is wrong with a name that the page sees by itself, or null. */
export function nameFault(rows: readonly FieldRow[], at: number): 'name' | 'twice' | null {
  const name = rows[at]?.name ?? '';
  if (rows.some((row, n) => n < at && row.name === name)) return 'twice';
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? null : 'name';
}

/** The same rows with the one there moved by so many places; where that is none, as they are. */
export function moved<T>(rows: readonly T[], at: number, by: number): readonly T[] {
  const row = rows[at];
  const to = at + by;
  return row === undefined || to < 0 || to >= rows.length ? rows : rows.toSpliced(at, 1).toSpliced(to, 0, row);
}
