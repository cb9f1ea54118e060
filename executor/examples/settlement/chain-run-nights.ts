import { join } from 'node:path';
import { DaybreakError } from '../../../shared/errors.ts';
import type { HandlerContext, JsonValue } from '../../handler/handler-context.ts';
import { findNightOfChainRun, finishNight, nightOfChainRun, readNight, unfinishedNights } from './night.ts';
import {
  type NightWork,
  noPlanFile,
  type RefusedImport,
  type SettlementHandlersOptions,
  type SettlementParts,
} from './night-handlers.ts';
import type { Night } from './night-start.ts';
import { noteCarriedOver } from './reconcile-carried-over.ts';
import { buildReport, type ReportExtras } from './report/build-report.ts';
import type { NightReport } from './report/night-report.ts';
import { reportJson } from './report/report-json.ts';
import { writeReport } from './report/write-report.ts';

/** The plan file of a night. */
export interface PlansOfNight {
  /** Readable by every executor that may import; '' when the run names none. */
  readonly path: string;
  /** When it is known beforehand. */
  readonly sha256: string | null;
  readonly maxRejectPercent: number;
}

export interface ChainRunNightsOptions extends SettlementParts {
  /** In which the report writes its times. */
  readonly timeZone: string;
  /** The store is held by this process alone, which therefore voids what earlier ones left claimed. */
  readonly exclusive: boolean;
  /** Asked before a night is begun as well: one whose parameter is wrong would be ended by nobody. */
  plansOf(night: Pick<Night, 'planSha256'>, ctx: HandlerContext): PlansOfNight;
  /**
   * Whether an earlier chain run has ended; only a scheduler knows. Asked before a night is begun beside one that has no
   * report: two at once would each hold the other's plans. Default: whoever starts nights sees to it.
   */
  hasEnded?(chainRunId: number, signal: AbortSignal): Promise<boolean>;
  /** The folder of a night's report. */
  reportDir(night: Night): string;
}

/**
 * Nights that a scheduler starts: each chain run is one, found by its number. Whoever works the first node of it begins
 * it; every process that has a part in it tells its money engine once that this chain run is on.
 */
export function chainRunNights(options: ChainRunNightsOptions): Required<Omit<SettlementHandlersOptions, 'debitJobs'>> {
  const { store, engine, exclusive } = options;
  let newest: { readonly chainRunId: number; readonly work: Promise<NightWork> } | null = null;

  async function nightOf(ctx: HandlerContext, { importing } = { importing: false }): Promise<NightWork> {
    const chainRunId = chainRunOf(ctx);
    if (newest?.chainRunId === chainRunId) return newest.work;
    const entry = { chainRunId, work: takePart(chainRunId, ctx, importing) };
    // An attempt at a chain run that is over must not push the one that is on out of its place.
    if (newest === null || newest.chainRunId < chainRunId) newest = entry;
    return entry.work.catch((error: unknown) => {
      // A failure is that of one attempt: the next one tries again.
      if (newest === entry) newest = null;
      throw error;
    });
  }

  async function sweptNightOf(ctx: HandlerContext): Promise<NightWork | null> {
    if (newest?.chainRunId === ctx.chainRunId) return newest.work;
    // Sweeps come before the first node has begun its night, and beside one that may not begin.
    return (await findNightOfChainRun(store, chainRunOf(ctx))) === null ? null : nightOf(ctx);
  }

  async function takePart(chainRunId: number, ctx: HandlerContext, importing: boolean): Promise<NightWork> {
    const night = await begunNight(chainRunId, ctx, importing);
    await engine.beginChainRun({ chainRunId, cutOffAtMs: night.cutOffAtMs, exclusive });
    await store.transaction('note-carried-over', (tx) => noteCarriedOver(tx, night));
    const plans = options.plansOf(night, ctx);
    return {
      ...options,
      nightId: night.id,
      plansPath: plans.path,
      planSha256: plans.sha256,
      businessDate: night.businessDate,
      maxRejectPercent: plans.maxRejectPercent,
      ready: Promise.resolve(),
      onImported: () => undefined,
    };
  }

  async function begunNight(chainRunId: number, ctx: HandlerContext, importing: boolean): Promise<Night> {
    const { businessDate, cutOffAt: cutOffAtMs } = ctx;
    const gatewayOrigin = options.downstream.origin;
    const known = await findNightOfChainRun(store, chainRunId);
    if (known === null) {
      await refuseBesideAnother(chainRunId, ctx.signal);
      const { path } = options.plansOf({ planSha256: null }, ctx);
      if (importing && path === '') throw noPlanFile();
    }
    const night =
      known ??
      (await nightOfChainRun(store, {
        chainRunId,
        businessDate,
        cutOffAtMs,
        timeZone: options.timeZone,
        gatewayOrigin,
      }));
    if (night.businessDate !== businessDate || night.gatewayOrigin !== gatewayOrigin) {
      throw new DaybreakError(
        'NIGHT_MISMATCH',
        `chain run ${chainRunId} is the night of ${night.businessDate} at gateway ${night.gatewayOrigin}, not of ${businessDate} ` +
          `at ${gatewayOrigin}: give every executor of a store the same --gateway, and the same schedulers`,
      );
    }
    return night;
  }

  async function refuseBesideAnother(chainRunId: number, signal: AbortSignal): Promise<void> {
    for (const other of await unfinishedNights(store, chainRunId)) {
      if (other.chainRunId === null || ((await options.hasEnded?.(other.chainRunId, signal)) ?? true)) continue;
      throw new DaybreakError(
        'CONFLICT',
        `the night of ${other.businessDate} (chain run ${other.chainRunId}) is still at work: let it end or cancel it, then fire again`,
      );
    }
  }

  async function endNight(work: NightWork, reconciled: JsonValue, ctx: HandlerContext): Promise<JsonValue> {
    const { night, report, dir } = await writeWhole(work);
    await finishNight(store, night.id, report.exitCode, reportJson(report));
    if (newest?.chainRunId === night.chainRunId) newest = null;
    if (report.exitCode === 4) {
      // Where it lies on this machine is for whoever is at it; the reason is read from anywhere.
      ctx.log.error(`the report of the night is ${join(dir, 'report.html')}`);
      throw notConserved(report);
    }
    return {
      conservation: 'holds',
      exitCode: report.exitCode,
      report: join(dir, 'report.html'),
      writtenBy: ctx.executorAddress,
      reconciled,
    };
  }

  async function refuseNight(work: NightWork, outcome: RefusedImport): Promise<void> {
    const { night, report } = await writeWhole(work, { file: outcome, badInput: outcome.sentence }, outcome.fileId);
    await finishNight(store, night.id, report.exitCode, reportJson(report));
  }

  async function writeWhole(
    { nightId }: NightWork,
    extras: ReportExtras = {},
    fileId?: number | null,
  ): Promise<{ night: Night; report: NightReport; dir: string }> {
    const night = await readNight(store, nightId);
    const finishedAtMs = await store.read('read-clock', async (db) => db.nowMs);
    const report = await buildReport(store, night, { finishedAtMs, ...extras });
    const dir = options.reportDir(night);
    await writeReport(dir, { store, night, report, ...(fileId === undefined ? {} : { fileId }) });
    return { night, report, dir };
  }

  return { nightOf, sweptNightOf, endNight, refuseNight };
}

/** Money that does not add up must not end as a success: a failed run is told to people. */
function notConserved({ businessDate, conservation }: NightReport): DaybreakError {
  const { differencesTotal } = conservation;
  const what = `${differencesTotal} ${differencesTotal === 1 ? 'difference' : 'differences'}`;
  return new DaybreakError(
    'CONSERVATION_BROKEN',
    `conservation does not hold for the night of ${businessDate}: ${what}, listed in its report`,
    { retryable: false },
  );
}

function chainRunOf({ chainRunId }: HandlerContext): number {
  if (chainRunId !== null) return chainRunId;
  throw new DaybreakError('BAD_INPUT', 'this job is a part of the chain nightly-settlement: fire the chain');
}
