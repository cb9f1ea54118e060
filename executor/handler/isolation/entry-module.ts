import { compiledOrSource } from './load-handler.ts';

/** The first file of a thread or process: beside this one, as source or compiled. */
export function entryModule(): URL {
  return new URL(compiledOrSource(new URL('./process-entry.ts', import.meta.url).href));
}
