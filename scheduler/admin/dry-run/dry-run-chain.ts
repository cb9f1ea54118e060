import { DaybreakError } from '../../../shared/errors.ts';
import { holdOverNode } from '../../chain/hold-over-node.ts';
import type { NodeFacts } from '../../chain/judge-chain.ts';
import { readChainPicture } from '../../chain/read-chain-picture.ts';
import { assertStartChain, type StartChain, startChainRun } from '../../chain/start-chain.ts';
import { newEffects } from '../../effects.ts';
import { heldBy, holdInWords } from '../../firing/held-by.ts';
import { paramOf } from '../../firing/job-param.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { currentCachedJob } from '../../storage/definition-cache.ts';
import { usualDurations } from '../../storage/sql/admin-run-queries.ts';
import { chainRunById } from '../../storage/sql/chain-run-queries.ts';
import { forecastNodes, lastEnd, type NodeForecast, soonestEnd } from '../night/chain-eta.ts';
import { askingFirst } from './asking.ts';
import { forecastRun, type RunForecast } from './forecast-run.ts';
import { undone } from './undone.ts';

export type ChainOrder = Omit<StartChain, 'requestId' | 'by' | 'despiteHold'>;

export interface ChainNodeForecast extends Omit<NodeForecast, 'soonestAtMs'> {
  readonly jobId: number | null;
  readonly group: string;
  readonly usualMs: number | null;
  /** The template that it would be given: what it speaks of is known when it begins. */
  readonly param: string;
  readonly heldBecause: string | null;
  /** Of those that begin at once. */
  readonly run: RunForecast | null;
}

export interface ChainForecast {
  readonly nowMs: number;
  readonly heldBecause: string | null;
  readonly cutOffAtMs: number | null;
  readonly nodes: ChainNodeForecast[];
  readonly sweeps: string[];
  /** When the last one would be done; null: one of them never ran, so nobody knows. */
  readonly etaAtMs: number | null;
  readonly isLate: boolean;
}

const SHARDS_SHOWN = 20;

/** What would happen if the chain were started now. Nothing does: see `undone`. Throws as a start would. */
export async function dryRunChain(ctx: SchedulerContext, order: ChainOrder): Promise<ChainForecast> {
  const requestId = `dry-run:${ctx.runtime.random.ulid()}`;
  assertStartChain({ ...order, requestId });
  return askingFirst(ctx, (asking) =>
    undone(ctx.store, 'dry-run-chain', async (tx) => {
      const effects = newEffects();
      const { chainRunId } = await startChainRun(tx, ctx, { ...order, requestId, fireId: null }, effects);
      const chainRun = await chainRunById(tx, chainRunId);
      if (chainRun === null) throw new DaybreakError('INTERNAL', `chain run ${chainRunId} is not there`);
      const { chain, picture, runs, jobIds } = await readChainPicture(tx, chainRun);
      const usual = await usualDurations(tx, [...jobIds.values()]);
      const usualOf = (job: string): number | undefined => usual.get(jobIds.get(job) ?? 0);
      const facts = new Map<string, NodeFacts>();
      for (const [job, node] of picture.nodes) {
        facts.set(job, { run: null, mark: node.kind === 'stands' ? node.mark : null });
      }
      const forecasts = forecastNodes({
        chain,
        facts,
        runs: new Map(),
        usualMs: new Map(chain.nodes.flatMap((job) => [[job, usualOf(job)] as const]).filter(isKnown)),
        startedAtMs: tx.nowMs,
        nowMs: tx.nowMs,
        cutOffAtMs: chainRun.cutOffAt,
      });
      const nodes: ChainNodeForecast[] = [];
      for (const { soonestAtMs: _, ...forecast } of forecasts) {
        const jobId = jobIds.get(forecast.job) ?? null;
        const job = jobId === null ? null : await currentCachedJob(tx, jobId);
        const run = runs.get(forecast.job);
        const hold = await holdOverNode(tx, chainRun, forecast.job);
        nodes.push({
          ...forecast,
          jobId,
          group: job?.group ?? '',
          usualMs: usualOf(forecast.job) ?? null,
          param: job === null ? '' : paramOf(job, chainRun.params),
          heldBecause: hold === null ? null : holdInWords(hold),
          run: run === undefined ? null : await forecastRun(tx, ctx, run.id, { shardsMax: SHARDS_SHOWN, asking }),
        });
      }
      const hold = await heldBy(tx, { jobId: null, group: null, chainId: chainRun.chainId });
      const etaAtMs = lastEnd(forecasts);
      return {
        nowMs: tx.nowMs,
        heldBecause: hold === null ? null : holdInWords(hold),
        cutOffAtMs: chainRun.cutOffAt,
        nodes,
        sweeps: [...chain.sweeps],
        etaAtMs,
        isLate: chainRun.cutOffAt !== null && soonestEnd(forecasts, tx.nowMs) > chainRun.cutOffAt,
      };
    }),
  );
}

const isKnown = (entry: readonly [string, number | undefined]): entry is readonly [string, number] =>
  entry[1] !== undefined;
