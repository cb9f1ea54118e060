import { addDays, type BusinessDate, isoInstant } from '../../../shared/business-date.ts';
import { messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { Downstream, SettlementFile, SettlementLine } from '../../downstream/define-downstream.ts';
import { dropFetchedLines, stageLines } from './reconcile-stage-lines.ts';

export interface FetchFilesOptions {
  readonly store: SqlStore;
  readonly nightId: number;
  readonly downstream: Pick<Downstream, 'file'>;
  readonly dates: readonly BusinessDate[];
  /** A date that is not required is given up after three tries. */
  readonly isRequired: (date: BusinessDate) => boolean;
  /** Distinguishes this round's lines from those of earlier rounds of the night; each file adds to it. */
  readonly firstFetchNo: number;
  /** For how long a file that cannot be had is asked for again, all dates together. */
  readonly forMs: number;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface FetchedFiles {
  /** False when not one file could be had. A file that does not exist (404) is had: it is empty. */
  readonly had: boolean;
  /** The dates whose file could not be had, and why. */
  readonly missing: readonly { readonly date: BusinessDate; readonly why: string }[];
  readonly nextFetchNo: number;
}

/**
 * The dates whose files can hold a line of tonight: the business date, and every date from the day before the first
 * send to the day after now. The day on each side is there because the gateway's day is not known to be ours.
 */
export function settlementFileDates(night: {
  businessDate: BusinessDate;
  firstSendAtMs: number;
  nowMs: number;
}): BusinessDate[] {
  const dates = new Set<BusinessDate>([night.businessDate]);
  const last = addDays(utcDate(night.nowMs), 1);
  for (let date = addDays(utcDate(night.firstSendAtMs), -1); date <= last; date = addDays(date, 1)) dates.add(date);
  return [...dates].sort();
}

/** Absence is evidence only of dates that the gateway can have closed: tomorrow's file need not be there to be had. */
export const mustBeHad = (date: BusinessDate, businessDate: BusinessDate, nowMs: number): boolean =>
  date === businessDate || date <= utcDate(nowMs);

const utcDate = (atMs: number): BusinessDate => isoInstant(atMs).slice(0, 10);

/**
 * Fetches the files one after the other into `settlement_line`. A file that is cut or whose trailer is wrong leaves
 * nothing and is fetched again, with back-off, until the time is over and each has had its tries.
 */
export async function fetchSettlementFiles(options: FetchFilesOptions): Promise<FetchedFiles> {
  const { downstream, dates, runtime } = options;
  const missing: { date: BusinessDate; why: string }[] = [];
  let fetchNo = options.firstFetchNo;
  if (!downstream.file) {
    const why = 'the downstream has no settlement files';
    return { had: false, missing: dates.map((date) => ({ date, why })), nextFetchNo: fetchNo };
  }
  const endsAtMs = runtime.clock.monotonicMs() + options.forMs;
  for (const date of dates) {
    const why = await fetchOneFile(options, date, endsAtMs, () => ++fetchNo);
    if (why !== null) missing.push({ date, why });
  }
  return { had: missing.length < dates.length, missing, nextFetchNo: fetchNo };
}

const FIRST_PAUSE_MS = 500;
const PAUSE_MS_MAX = 15_000;
/** For each date, also where the dates before it have used up the time: a gateway that is slow for a minute is no proof. */
const TRIES_MIN = 3;

/** Null when the file is staged whole (or does not exist), else why it could not be had. */
async function fetchOneFile(
  options: FetchFilesOptions,
  date: BusinessDate,
  endsAtMs: number,
  nextFetchNo: () => number,
): Promise<string | null> {
  const { runtime, logger, signal } = options;
  let pauseMs = FIRST_PAUSE_MS;
  for (let tries = 1; ; tries++, pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
    signal.throwIfAborted();
    const why = await tryOneFile(options, date, nextFetchNo());
    if (why === null) return null;
    if (tries === TRIES_MIN && !options.isRequired(date)) return why;
    logger.warn({ date, why }, 'the settlement file could not be used and is fetched again');
    const waitMs = pauseMs * (0.75 + runtime.random.next() / 2);
    if (tries >= TRIES_MIN && runtime.clock.monotonicMs() + waitMs > endsAtMs) return why;
    await runtime.sleep(waitMs, signal);
  }
}

async function tryOneFile(options: FetchFilesOptions, date: BusinessDate, fetchNo: number): Promise<string | null> {
  const { store, nightId, downstream, runtime, signal } = options;
  const file = await openFile(downstream, date, signal);
  if (file.kind === 'absent') return null;
  if (file.kind === 'unusable') return file.why;
  const why = await stageFile(file.lines, async (lines) => {
    await stageLines(store, { nightId, date, fetchNo }, lines);
    await runtime.yieldTurn();
  });
  signal.throwIfAborted();
  if (why !== null) await dropFetchedLines(store, nightId, fetchNo);
  return why;
}

async function openFile(
  downstream: Pick<Downstream, 'file'>,
  date: BusinessDate,
  signal: AbortSignal,
): Promise<SettlementFile> {
  try {
    return (await downstream.file?.(date, signal)) ?? { kind: 'absent' };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'unusable', why: messageOf(error) };
  }
}

/** So many lines are staged in one transaction: with 1,000 each, half of the time went into commits. */
const LINES_PER_TRANSACTION = 5_000;

/**
 * What the file's own iterator throws makes the file unusable; what the store throws is our trouble and rises. So the
 * two are awaited apart, not in one `for await`.
 */
async function stageFile(
  lines: AsyncIterable<readonly SettlementLine[]>,
  stage: (batch: readonly SettlementLine[]) => Promise<void>,
): Promise<string | null> {
  const iterator = lines[Symbol.asyncIterator]();
  let held: SettlementLine[] = [];
  for (;;) {
    let next: IteratorResult<readonly SettlementLine[]>;
    try {
      next = await iterator.next();
    } catch (error) {
      return messageOf(error);
    }
    if (!next.done) for (const line of next.value) held.push(line);
    if (!next.done && held.length < LINES_PER_TRANSACTION) continue;
    try {
      await stage(held);
    } catch (error) {
      await iterator.return?.();
      throw error;
    }
    if (next.done) return null;
    held = [];
  }
}
