/**
 * What kind of scheduler answers at a root. B/C and D take results as a bare list, E as `{callbackList}`; ours takes
 * either. D/E: one of the two, still to be asked.
 */
export type AdminGeneration = 'unknown' | 'B/C' | 'D' | 'E' | 'D/E' | 'ours';

/** Read from an answer to a registration: B and C fill `content`, D and E `data`, ours fills both. */
export function generationOf(answer: object, known: AdminGeneration): AdminGeneration {
  const [content, data] = [Object.hasOwn(answer, 'content'), Object.hasOwn(answer, 'data')];
  if (content && data) return 'ours';
  if (content) return 'B/C';
  if (data) return known === 'D' || known === 'E' ? known : 'D/E';
  return known;
}

/** D fails on an object and E on a list, both with these words; so the answer to an empty object tells them apart. */
export const isShapeRefusal = (message: string): boolean => message.startsWith('openapi invoke error:');
