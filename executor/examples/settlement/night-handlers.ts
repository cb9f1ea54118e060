import { DaybreakError, isDaybreakError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import type { Downstream } from '../../downstream/define-downstream.ts';
import type { DebitJob, MoneyEngine } from '../../downstream/money-engine.ts';
import { defineHandler } from '../../handler/define-handler.ts';
import type { Handler, HandlerContext, JsonValue } from '../../handler/handler-context.ts';
import { type ImportOutcome, importPlans } from './import-plans.ts';
import { bindPlanFile, readNight } from './night.ts';
import { pruneOpenPlans } from './prune-open-plans.ts';
import { type ReconcileResult, reconcileNight } from './reconcile.ts';

/** What every night of a process works with. */
export interface SettlementParts {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly engine: MoneyEngine;
  readonly downstream: Downstream;
  readonly gatewayTimeoutMs: number;
}

/** What the handlers of one night work with. */
export interface NightWork extends SettlementParts {
  readonly nightId: number;
  readonly plansPath: string;
  /** When it is known beforehand: a file with another content is refused. Null: whatever the file holds. */
  readonly planSha256: string | null;
  readonly businessDate: string;
  readonly maxRejectPercent: number;
  /** Resolves when the night's row and the engine know the chain run: a debit before that would belong to no night. */
  readonly ready: Promise<void>;
  /** What became of the file, as soon as it is known. */
  onImported(outcome: ImportOutcome): void;
}

/** Which night an attempt belongs to, and what is done when one has been reconciled. */
export interface SettlementHandlersOptions {
  /** premium-debit and principal-debit. */
  readonly debitJobs: readonly DebitJob[];
  /**
   * The night of a node of the chain. Throws when there is none that may be worked; with `importing` also, before one is
   * begun, when there is no plan file.
   */
  nightOf(ctx: HandlerContext, how?: { readonly importing: boolean }): Promise<NightWork>;
  /** The night of a sweep, which never begins one; null: there is nothing to sweep yet. Default: `nightOf`. */
  sweptNightOf?(ctx: HandlerContext): Promise<NightWork | null>;
  /** Ends a night that was reconciled; what it returns is the result of the node. Default: what was reconciled. */
  endNight?(work: NightWork, reconciled: JsonValue, ctx: HandlerContext): Promise<JsonValue>;
  /** The file was refused and nothing is debited; the attempt fails with the sentence after this. Default: nothing. */
  refuseNight?(work: NightWork, outcome: RefusedImport): Promise<void>;
}

export type RefusedImport = Extract<ImportOutcome, { kind: 'refused' }>;

/**
 * The settlement's jobs as handlers: import-plans > premium-debit > principal-debit > reconcile, and the sweep beside
 * them. One night in one process, nights that a scheduler starts, or a cluster of executors: what differs is how the
 * night of an attempt is found. Nothing of a night is kept here, so any executor may work any node of it.
 */
export function settlementHandlers(options: SettlementHandlersOptions): Handler[] {
  const { debitJobs } = options;
  const sweptNightOf = options.sweptNightOf ?? ((ctx: HandlerContext) => options.nightOf(ctx));
  return [
    settles('import-plans', async (ctx) =>
      importAndSweepFirst(await options.nightOf(ctx, { importing: true }), ctx, options),
    ),
    ...debitJobs.map((job) => debitHandler(options, job)),
    settles('verification-sweep', async (ctx) => {
      const work = await sweptNightOf(ctx);
      if (work === null) return null;
      await work.ready;
      return json(await work.engine.runSweepShard(ctx));
    }),
    settles('reconcile', async (ctx) => {
      const work = await options.nightOf(ctx);
      // At the cut-off the gateway may still be waited for. Tried without it, this would fail again and again, and be
      // taken for a fault that waiting does not heal.
      await work.ready;
      ctx.signal.throwIfAborted();
      const reconciled = json(await reconcile(work, ctx.signal, { ctx }));
      return (await options.endNight?.(work, reconciled, ctx)) ?? reconciled;
    }),
  ];
}

/**
 * A handler of a night. Each of them goes on where the store says it stopped, so one whose COMMIT got no answer may be
 * tried again, which is not true of handlers in general.
 */
function settles(name: string, run: (ctx: HandlerContext) => Promise<JsonValue>): Handler {
  return defineHandler(name, async (ctx) => {
    try {
      return await run(ctx);
    } catch (error) {
      if (!isDaybreakError(error, 'COMMIT_UNKNOWN')) throw error;
      throw new DaybreakError('COMMIT_UNKNOWN', error.message, { cause: error, retryable: true });
    }
  });
}

/** Brings the file into the store; the night is bound to it only when it was accepted. */
export async function importNightPlans(
  work: Pick<
    NightWork,
    'store' | 'runtime' | 'logger' | 'nightId' | 'plansPath' | 'planSha256' | 'businessDate' | 'maxRejectPercent'
  >,
  signal: AbortSignal,
): Promise<ImportOutcome> {
  const { store, runtime, logger, nightId, businessDate, maxRejectPercent } = work;
  const outcome = await importPlans({
    store,
    path: work.plansPath,
    night: { id: nightId, businessDate, maxRejectPercent },
    ...(work.planSha256 === null ? {} : { expectedSha256: work.planSha256 }),
    signal,
    runtime,
    logger,
  });
  if (outcome.kind === 'imported') await bindPlanFile(store, nightId, outcome.sha256, outcome.fileId);
  return outcome;
}

/** Last pass, settlement files, match in both directions, conservation; also for a night that has ended with 3. */
export async function reconcile(
  work: Pick<NightWork, 'store' | 'engine' | 'downstream' | 'runtime' | 'logger' | 'nightId' | 'gatewayTimeoutMs'>,
  signal: AbortSignal,
  how: { readonly ctx?: Pick<HandlerContext, 'log'>; readonly filesForMs?: number } = {},
): Promise<ReconcileResult> {
  const { store, engine, downstream, runtime, logger, gatewayTimeoutMs } = work;
  const night = await readNight(store, work.nightId);
  return reconcileNight({
    store,
    night,
    engine,
    // The files are asked for within the rate limit that all endpoints share.
    downstream: { name: downstream.name, file: (date, fileSignal) => engine.settlementFile(date, fileSignal) },
    runtime,
    logger,
    signal,
    gatewayTimeoutMs,
    ...how,
  });
}

export const noPlanFile = (): DaybreakError =>
  new DaybreakError('PARAM_INVALID', 'the run names no plan file: fire the chain with --param plans=/PATH.csv');

/** What earlier nights left in flight is asked for before tonight's selection is frozen: what is settled is not due. */
async function importAndSweepFirst(
  work: NightWork,
  ctx: HandlerContext,
  { refuseNight }: SettlementHandlersOptions,
): Promise<JsonValue> {
  await work.ready;
  ctx.signal.throwIfAborted();
  if (work.plansPath === '') throw noPlanFile();
  const outcome = await importNightPlans(work, ctx.signal);
  work.onImported(outcome);
  if (outcome.kind === 'refused') {
    await refuseNight?.(work, outcome);
    throw new DaybreakError(
      outcome.reason === 'TOO_MANY_REJECTS' ? 'TOO_MANY_REJECTS' : 'PLAN_FILE_REFUSED',
      outcome.sentence,
    );
  }
  ctx.log.info(`imported: ${outcome.accepted} of ${outcome.dataLines} lines accepted`);
  await pruneOpenPlans(work.store, () => work.runtime.yieldTurn());
  const woken = await work.engine.wakeOpenItems();
  if (woken > 0) {
    const swept = await work.engine.runSweepShard({ shardIndex: 0, shardTotal: 1, signal: ctx.signal, log: ctx.log });
    ctx.log.info(`of ${woken} open items of earlier nights ${swept.settled} were settled first`);
  }
  return json(outcome);
}

function debitHandler({ nightOf }: SettlementHandlersOptions, job: DebitJob): Handler {
  return settles(job.name, async (ctx) => {
    const work = await nightOf(ctx);
    await work.ready;
    // Meanwhile its chain run may have been ended by the night of another date.
    ctx.signal.throwIfAborted();
    return json(await work.engine.runDebitShard(ctx, job));
  });
}

/** A report of ours as the JSON value that it is. */
const json = (report: object): JsonValue => ({ ...report }) as { readonly [key: string]: JsonValue };
