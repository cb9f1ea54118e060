import { accessSync, constants, mkdirSync } from 'node:fs';
import { messageOf } from '../../shared/errors.ts';
import { inert } from './screen/table.ts';
import { UsageError } from './usage-error.ts';

/**
 * Makes a folder and those above it, and sees that files can be put into it. Throws UsageError, naming the option by
 * which another one can be chosen.
 */
export function makeFolder(path: string, option: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new UsageError(
      `the folder ${inert(path)} cannot be used (${messageOf(cause)}): name another with --${option}`,
      { cause },
    );
  }
}
