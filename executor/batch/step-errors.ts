import { DaybreakError } from '../../shared/errors.ts';
import type { SkippedItem } from './checkpoint.ts';

/** One item more than `skip.limit` is bad: the chunk is not committed, and a restart meets it again. */
export class SkipLimitError extends DaybreakError {
  constructor(step: string, limit: number, last: SkippedItem) {
    super(
      'BAD_INPUT',
      `step ${step}: more than ${limit} bad items, the last one in phase ${last.phase} at ${last.place}: ${last.message}`,
      { details: { step, limit, phase: last.phase, place: last.place, itemCode: last.code } },
    );
  }
}
