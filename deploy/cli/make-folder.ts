import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../shared/errors.ts';
import { inert } from './screen/table.ts';
import { UsageError } from './usage-error.ts';

/**
 * Makes a folder and those above it, and sees that files can be put into it. Throws UsageError, naming the option by
 * which another one can be chosen.
 */
export function makeFolder(path: string, option: string): void {
  try {
    makeOneByOne(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new UsageError(
      `the folder ${inert(path)} cannot be used (${messageOf(cause)}): name another with --${option}`,
      { cause },
    );
  }
}

/** Node's own `recursive` never returns where a system refuses a folder with ENOENT although the one above is there (/proc). */
function makeOneByOne(path: string): void {
  const above = dirname(path);
  if (above !== path && !existsSync(above)) makeOneByOne(above);
  try {
    mkdirSync(path);
  } catch (cause) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw cause;
  }
}
