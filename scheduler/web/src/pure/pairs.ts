/** One `name = value` in each line. */
export const writePairs = (pairs: unknown): string =>
  Object.entries((pairs ?? {}) as Record<string, string>)
    .map(([name, text]) => `${name} = ${text}`)
    .join('\n');

/** Null: one of the lines is none. */
export function readPairs(text: string): Readonly<Record<string, string>> | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const read = lines.map((line) => /^\s*([^=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line));
  if (read.includes(null)) return null;
  return Object.fromEntries(read.map((line) => [line?.[1] ?? '', line?.[2] ?? '']));
}
