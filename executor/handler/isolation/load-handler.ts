import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DaybreakError } from '../../../shared/errors.ts';
import type { Handler } from '../handler-context.ts';
import type { WorkerTarget } from './worker-messages.ts';

/** Imports the module of a handler and takes what it exports under the given name. Throws BAD_OPTION for what is none. */
export async function loadHandler(target: WorkerTarget): Promise<Handler> {
  const module = (await import(compiledOrSource(target.module))) as Record<string, unknown>;
  const found = module[target.exportName];
  if (typeof found === 'function') return { name: target.name, run: found as Handler['run'] };
  if (typeof found === 'object' && found !== null && 'run' in found && typeof found.run === 'function') {
    return found as Handler;
  }
  const what = found === undefined ? 'has no such export' : 'exports something that is no handler';
  throw new DaybreakError(
    'BAD_OPTION',
    `handler "${target.name}": ${target.module} ${what} ("${target.exportName}"); export a handler or a function`,
  );
}

/**
 * `new URL('./heavy.ts', import.meta.url)` stays as it is when a compiler makes heavy.js of heavy.ts, so where only
 * the one is there, it is meant.
 */
export function compiledOrSource(module: string): string {
  if (!/\.m?ts$/.test(module) || existsSync(fileURLToPath(module))) return module;
  const compiled = module.replace(/\.(m?)ts$/, '.$1js');
  return existsSync(fileURLToPath(compiled)) ? compiled : module;
}
