import { DaybreakError } from '../../../../shared/errors.ts';
import { type Dials, QUIET } from './dials.ts';

export const PRESETS = ['none', 'moderate', 'hostile', 'unsettled'] as const;
export type Preset = (typeof PRESETS)[number];

/**
 * The settings behind `--faults`. What falsifies the gateway's own books (reversals, contradictions, ignored
 * idempotency, lines that are missing for good) is in no preset that a night may choose: it could not balance against
 * it, and a preset is there to show that it does. `unsettled` is for looking at what a night leaves to people.
 */
export function presetDials(preset: Preset): Dials {
  return PRESET_DIALS[preset];
}

/** @throws DaybreakError BAD_OPTION */
export function checkPreset(name: string): Preset {
  const preset = PRESETS.find((known) => known === name);
  if (preset === undefined) {
    throw new DaybreakError('BAD_OPTION', `gateway preset "${name}": there are ${PRESETS.join(', ')}`);
  }
  return preset;
}

/** An ordinary night. An answer carries a whole batch, so 1 % of the answers is 1 % of the debits, too. */
const MODERATE: Dials = {
  ...QUIET,
  businessRefusalRate: 0.03,
  processingRate: 0.05,
  processingMinMs: 1_000,
  processingMaxMs: 4_000,
  lostAnswerRate: 0.01,
  errorAfterRate: 0.005,
  throttleRate: 0.005,
  missingEntryRate: 0.002,
  visibilityShare: 0.5,
  shuffleRate: 0.2,
  callbackForAllRate: 0.01,
};

/**
 * Everything that the contract lets a gateway do, all night. What has to be sent a second time is kept to some percent
 * of the debits, because repeats are paced at a tenth of the first sends of a minute: more of it does not make the night
 * harder, only longer (the sample of 18,700 lines: over two minutes, against half a minute with moderate). Hangs are
 * few: each one costs a whole timeout.
 */
const HOSTILE: Dials = {
  ...QUIET,
  businessRefusalRate: 0.05,
  unknownCodeRate: 0.002,
  processingRate: 0.1,
  processingMinMs: 500,
  processingMaxMs: 6_000,
  settleOnlyInFileRate: 0.001,
  notFoundThenShowRate: 0.01,
  notFoundThenShowMs: 4_000,
  visibilityShare: 1,
  lostAnswerRate: 0.03,
  truncatedAnswerRate: 0.02,
  hangBeforeRate: 0.002,
  hangAfterRate: 0.005,
  errorBeforeRate: 0.015,
  errorAfterRate: 0.03,
  lateArrivalRate: 0.005,
  lateArrivalMs: 3_000,
  throttleRate: 0.01,
  latencyMs: 2,
  latencyJitterMs: 20,
  closeAfterAnswerRate: 0.02,
  missingEntryRate: 0.02,
  extraEntryRate: 0.1,
  duplicateEntryRate: 0.02,
  conflictingEntryRate: 0.005,
  wrongAmountRate: 0.01,
  falseFailureRate: 0.005,
  shuffleRate: 1,
  expiredRepeatRate: 0.5,
  outages: [
    { fromMs: 3_000, forMs: 700, how: 'error', rate: 0.5, endpoints: ['debits'] },
    { fromMs: 6_000, forMs: 10_000, how: 'error', rate: 0.5, endpoints: ['query', 'void', 'file'] },
    { fromMs: 20_000, forMs: 2_000, how: 'cut', rate: 0.5, endpoints: ['query', 'void'] },
  ],
  credentialsRefusedFromMs: 11_000,
  credentialsRefusedForMs: 1_500,
  fileLateMs: 500,
  fileMissingLineRate: 0.01,
  fileMissingLineFetches: 1,
  fileWrongTrailerTimes: 1,
  fileCutTimes: 1,
  callbackForAllRate: 0.05,
  callbackBeforeAnswerRate: 0.2,
  callbackTwiceRate: 0.3,
  callbackOutOfOrderRate: 0.3,
  callbackForgedRate: 0.2,
  callbackOldRate: 0.05,
};

/** An ordinary night in which some debits never get an answer, and some only answers that nobody may believe. */
const UNSETTLED: Dials = { ...MODERATE, neverDecidedRate: 0.08, alwaysWrongAmountRate: 0.08 };

const PRESET_DIALS: Readonly<Record<Preset, Dials>> = {
  none: QUIET,
  moderate: MODERATE,
  hostile: HOSTILE,
  unsettled: UNSETTLED,
};
