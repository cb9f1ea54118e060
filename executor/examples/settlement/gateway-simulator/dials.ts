import { DaybreakError } from '../../../../shared/errors.ts';

/**
 * What the simulated gateway does wrong, and how often. Rates are in [0, 1]; `...Ms` are milliseconds. Whether a rate
 * hits is drawn from the seed and, for what belongs to a debit, its requestNo (so a debit's fate is the same in every
 * run), or else the number of the arrival (so a repeat of a request may fare better).
 */
export interface Dials {
  // What becomes of a debit: drawn per requestNo.
  /** Refused for good with INSUFFICIENT_FUNDS, ACCOUNT_CLOSED or LIMIT_EXCEEDED. */
  readonly businessRefusalRate: number;
  /** Refused for good, at once, with a code that is not in the contract. */
  readonly unknownCodeRate: number;
  /** Answered PROCESSING first; the final result comes after a time between the two below. */
  readonly processingRate: number;
  readonly processingMinMs: number;
  readonly processingMaxMs: number;
  /** Executed, and yet queries say PROCESSING for ever: only the settlement file shows it. No callback either. */
  readonly settleOnlyInFileRate: number;
  /** Accepted, and PROCESSING for ever: no query, callback or settlement file ever tells what became of it. */
  readonly neverDecidedRate: number;
  /** Every answer, callback and line of a settlement file about it names another amount. */
  readonly alwaysWrongAmountRate: number;
  /** Executed, but queries say NOT_FOUND for `notFoundThenShowMs` (beyond the visibility when that is longer). */
  readonly notFoundThenShowRate: number;
  readonly notFoundThenShowMs: number;
  /** How much of `visibilityMs` every debit stays NOT_FOUND to queries: 0 none of it, 1 all of it. */
  readonly visibilityShare: number;
  /** A SUCCESS is taken back after `reversalAfterMs`: queries and a callback say FAILED with code REVERSED. */
  readonly reversalRate: number;
  readonly reversalAfterMs: number;

  // What becomes of a request: drawn per arrival.
  /** Executed and committed, then the connection is cut without a byte of the answer. */
  readonly lostAnswerRate: number;
  /** Executed, then half of the answer and a cut. */
  readonly truncatedAnswerRate: number;
  /** Never answered, nothing executed. */
  readonly hangBeforeRate: number;
  /** Executed, never answered. */
  readonly hangAfterRate: number;
  /** 503, nothing executed. */
  readonly errorBeforeRate: number;
  /** 500, though executed. */
  readonly errorAfterRate: number;
  /** The connection is cut, and the request arrives `lateArrivalMs` later all the same (it lay in a proxy). */
  readonly lateArrivalRate: number;
  readonly lateArrivalMs: number;
  /** 429 with Retry-After although the limit is not reached. */
  readonly throttleRate: number;
  /** The seconds that every 429 asks for. */
  readonly retryAfterSeconds: number;
  /** Whether requests over `maxRequestsPerSecond` get 429. */
  readonly rateLimit: boolean;
  /** Every answer waits this long, and up to `latencyJitterMs` more. */
  readonly latencyMs: number;
  readonly latencyJitterMs: number;
  /** The connection is closed after the answer without having said so, so that the next request may meet a reset. */
  readonly closeAfterAnswerRate: number;

  // What an answer says: drawn per entry and arrival.
  /** An entry is left out. */
  readonly missingEntryRate: number;
  /** An answer carries two entries that nobody asked for, one of them a lie about a debit of another request. */
  readonly extraEntryRate: number;
  /** An entry is there twice, equal. */
  readonly duplicateEntryRate: number;
  /** An entry is there twice, and the two differ. */
  readonly conflictingEntryRate: number;
  /** An entry names another amount. */
  readonly wrongAmountRate: number;
  /** An entry says FAILED with code SYSTEM_BUSY, whatever is true. */
  readonly falseFailureRate: number;
  /** The entries come in another order than they were asked in. */
  readonly shuffleRate: number;
  /** A repeat of a known debit that arrives after its expireAt is answered EXPIRED, though it may have been executed. */
  readonly expiredRepeatRate: number;
  /** A repeat or a query of a success names another gatewayRef (success twice). */
  readonly duplicateSuccessRate: number;
  /** A query or a callback calls a success FAILED afterwards. */
  readonly contradictionRate: number;
  /** Bug mode: a repeat of a known requestNo is executed again. */
  readonly ignoreIdempotencyRate: number;

  // Times in which something is out of order: milliseconds since the simulator started.
  readonly outages: readonly Outage[];
  /** Our key is refused (401) from then on, for so long; `forMs` 0 is never. */
  readonly credentialsRefusedFromMs: number;
  readonly credentialsRefusedForMs: number;
  /** Added to the gateway's clock: its Date header, its expiry, its files. */
  readonly clockSkewMs: number;

  // Settlement files.
  /** A success is in the file only when it is this old; before the first one, the file is 404. */
  readonly fileLateMs: number;
  /** A line is left out, in the first `fileMissingLineFetches` fetches of its file (0 = in all). Per requestNo. */
  readonly fileMissingLineRate: number;
  readonly fileMissingLineFetches: number;
  /** A line is there twice (and counted twice in the trailer). Per requestNo. */
  readonly fileDuplicateLineRate: number;
  /** A line names another amount. Per requestNo. */
  readonly fileWrongAmountRate: number;
  /** So many lines of debits that nobody sent, per file. */
  readonly fileStrangeLines: number;
  /** The first so many fetches carry a wrong trailer. */
  readonly fileWrongTrailerTimes: number;
  /** The first so many fetches are cut in the middle. */
  readonly fileCutTimes: number;

  // Callbacks (only when there is a URL to call).
  /** A callback is tried again after this until it is answered 200. */
  readonly callbackRetryMs: number;
  /** Debits that were answered with their final result are called back too. */
  readonly callbackForAllRate: number;
  /** The callback goes out, and is waited for, before the debit is answered. */
  readonly callbackBeforeAnswerRate: number;
  /** It is sent twice. */
  readonly callbackTwiceRate: number;
  /** A callback that says PROCESSING follows the final one. */
  readonly callbackOutOfOrderRate: number;
  /** A forged one goes first: wrong signature, and the opposite of the truth. */
  readonly callbackForgedRate: number;
  /** It is signed with an instant three days ago. */
  readonly callbackOldRate: number;
}

export const ENDPOINTS = ['capabilities', 'debits', 'query', 'void', 'file'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

export interface Outage {
  readonly fromMs: number;
  readonly forMs: number;
  /** error: 503; cut: the connection is closed; hang: no answer. Nothing is executed. */
  readonly how: 'error' | 'cut' | 'hang';
  /** The share of requests it hits; default 1. */
  readonly rate?: number;
  /** Default: all. */
  readonly endpoints?: readonly Endpoint[];
}

/** Nothing wrong at all. */
export const QUIET: Dials = {
  businessRefusalRate: 0,
  unknownCodeRate: 0,
  processingRate: 0,
  processingMinMs: 1_000,
  processingMaxMs: 4_000,
  settleOnlyInFileRate: 0,
  neverDecidedRate: 0,
  alwaysWrongAmountRate: 0,
  notFoundThenShowRate: 0,
  notFoundThenShowMs: 5_000,
  visibilityShare: 0,
  reversalRate: 0,
  reversalAfterMs: 1_000,
  lostAnswerRate: 0,
  truncatedAnswerRate: 0,
  hangBeforeRate: 0,
  hangAfterRate: 0,
  errorBeforeRate: 0,
  errorAfterRate: 0,
  lateArrivalRate: 0,
  lateArrivalMs: 1_000,
  throttleRate: 0,
  retryAfterSeconds: 1,
  rateLimit: true,
  latencyMs: 0,
  latencyJitterMs: 0,
  closeAfterAnswerRate: 0,
  missingEntryRate: 0,
  extraEntryRate: 0,
  duplicateEntryRate: 0,
  conflictingEntryRate: 0,
  wrongAmountRate: 0,
  falseFailureRate: 0,
  shuffleRate: 0,
  expiredRepeatRate: 0,
  duplicateSuccessRate: 0,
  contradictionRate: 0,
  ignoreIdempotencyRate: 0,
  outages: [],
  credentialsRefusedFromMs: 0,
  credentialsRefusedForMs: 0,
  clockSkewMs: 0,
  fileLateMs: 0,
  fileMissingLineRate: 0,
  fileMissingLineFetches: 0,
  fileDuplicateLineRate: 0,
  fileWrongAmountRate: 0,
  fileStrangeLines: 0,
  fileWrongTrailerTimes: 0,
  fileCutTimes: 0,
  callbackRetryMs: 1_000,
  callbackForAllRate: 0,
  callbackBeforeAnswerRate: 0,
  callbackTwiceRate: 0,
  callbackOutOfOrderRate: 0,
  callbackForgedRate: 0,
  callbackOldRate: 0,
};

/**
 * Lays what is given over the base, each value checked. @throws DaybreakError BAD_OPTION naming the dial.
 * @example turnDials(QUIET, { lostAnswerRate: 0.01 })
 */
export function turnDials(base: Dials, given: unknown): Dials {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw bad('dials', 'give a JSON object');
  for (const [name, value] of Object.entries(given)) checkDial(name, value);
  const dials: Dials = { ...base, ...given };
  if (dials.processingMaxMs < dials.processingMinMs) throw bad('processingMaxMs', 'must not be below processingMinMs');
  return dials;
}

function checkDial(name: string, value: unknown): void {
  if (!Object.hasOwn(QUIET, name)) throw bad(name, 'there is no such dial');
  if (name === 'outages') checkOutages(value);
  else if (name === 'rateLimit') {
    if (typeof value !== 'boolean') throw bad(name, 'must be true or false');
  } else if (name === 'clockSkewMs') {
    if (!Number.isSafeInteger(value))
      throw bad(name, 'must be whole milliseconds, below zero for a clock that is behind');
  } else if (name.endsWith('Rate') || name.endsWith('Share')) {
    if (!isRate(value)) throw bad(name, 'must be a number from 0 to 1');
  } else if (!isCount(value)) throw bad(name, 'must be a whole number of at least 0');
}

function checkOutages(value: unknown): void {
  if (!Array.isArray(value)) throw bad('outages', 'must be a list of {fromMs, forMs, how, rate?, endpoints?}');
  for (const [at, outage] of (value as readonly Partial<Outage>[]).entries()) {
    const name = `outages[${at}]`;
    if (!isCount(outage?.fromMs) || !isCount(outage.forMs)) throw bad(name, 'needs fromMs and forMs, whole numbers');
    if (!['error', 'cut', 'hang'].includes(outage.how ?? '')) throw bad(name, 'needs how: error, cut or hang');
    if (outage.rate !== undefined && !isRate(outage.rate)) throw bad(name, 'has a rate that is not from 0 to 1');
    if (outage.endpoints?.some((endpoint) => !ENDPOINTS.includes(endpoint))) {
      throw bad(name, `has an unknown endpoint; there are ${ENDPOINTS.join(', ')}`);
    }
  }
}

const isRate = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const bad = (dial: string, why: string): DaybreakError =>
  new DaybreakError('BAD_OPTION', `gateway dial "${dial}": ${why}`);
