/** A row as the database has it; columns came and were renamed between versions. */
export type XxlRow = Readonly<Record<string, unknown>>;

export const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
export const numberOf = (value: unknown): number => Number(value ?? 0);
/** What stands between commas. */
export const listOf = (value: unknown): string[] =>
  textOf(value)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
