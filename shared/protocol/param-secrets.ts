import { type Static, Type } from 'typebox';

/** Where in a parameter a value stands: in plain text, inside a JSON string, or where JSON has a value. */
export type ParamSpot = 'plain' | 'quoted' | 'json';

/**
 * A secret that a parameter names: the scheduler says where, and its executor puts the value there. By place and not by
 * text, because what stands in the parameter by then may come from others (a result, a file's name) and asks for nothing.
 */
export const SecretPlaceSchema = Type.Object({
  name: Type.String(),
  /** Of the `{` in `executorParams`, in UTF-16 units from 0. */
  at: Type.Integer({ minimum: 0 }),
  spot: Type.Union([Type.Literal('plain'), Type.Literal('quoted'), Type.Literal('json')]),
});
export type SecretPlace = Static<typeof SecretPlaceSchema>;

export const SECRET_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
export const secretForm = (name: string): string => `{secret.${name}}`;

/** What is not there is empty, and `null` where JSON has a value. */
export function writeAt(spot: ParamSpot, value: unknown): string {
  if (spot === 'json') return JSON.stringify(value);
  const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return spot === 'plain' ? text : JSON.stringify(text).slice(1, -1);
}

/** The parameter with the values at their places; null when the places are not those of this text. */
export function placeSecrets(
  param: string,
  places: readonly SecretPlace[],
  values: Readonly<Record<string, string>>,
): string | null {
  let filled = '';
  let from = 0;
  for (const { name, at, spot } of places) {
    const form = secretForm(name);
    if (at < from || !param.startsWith(form, at)) return null;
    filled += param.slice(from, at) + writeAt(spot, values[name] ?? null);
    from = at + form.length;
  }
  return filled + param.slice(from);
}
