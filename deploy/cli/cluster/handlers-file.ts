import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Handler } from '../../../executor/handler/handler-context.ts';
import { messageOf } from '../../../shared/errors.ts';
import { inert } from '../screen/table.ts';
import { UsageError } from '../usage-error.ts';

/** What a module exports as `handlers`. Throws UsageError, naming the file and what is wrong with it. */
export async function readHandlersFile(path: string): Promise<readonly Handler[]> {
  const refused = (why: string, cause?: unknown): UsageError =>
    new UsageError(`--handlers ${inert(path)}: ${inert(why)}`, { cause });
  if (statSync(path, { throwIfNoEntry: false }) === undefined) throw refused('it is not there');
  let module: { handlers?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
  const { handlers } = module;
  if (!Array.isArray(handlers) || !handlers.every(isHandler)) {
    throw refused('it must export "handlers", a list of what defineHandler makes');
  }
  return handlers;
}

const isHandler = (value: unknown): value is Handler =>
  typeof value === 'object' && value !== null && 'name' in value && 'run' in value && typeof value.run === 'function';
