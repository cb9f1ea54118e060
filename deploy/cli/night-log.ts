import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../shared/errors.ts';
import { createLogger, type Logger } from '../../shared/logger.ts';
import { makeFolder } from './make-folder.ts';
import { inert } from './screen/table.ts';

export interface NightLog {
  readonly logger: Logger;
  readonly path: string;
  /** How many warnings and errors were written. */
  warnings(): number;
  close(): void;
}

/**
 * The log of a night: a file in the home, and with `toStderr` warnings and errors on standard error as well. On a
 * terminal with bars they stay in the file, and the night says at its end that there are some.
 */
export function openNightLog(options: { home: string; businessDate: string; toStderr: boolean }): NightLog {
  const folder = join(options.home, 'logs');
  makeFolder(folder, 'home');
  const path = join(folder, `${options.businessDate}.log`);
  const file = openSync(path, 'a', 0o600);
  let warnings = 0;
  let lost = 0;
  let open = true;
  const write = (line: string): void => {
    const isWarning = line.startsWith('{"level":"warn"') || line.startsWith('{"level":"error"');
    if (isWarning) warnings += 1;
    if (open) writeOrSay(line);
    if (isWarning && options.toStderr) process.stderr.write(line);
  };
  function writeOrSay(line: string): void {
    try {
      writeSync(file, line);
    } catch (error) {
      // A disk that is full must not end a night at its log: the store says by itself when it cannot go on.
      lost += 1;
      if (lost === 1)
        process.stderr.write(`daybreak: the log ${inert(path)} cannot be written (${messageOf(error)})\n`);
    }
  }
  return {
    logger: createLogger({ destination: { write } }),
    path,
    warnings: () => warnings,
    close: () => {
      open = false;
      closeSync(file);
    },
  };
}
