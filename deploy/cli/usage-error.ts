import { DaybreakError } from '../../shared/errors.ts';

/** Bad input: one clear sentence that names the option or the file and the way out. The command ends with code 2. */
export class UsageError extends DaybreakError {
  constructor(message: string, more?: { cause?: unknown }) {
    super('BAD_OPTION', message, more);
  }
}
