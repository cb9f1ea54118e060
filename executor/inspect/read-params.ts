import { type Static, type TObject, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { DaybreakError } from '../../shared/errors.ts';

/** A reader of the parameters of a question; throws BAD_INPUT with the field that is wrong. */
export function paramsReader<S extends TObject>(schema: S): (params: Readonly<Record<string, unknown>>) => Static<S> {
  const validator = Compile(schema);
  return (params) => {
    if (validator.Check(params)) return params as Static<S>;
    const [fault] = validator.Errors(params);
    throw new DaybreakError(
      'BAD_INPUT',
      `${fault?.instancePath.slice(1) || 'the question'} ${fault?.message ?? 'is wrong'}`,
    );
  };
}

export const PAGE_PARAMS = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  after: Type.Optional(Type.String({ maxLength: 200, pattern: '^[0-9]+(:[0-9]+)*$' })),
};

export const PAGE_DEFAULT = 50;

/** One row too many says that there is a next page; its cursor is made of the last row that stays. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  how: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(how.item), next: rows.length > limit && last !== undefined ? how.cursor(last) : null };
}
