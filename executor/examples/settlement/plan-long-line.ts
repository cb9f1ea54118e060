import { CsvFieldSplitter, type KeepByte } from '../../batch/readers/csv-fields.ts';
import { judgePlanFields, PLAN_FIELD_COUNT, type PlanVerdict } from './plan-line.ts';

const AMOUNT_FIELD = 7;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * 160 bytes hold at least 40 characters, eight more than the longest field may have, and any period, leg, currency,
 * amount or date of that length breaks its rule by its first 160 bytes alone. Only leading zeros of an amount may go
 * on for ever; of those one is kept.
 */
const FIELD_BYTES_KEPT = 160;

const keepWhatTheRulesAsk: KeepByte = (field, byte, kept) => {
  const dropsZero = field === AMOUNT_FIELD && kept.length === 1 && kept[0] === ZERO && byte >= ZERO && byte <= NINE;
  if (dropsZero) kept[0] = byte;
  return !dropsZero && kept.length < FIELD_BYTES_KEPT;
};

/** Judges a line of any length, fed in pieces, by the same rules as `parsePlanLine` and in constant memory. */
export class LongPlanLine {
  readonly #splitter = new CsvFieldSplitter({ keep: keepWhatTheRulesAsk, fieldsMax: PLAN_FIELD_COUNT });

  push(bytes: Uint8Array): void {
    this.#splitter.push(bytes);
  }

  end(): PlanVerdict {
    return judgePlanFields(this.#splitter.end()?.map((field) => field.toString('utf8')) ?? null);
  }
}
