import { DaybreakError } from '../../../shared/errors.ts';
import type { SqlReader } from '../../../shared/sql/sql.ts';
import type { Job } from '../../definition/job-definition.ts';
import { newEffects } from '../../effects.ts';
import { assertFireOrder } from '../../firing/assert-fire-order.ts';
import { fireNow } from '../../firing/fire-now.ts';
import { heldBy, holdInWords } from '../../firing/held-by.ts';
import { paramRefusal } from '../../run/render-param.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { currentCachedJob } from '../../storage/definition-cache.ts';
import { childrenOf } from '../../storage/sql/admin-job-queries.ts';
import { usualDurations } from '../../storage/sql/admin-run-queries.ts';
import { currentJob } from '../../storage/sql/definition-queries.ts';
import { askingFirst } from './asking.ts';
import { forecastRun, type RunForecast } from './forecast-run.ts';
import { undone } from './undone.ts';

export interface JobOrder {
  readonly job: string;
  readonly param?: string;
  /** `YYYY-MM-DD`. */
  readonly businessDate: string;
}

/** A job that would be fired by this one, or by one that this one fires. */
export interface ChildForecast {
  readonly jobId: number;
  readonly name: string;
  readonly group: string;
  /** The job that fires it, and at which end of it. */
  readonly after: string;
  readonly on: string;
  readonly enabled: boolean;
  /** In words, or null. */
  readonly heldBecause: string | null;
}

export interface JobForecast {
  readonly nowMs: number;
  /** In words why it would be refused; what follows is then what would be despite the hold. */
  readonly heldBecause: string | null;
  readonly run: RunForecast;
  /** How long it took lately (the median), and when it would be done; null: it never ran, or does not go now. */
  readonly usualMs: number | null;
  readonly etaAtMs: number | null;
  readonly children: readonly ChildForecast[];
}

const SHARDS_SHOWN = 200;
const CHILDREN_MAX = 200;

/** What would happen if the job were run now. Nothing does: it is done, looked at, and undone. Throws as a run would. */
export async function dryRunJob(ctx: SchedulerContext, order: JobOrder): Promise<JobForecast> {
  const { job: name, businessDate, param } = order;
  // No request has the letters of this one, so it is never an earlier one's run.
  const requestId = `dry-run:${ctx.runtime.random.ulid()}`;
  assertFireOrder({ businessDate, requestId });
  const refusal = param === undefined ? null : paramRefusal(param);
  if (refusal !== null) throw new DaybreakError('BAD_INPUT', `param ${refusal}`, { details: { path: 'param' } });
  return askingFirst(ctx, (asking) =>
    undone(ctx.store, 'dry-run-job', async (tx) => {
      const job = await currentJob(tx, { name });
      if (job === null) throw new DaybreakError('NOT_FOUND', `there is no job "${name}"`);
      const hold = await heldBy(tx, { jobId: job.id, group: job.group, chainId: null });
      const { runId } = await fireNow(
        tx,
        ctx,
        {
          jobName: name,
          origin: 'manual',
          dedupKey: requestId,
          chainRun: null,
          businessDate,
          param: param ?? null,
        },
        newEffects(),
      );
      const run = await forecastRun(tx, ctx, runId, { shardsMax: SHARDS_SHOWN, asking });
      const usualMs = (await usualDurations(tx, [job.id])).get(job.id) ?? null;
      return {
        nowMs: tx.nowMs,
        heldBecause: hold === null ? null : holdInWords(hold),
        run,
        usualMs,
        etaAtMs: usualMs === null || run.outcome !== 'goes' ? null : tx.nowMs + usualMs,
        children: await childForecasts(tx, job),
      };
    }),
  );
}

/** Nearest first; each once, also where several lead to it. */
async function childForecasts(db: SqlReader, job: Job): Promise<ChildForecast[]> {
  const found: ChildForecast[] = [];
  const seen = new Set([job.name]);
  const next = [job.name];
  for (let after = next.shift(); after !== undefined && found.length < CHILDREN_MAX; after = next.shift()) {
    for (const { jobId, name, on } of await childrenOf(db, after)) {
      const child = seen.has(name) ? null : await currentCachedJob(db, jobId);
      if (child === null) continue;
      seen.add(name);
      const hold = await heldBy(db, { jobId, group: child.group, chainId: null });
      const heldBecause = hold === null ? null : holdInWords(hold);
      found.push({ jobId, name, group: child.group, after, on, enabled: child.enabled, heldBecause });
      // One that is stopped fires nothing behind it either.
      if (child.enabled) next.push(name);
    }
  }
  return found;
}
