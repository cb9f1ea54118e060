import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the package that this command is of. */
export function ownVersion(): string {
  // From the sources the package lies two folders up, from the compiled files three.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const found: { name?: string; version?: string } = JSON.parse(
        readFileSync(join(import.meta.dirname, up), 'utf8'),
      );
      if (found.name === 'daybreak' && found.version !== undefined) return found.version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return 'unknown';
}
