import type { SqlTx } from '../../../shared/sql/sql.ts';
import type { Job } from '../../definition/job-definition.ts';
import { handOutShards } from '../../dispatch/hand-out-shards.ts';
import { newEffects } from '../../effects.ts';
import { byAddress } from '../../routing/live-executor.ts';
import type { ProbeAnswer } from '../../routing/route-failover.ts';
import type { WaitsFor } from '../../run/judge-waiting.ts';
import { type LookVerdict, lookAtRun } from '../../run/look-at-run.ts';
import { renderShardParam } from '../../run/render-shard-param.ts';
import { executorsFor, splitRun } from '../../run/split-run.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { handlerOf, NOT_YET, shardInWords } from '../../shard/hook-shards.ts';
import { currentCachedJob } from '../../storage/definition-cache.ts';
import { awaitedInput, giveInput } from '../../storage/sql/input-queries.ts';
import { lockRun, type RunRow } from '../../storage/sql/run-queries.ts';
import { giveScript } from '../../storage/sql/script-queries.ts';
import { type ShardRow, shardsOf } from '../../storage/sql/shard-queries.ts';
import type { Asking } from './asking.ts';

/** One shard as it would leave. */
export interface ShardForecast {
  readonly index: number;
  /** `shard 3`, or the name of what runs once. */
  readonly name: string;
  readonly handler: string;
  /** Whom it would go to at once, else whom it is meant for; null: whoever has room then. */
  readonly executor: string | null;
  /** `later`: it waits for room, or for what runs before it. */
  readonly leaves: 'at_once' | 'later';
  readonly param: string;
}

/** What would become of a run that has just been made. */
export interface RunForecast {
  readonly outcome: 'goes' | 'waits' | 'discarded' | 'ends_others_first';
  readonly waitsFor: WaitsFor | null;
  readonly reason: string | null;
  /** The file that it waits for. */
  readonly input: string | null;
  /** Those that may work it, in the order of their addresses. */
  readonly executors: string[];
  readonly shardTotal: number | null;
  /** Of a run that waits: as they would be if it went now. At most so many as were asked for. */
  readonly shards: ShardForecast[];
}

/** Inside a transaction that is undone: looks at the run, lets it go whatever it waits for, and hands its shards out. */
export async function forecastRun(
  tx: SqlTx,
  ctx: SchedulerContext,
  runId: number,
  { shardsMax, asking }: { readonly shardsMax: number; readonly asking: Asking },
): Promise<RunForecast> {
  const made = await lockRun(tx, runId);
  const job = made === null ? null : await currentCachedJob(tx, made.jobId);
  if (made === null || job === null) throw new Error(`run ${runId} is not there in the transaction that made it`);
  const { run, next } = await judged(tx, ctx, { run: made, job, answers: asking.answers.get(job.id) ?? null });
  if (next?.kind === 'ask') asking.asks.set(job.id, next);
  const live = byAddress(await executorsFor(tx, ctx, job));
  const input = (await awaitedInput(tx, runId))?.path ?? null;
  const seen = {
    waitsFor: run.waitsFor,
    reason: run.reason,
    input,
    executors: live.map(({ address }) => address),
  };
  if (run.state === 'discarded' || run.state === 'failed') {
    return { ...seen, outcome: 'discarded', shardTotal: null, shards: [] };
  }
  const outcome = run.state === 'running' ? 'goes' : next?.kind === 'end_first' ? 'ends_others_first' : 'waits';
  if (run.state === 'waiting') {
    // As if the file were there, so that a parameter that names it is whole.
    if (input !== null) await giveInput(tx, runId, { path: input, bytes: 0, changedAtMs: 0, sha256: '' });
    // As if everybody said yes: it shows what each shard would be given, whoever takes it then.
    const answers = new Map(live.map(({ address }) => [address, 'yes'] as const));
    const canGo = job.glueType === 'BEAN' || (await giveScript(tx, run, job.glueType)) !== null;
    if (canGo && live.length > 0) await splitRun(tx, ctx, { run, job, live, answers }, newEffects());
  }
  const after = (await lockRun(tx, runId)) ?? run;
  if (after.state !== 'running') return { ...seen, outcome, shardTotal: null, shards: [] };
  const shards = await shardForecasts(tx, ctx, { run: after, job }, shardsMax);
  return { ...seen, outcome, shardTotal: after.shardTotal, shards };
}

/** In a group with a limit the body decides whose turn it is; here it is looked at as if it were this run's. */
async function judged(
  tx: SqlTx,
  ctx: SchedulerContext,
  made: { readonly run: RunRow; readonly job: Job; readonly answers: ReadonlyMap<string, ProbeAnswer> | null },
): Promise<{ run: RunRow; next: LookVerdict | null }> {
  const { run } = made;
  if (run.state !== 'waiting' || run.waitsFor === 'input') return { run, next: null };
  const next = await lookAtRun(tx, ctx, made, newEffects());
  return { run: (await lockRun(tx, run.id)) ?? run, next };
}

async function shardForecasts(
  tx: SqlTx,
  ctx: SchedulerContext,
  { run, job }: { run: RunRow; job: Job },
  shardsMax: number,
): Promise<ShardForecast[]> {
  const { dispatches } = await handOutShards(tx, ctx, run.id);
  const sentTo = new Map(dispatches.map(({ address, request }) => [request.logId, address]));
  const homes = new Map((await executorsFor(tx, ctx, job)).map(({ id, address }) => [id, address]));
  const shown = (await shardsOf(tx, run.id)).slice(0, shardsMax);
  const forecasts: ShardForecast[] = [];
  for (const shard of shown) {
    const address = shard.logId === null ? undefined : sentTo.get(shard.logId);
    forecasts.push({
      index: shard.shardIndex,
      name: shardInWords(shard.shardIndex),
      handler: handlerOf(job, shard.shardIndex),
      executor: address ?? homeOf(shard, homes),
      leaves: address === undefined ? 'later' : 'at_once',
      param: (await renderShardParam(tx, { run, job, shardIndex: shard.shardIndex })).text,
    });
  }
  return forecasts;
}

const homeOf = (shard: ShardRow, homes: ReadonlyMap<number, string>): string | null =>
  shard.readyAt === NOT_YET && shard.homeExecutorId === null ? null : (homes.get(shard.homeExecutorId ?? 0) ?? null);
