import { DaybreakError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { runChunkLoop } from '../../batch/chunk-loop.ts';
import {
  inspectOpenPlanFile,
  isFileSystemError,
  notReadable,
  openPlanFile,
  type PlanFileInspection,
  type PlanFileRefusal,
} from './plan-file.ts';
import { PlanFileChangedError, PlanLineReader } from './plan-line-reader.ts';
import { PlanStaging } from './plan-staging.ts';
import {
  activatePlanFile,
  countRejects,
  deletePlanFile,
  deletePlans,
  deleteSomeRows,
  disownPlanFile,
  findLeftoverFiles,
  findPlanFile,
  insertPlanFile,
  openPlans,
  type PlanFileRow,
  readPlanFile,
  refusePlanFile,
  saveActivation,
  stagePlanFile,
} from './storage/plan-file-queries.ts';

export interface ImportOptions {
  readonly store: SqlStore;
  /** The plan file: a regular file, because it is read twice. */
  readonly path: string;
  readonly night: {
    readonly id: number;
    /** For messages: what is due is decided when the night freezes its membership, not here. */
    readonly businessDate: string;
    /** 0 to 100, six decimals at most; the CLI's default is 1. */
    readonly maxRejectPercent: number;
  };
  /** The hash that the night was begun with, when it is known: any other content is refused CHANGED_WHILE_READ. */
  readonly expectedSha256?: string;
  /** Lines per transaction; default 2,000. */
  readonly chunkSize?: number;
  /** Aborted: the chunk in hand ends, and `importPlans` throws CANCELLED. The same call goes on from there. */
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** clearing: rows of imports that were given up. staging: lines into plans. activating: plans into open plans. */
export interface ImportProgress {
  readonly phase: 'clearing' | 'staging' | 'activating';
  readonly done: number;
  readonly total: number;
}

export interface ImportCounts {
  /** Null when nothing is stored of the file. */
  readonly fileId: number | null;
  readonly sha256: string | null;
  readonly dataLines: number;
  /** Lines whose plan is in the store now; `accepted` plus all `rejected` are the data lines. */
  readonly accepted: number;
  /** Of the accepted: plans that an earlier import had brought, with the same values. */
  readonly alreadyStored: number;
  readonly rejected: Readonly<Record<string, number>>;
}

export type ImportRefusal = PlanFileRefusal | 'CHANGED_WHILE_READ' | 'TOO_MANY_REJECTS';

export type ImportOutcome =
  | (ImportCounts & { readonly kind: 'imported'; readonly fileId: number; readonly sha256: string })
  | (ImportCounts & { readonly kind: 'refused'; readonly reason: ImportRefusal; readonly sentence: string });

/**
 * Brings a plan file into the store: all of it or nothing. Lines are staged chunk by chunk under the file's hash; when
 * hash, trailer and share of rejects agree at the end, the plans are opened to the nights. Cut off anywhere, the same
 * call goes on from the last committed chunk, and the rows are those of an import that was never cut off.
 *
 * Throws CANCELLED when the signal is aborted and LEASE_LOST when another import took the file over; a bad file is an
 * outcome, not an error. Measured with 2,000,000 lines on the embedded store: see `test/bench/import-plans.ts`.
 * @example
 * const outcome = await importPlans({ store, path, night, signal, runtime, logger });
 * if (outcome.kind === 'refused') console.error(outcome.sentence);
 */
export async function importPlans(options: ImportOptions): Promise<ImportOutcome> {
  checkOptions(options);
  const { path, signal } = options;
  const opened = await openPlanFile(path);
  if (opened.kind === 'refused') return refusedUnread(opened);
  try {
    const inspection = await inspectOpenPlanFile(opened.file, path, signal);
    if (inspection.kind === 'refused') return refusedUnread(inspection);
    if (options.expectedSha256 !== undefined && options.expectedSha256 !== inspection.sha256) {
      return changed(options, inspection.dataLines);
    }
    await clearLeftovers(options, inspection.sha256);
    return await importInspected(options, inspection, opened.file);
  } catch (error) {
    if (signal.aborted) throw cancelled(options, error);
    // What is staged stays: the same file can be taken up again when it can be read again.
    if (isFileSystemError(error)) return refusedUnread(notReadable(path, error));
    throw error;
  } finally {
    await opened.file.close();
  }
}

type Inspected = Extract<PlanFileInspection, { kind: 'ok' }>;
type OpenFile = Extract<Awaited<ReturnType<typeof openPlanFile>>, { kind: 'opened' }>['file'];

async function importInspected(options: ImportOptions, inspected: Inspected, file: OpenFile): Promise<ImportOutcome> {
  const known = await claimFile(options, inspected);
  if (known.state === 'active') return outcomeOfActive(options, known);
  const staged = await stageLines(options, inspected, known, file);
  if (staged !== 'staged') {
    await clearFile(options, known.id);
    // Cleared, it starts as a new file, which has no earlier part that could be another.
    return staged === 'changed' ? changed(options, inspected.dataLines) : importInspected(options, inspected, file);
  }
  const counts = await countsOf(options, known.id);
  if (exceedsRejectLimit(counts, options.night.maxRejectPercent)) {
    await options.store.transaction('refuse-plan-file', (tx) => refusePlanFile(tx, known.id));
    return tooManyRejects(options, counts);
  }
  await activate(options, known.id);
  options.logger.info({ ...counts, path: options.path }, 'plan file imported');
  return { ...counts, kind: 'imported' };
}

/** The file's row, taken up for this night. An active file is left as it is. */
async function claimFile({ store, night, path }: ImportOptions, inspected: Inspected): Promise<PlanFileRow> {
  return store.transaction('claim-plan-file', async (tx) => {
    const found = await findPlanFile(tx, inspected.sha256);
    if (found?.state === 'active') return found;
    if (found === null) {
      await insertPlanFile(tx, { sha256: inspected.sha256, path, sizeBytes: inspected.sizeBytes, nightId: night.id });
    } else {
      await stagePlanFile(tx, found.id, night.id);
    }
    return (await findPlanFile(tx, inspected.sha256)) as PlanFileRow;
  });
}

/**
 * Lines into rows. 'changed': what was read is not what the first look saw. 'other-prefix': an earlier import under
 * this hash had read another text, so nothing that it staged can be trusted.
 */
async function stageLines(
  options: ImportOptions,
  inspected: Inspected,
  known: PlanFileRow,
  file: OpenFile,
): Promise<'staged' | 'changed' | 'other-prefix'> {
  const { store, signal, runtime, logger } = options;
  const reader = new PlanLineReader(file, inspected.trailerOffset);
  const staging = new PlanStaging(store, known.id);
  const step = { name: 'import-plans', reader, writer: staging, chunkSize: options.chunkSize ?? LINES_PER_CHUNK };
  const onChunk = ({ counts }: { counts: { read: number } }): void =>
    options.onProgress?.({ phase: 'staging', done: counts.read, total: inspected.dataLines });
  try {
    const result = await runChunkLoop(step, { store, checkpoints: staging, signal, runtime, logger, onChunk });
    if (result.status === 'STOPPED') signal.throwIfAborted();
    return reader.sha256 === inspected.sha256 && result.counts.read === inspected.dataLines ? 'staged' : 'changed';
  } catch (error) {
    if (!(error instanceof PlanFileChangedError)) throw error;
    if (error.part === 'while-read') return 'changed';
    logger.warn({ fileId: known.id, path: options.path }, `${error.message}; reading it from the beginning`);
    return 'other-prefix';
  }
}

/** Opens the plans to the nights, range by range; only then does the file count as imported. */
async function activate(options: ImportOptions, fileId: number): Promise<void> {
  const { store } = options;
  let { activated_to: done, first_plan_id: first, last_plan_id: last } = await readFile(store, fileId);
  const total = last - first + 1;
  while (done < last) {
    options.signal.throwIfAborted();
    const from = done === 0 ? first - 1 : done;
    const to = Math.min(from + PLANS_PER_ACTIVATION, last);
    const before = done;
    await store.transaction('open-plans', async (tx) => {
      await saveActivation(tx, fileId, before, to);
      await openPlans(tx, fileId, from, to);
    });
    done = to;
    options.onProgress?.({ phase: 'activating', done: done - first + 1, total });
    await options.runtime.yieldTurn();
  }
  await store.transaction('activate-plan-file', (tx) => activatePlanFile(tx, fileId));
}

async function clearLeftovers(options: ImportOptions, exceptSha256: string): Promise<void> {
  const leftovers = await options.store.read('find-leftovers', (tx) => findLeftoverFiles(tx, exceptSha256));
  for (const { id, state } of leftovers) {
    options.logger.warn({ fileId: id, state }, 'clearing away what an import that was given up has staged');
    await clearFile(options, id);
  }
}

/** Deletes all that is stored of a file that is not active. The row itself goes last, so this can be cut off too. */
async function clearFile(options: ImportOptions, fileId: number): Promise<void> {
  const { store, runtime, signal } = options;
  await store.transaction('disown-plan-file', (tx) => disownPlanFile(tx, fileId));
  const { first_plan_id: first, last_plan_id: last } = await readFile(store, fileId);
  for (let from = Math.max(first - 1, 0); from < last; from += PLANS_PER_ACTIVATION) {
    signal.throwIfAborted();
    const to = Math.min(from + PLANS_PER_ACTIVATION, last);
    await store.transaction('clear-plans', (tx) => deletePlans(tx, fileId, from, to));
    options.onProgress?.({ phase: 'clearing', done: to - first + 1, total: last - first + 1 });
    await runtime.yieldTurn();
  }
  for (const table of ['plan_sighting', 'plan_reject'] as const) {
    while (await store.transaction(`clear-${table}`, (tx) => deleteSomeRows(tx, table, fileId, ROWS_PER_CLEARING))) {
      signal.throwIfAborted();
      await runtime.yieldTurn();
    }
  }
  await store.transaction('clear-plan-file', (tx) => deletePlanFile(tx, fileId));
}

function readFile(store: SqlStore, fileId: number): Promise<PlanFileRow> {
  return store.read('read-plan-file', (tx) => readPlanFile(tx, fileId));
}

type StoredCounts = ImportCounts & { readonly fileId: number; readonly sha256: string };

async function countsOf({ store }: ImportOptions, fileId: number): Promise<StoredCounts> {
  return store.read('count-plan-file', async (tx) => {
    const file = await readPlanFile(tx, fileId);
    return {
      fileId,
      sha256: file.sha256,
      dataLines: file.data_lines,
      accepted: file.accepted,
      alreadyStored: file.already_stored,
      rejected: await countRejects(tx, fileId),
    };
  });
}

/** The same file again. For the night that brought it the answer is the one it had; for a later one all is known. */
async function outcomeOfActive(options: ImportOptions, known: PlanFileRow): Promise<ImportOutcome> {
  const counts = await countsOf(options, known.id);
  const sameNight = known.night_id === options.night.id;
  const seen = { ...counts, alreadyStored: sameNight ? counts.alreadyStored : counts.accepted };
  if (exceedsRejectLimit(seen, options.night.maxRejectPercent)) return tooManyRejects(options, seen);
  return { ...seen, kind: 'imported' };
}

/** `rejected x 100 > percent x data lines`, in whole millionths of a percent: a float would be wrong at the edge. */
export function exceedsRejectLimit(counts: { dataLines: number; accepted: number }, maxRejectPercent: number): boolean {
  const rejected = BigInt(counts.dataLines - counts.accepted);
  const limitMillionths = BigInt(Math.round(maxRejectPercent * 1e6));
  return rejected * 100n * 1_000_000n > limitMillionths * BigInt(counts.dataLines);
}

function tooManyRejects({ path, night }: ImportOptions, counts: StoredCounts): ImportOutcome {
  const rejected = counts.dataLines - counts.accepted;
  const sentence =
    `the plan file ${path} has ${rejected} rejected lines of ${counts.dataLines}, more than ${night.maxRejectPercent} % ` +
    `for the night of ${night.businessDate}: nothing is debited; see rejects.csv, or allow more with --max-reject-percent`;
  return { ...counts, kind: 'refused', reason: 'TOO_MANY_REJECTS', sentence };
}

function changed({ path }: ImportOptions, dataLines: number): ImportOutcome {
  const sentence = `the plan file ${path} changed while it was read: nothing of it is stored; start again when it is complete`;
  return { ...nothingStored(null, dataLines), kind: 'refused', reason: 'CHANGED_WHILE_READ', sentence };
}

function refusedUnread(refusal: Extract<PlanFileInspection, { kind: 'refused' }>): ImportOutcome {
  const { reason, sentence, sha256, dataLines } = refusal;
  return { ...nothingStored(sha256, dataLines), kind: 'refused', reason, sentence };
}

function nothingStored(sha256: string | null, dataLines: number): ImportCounts {
  return { fileId: null, sha256, dataLines, accepted: 0, alreadyStored: 0, rejected: {} };
}

function cancelled({ path }: ImportOptions, cause: unknown): DaybreakError {
  return new DaybreakError('CANCELLED', `the import of ${path} was stopped; started again, it goes on where it was`, {
    cause,
  });
}

function checkOptions({ night, chunkSize }: ImportOptions): void {
  const percent = night.maxRejectPercent;
  if (!(percent >= 0 && percent <= 100)) {
    throw new DaybreakError('BAD_OPTION', `--max-reject-percent is ${percent}: it must be a number from 0 to 100`);
  }
  if (chunkSize !== undefined && !(Number.isInteger(chunkSize) && chunkSize >= 1 && chunkSize <= 100_000)) {
    throw new DaybreakError('BAD_OPTION', `--chunk-size is ${chunkSize}: it must be a whole number from 1 to 100000`);
  }
}

const LINES_PER_CHUNK = 2_000;
const PLANS_PER_ACTIVATION = 10_000;
const ROWS_PER_CLEARING = 5_000;
