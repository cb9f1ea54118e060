import { join } from 'node:path';
import { chainRunNights } from '../../../executor/examples/settlement/chain-run-nights.ts';
import { settlementHandlers } from '../../../executor/examples/settlement/night-handlers.ts';
import type { Handler, HandlerContext } from '../../../executor/handler/handler-context.ts';
import type { Scheduler } from '../../../scheduler/scheduler.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { NIGHTLY_SETTLEMENT } from '../nightly-settlement.ts';
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

/** The settlement's handlers, for a scheduler that starts nights by itself: each chain run has a file of its own. */
export function devNightHandlers(nights: DevNights): Handler[] {
  const { folder, money } = nights;
  const handlers = settlementHandlers({
    debitJobs: money.debitJobs,
    ...chainRunNights({
      ...nights,
      ...money,
      gatewayTimeoutMs: GATEWAY_TIMEOUT_MS,
      exclusive: true,
      plansOf({ planSha256 }, { chainRunId, businessDate }) {
        // Once it is imported nobody reads it, and the date's file may be a later chain run's.
        const plans = planSha256 === null ? writeDevPlans : devPlans;
        return { ...plans(join(folder, 'plans'), { chainRunId: chainRunId ?? 0, businessDate }), maxRejectPercent: 1 };
      },
      reportDir: ({ businessDate, seq }) => join(folder, 'nights', `${businessDate}-${seq}`),
    }),
  });
  return handlers.map((handler) => ({
    ...handler,
    async run(ctx) {
      return handler.name === 'import-plans' && (await standsBack(nights, ctx)) ? null : handler.run(ctx);
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
