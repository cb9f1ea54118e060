import { localDate } from '../../../../shared/business-date.ts';
import { DaybreakError } from '../../../../shared/errors.ts';
import { dryRunChain } from '../../../admin/dry-run/dry-run-chain.ts';
import { dryRunJob } from '../../../admin/dry-run/dry-run-job.ts';
import { isVisible } from '../../../admin/rights/rights.ts';
import { cutOffAtMs } from '../../../firing/cut-off.ts';
import { nextFires } from '../../../firing/next-fires.ts';
import { listedChain, listedJob } from '../../../storage/sql/admin-job-queries.ts';
import type { dryRunRoutes } from '../contract/dry-run-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { edgeView } from './edge-view.ts';
import { zoneOf } from './kept-handlers.ts';
import { describeFires } from './next-fires.ts';

const FIRES_SHOWN = 5;

/** What would happen. Handlers take the plain context: nothing is changed, so nothing is recorded. */
export function createDryRunHandlers({ ctx }: AdminParts): Handlers<typeof dryRunRoutes> {
  return {
    'POST /jobs/:jobId/dry-run': async ({ params, body, visible }) => {
      const { job, nowMs } = await ctx.store.read('read-job', async (db) => ({
        job: (await listedJob(db, params.jobId))?.definition,
        nowMs: db.nowMs,
      }));
      if (job === undefined) throw new DaybreakError('NOT_FOUND', `there is no job ${params.jobId}`);
      const zone = zoneOf(job);
      const businessDate = body.businessDate ?? localDate(nowMs, zone);
      const { param } = body;
      const forecast = await dryRunJob(ctx, { job: job.name, businessDate, ...(param === undefined ? {} : { param }) });
      const children = forecast.children.filter(({ group }) => isVisible(visible, group));
      const fires = job.enabled ? await nextFires(ctx, { job: job.name }, FIRES_SHOWN) : [];
      return {
        ...forecast,
        businessDate,
        children,
        zone,
        nextFires: described(fires, zone, forecast.nowMs),
      };
    },
    'POST /chains/:chain/dry-run': async ({ params, body }) => {
      const { chain, nowMs } = await ctx.store.read('read-chain', async (db) => ({
        chain: (await listedChain(db, params.chain))?.definition,
        nowMs: db.nowMs,
      }));
      if (chain === undefined) throw new DaybreakError('NOT_FOUND', `there is no chain "${params.chain}"`);
      const { businessDate } = body;
      const byRule = cutOffAtMs(chain.cutOff, nowMs);
      const forecast = await dryRunChain(ctx, {
        chain: params.chain,
        businessDate,
        cutOffAtMs: body.cutOffAtMs === undefined ? byRule : body.cutOffAtMs,
        ...(body.params === undefined ? {} : { params: body.params }),
        ...(body.fromNode === undefined ? {} : { fromNode: body.fromNode }),
        ...(body.rerunOf === undefined ? {} : { rerunOf: body.rerunOf }),
      });
      const zone = zoneOf(chain);
      const fires = chain.enabled ? await nextFires(ctx, { chain: chain.name }, FIRES_SHOWN) : [];
      return {
        ...forecast,
        businessDate,
        edges: chain.edges.map((edge) => edgeView(edge, null)),
        zone,
        nextFires: described(fires, zone, forecast.nowMs),
      };
    },
  };
}

const described = (
  fires: readonly { readonly plannedAtMs: number; readonly businessDate: string }[],
  zone: string,
  nowMs: number,
) =>
  describeFires(
    fires.map(({ plannedAtMs, businessDate }) => ({ atMs: plannedAtMs, businessDate })),
    zone,
    nowMs,
  );
