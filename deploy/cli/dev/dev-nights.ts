import { join } from 'node:path';
import { finishNight, nightOfChainRun, readNight } from '../../../executor/examples/settlement/night.ts';
import { type NightWork, nightHandlers } from '../../../executor/examples/settlement/night-handlers.ts';
import { noteCarriedOver } from '../../../executor/examples/settlement/reconcile-carried-over.ts';
import { buildReport } from '../../../executor/examples/settlement/report/build-report.ts';
import { reportJson } from '../../../executor/examples/settlement/report/report-json.ts';
import { writeReport } from '../../../executor/examples/settlement/report/write-report.ts';
import type { Handler, HandlerContext, JsonValue } from '../../../executor/handler/handler-context.ts';
import type { Scheduler } from '../../../scheduler/scheduler.ts';
import { DaybreakError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { NIGHTLY_SETTLEMENT, SETTLEMENT_JOBS } from '../nightly-settlement.ts';
import { type DevMoney, GATEWAY_TIMEOUT_MS } from './dev-money.ts';
import { devPlans, writeDevPlans } from './dev-plans.ts';

export interface DevNights {
  readonly folder: string;
  readonly timeZone: string;
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly money: DevMoney;
  readonly scheduler: Pick<Scheduler, 'status' | 'chainRun' | 'cancelChainRun'>;
}

/** The night's own handlers, for a scheduler that starts nights by itself: each chain run is a night with a file of its own. */
export function devNightHandlers(nights: DevNights): Handler[] {
  const begun = new Map<number, Promise<NightWork>>();
  const workOf = async (ctx: HandlerContext): Promise<NightWork> => {
    const { chainRunId } = ctx;
    if (chainRunId === null) {
      throw new DaybreakError('BAD_INPUT', `this job is a part of the chain ${NIGHTLY_SETTLEMENT}: fire the chain`);
    }
    const work =
      begun.get(chainRunId) ??
      beginNight(nights, { chainRunId, businessDate: ctx.businessDate, cutOffAt: ctx.cutOffAt });
    begun.set(chainRunId, work);
    // A failure is that of one attempt: the next one begins anew.
    return work.catch((error: unknown) => {
      begun.delete(chainRunId);
      throw error;
    });
  };
  return SETTLEMENT_JOBS.map(({ name }) => ({
    name,
    async run(ctx) {
      if (name === 'import-plans' && (await standsBack(nights, ctx))) return null;
      const work = await workOf(ctx);
      const handler = nightHandlers(work).find((one) => one.name === name);
      if (handler === undefined) throw new Error(`the night has no handler ${name}`);
      const result = (await handler.run(ctx)) ?? null;
      if (name !== 'reconcile') return result;
      begun.delete(ctx.chainRunId ?? 0);
      return await endNight(nights, work.nightId, result);
    },
  }));
}

/** One night at a time: two would each hold the other's plans. The one that comes too early ends without a debit. */
async function standsBack({ scheduler }: DevNights, { chainRunId }: HandlerContext): Promise<boolean> {
  if (chainRunId === null) return false;
  for (const { id } of (await scheduler.status()).activeChainRuns) {
    if (id >= chainRunId || (await scheduler.chainRun(id)).chain !== NIGHTLY_SETTLEMENT) continue;
    await scheduler.cancelChainRun(chainRunId, `chain run ${id} is still at work`);
    return true;
  }
  return false;
}

async function beginNight(
  nights: DevNights,
  ctx: { readonly chainRunId: number; readonly businessDate: string; readonly cutOffAt: number | null },
): Promise<NightWork> {
  const { store, runtime, logger, money, timeZone } = nights;
  const { chainRunId, businessDate, cutOffAt: cutOffAtMs } = ctx;
  const night = await nightOfChainRun(store, {
    chainRunId,
    businessDate,
    cutOffAtMs,
    timeZone,
    gatewayOrigin: 'simulator',
  });
  const plansFolder = join(nights.folder, 'plans');
  // Once it is imported nobody reads it, and the date's file may be a later chain run's.
  const plans = (night.planSha256 === null ? writeDevPlans : devPlans)(plansFolder, { chainRunId, businessDate });
  await money.engine.beginChainRun({ chainRunId, cutOffAtMs: night.cutOffAtMs, exclusive: true });
  await store.transaction('note-carried-over', (tx) => noteCarriedOver(tx, night));
  return {
    store,
    runtime,
    logger,
    ...money,
    nightId: night.id,
    plansPath: plans.path,
    planSha256: plans.sha256,
    businessDate,
    maxRejectPercent: 1,
    gatewayTimeoutMs: GATEWAY_TIMEOUT_MS,
    ready: Promise.resolve(),
    onImported: () => undefined,
  };
}

/** The report, and what it came to in a line. */
async function endNight({ store, folder }: DevNights, nightId: number, result: JsonValue): Promise<JsonValue> {
  const night = await readNight(store, nightId);
  const finishedAtMs = await store.read('read-clock', async (db) => db.nowMs);
  const report = await buildReport(store, night, { finishedAtMs });
  const dir = join(folder, 'nights', `${night.businessDate}-${night.seq}`);
  await writeReport(dir, { store, night, report });
  await finishNight(store, nightId, report.exitCode, reportJson(report));
  const conservation = report.conservation.holds ? 'holds' : 'DOES NOT HOLD';
  return { conservation, exitCode: report.exitCode, report: join(dir, 'report.html'), reconciled: result };
}
