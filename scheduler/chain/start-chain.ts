import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import { assertFireOrder, assertPerson } from '../firing/assert-fire-order.ts';
import { heldBy, holdInWords } from '../firing/held-by.ts';
import { assertChainParamsFit, type ChainParams, storeParams } from '../firing/job-param.ts';
import { paramRefusal } from '../run/render-param.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedChain, currentCachedJob } from '../storage/definition-cache.ts';
import {
  chainRunById,
  chainRunByRequest,
  insertChainRun,
  lockChainRun,
  moveChainRun,
  newestChainRun,
} from '../storage/sql/chain-run-queries.ts';
import { chainVersion, currentJob, jobIdsByName, lockChain } from '../storage/sql/definition-queries.ts';
import { startSchedule } from '../storage/sql/fire-queries.ts';
import { insertInherited, nodeMarks } from '../storage/sql/node-mark-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import { isChainRunEnded } from './chain-run-transitions.ts';
import { planRestart } from './plan-restart.ts';
import { progressChain } from './progress-chain.ts';
import { readChainPicture } from './read-chain-picture.ts';

export interface StartChain {
  readonly chain: string;
  /** `YYYY-MM-DD`: the day that is settled. */
  readonly businessDate: string;
  /** When the chain has to be done, epoch ms; null for never. */
  readonly cutOffAtMs: number | null;
  /** One text for all jobs, or a text per job name ('*' for the rest). Default: each job's own parameter. */
  readonly params?: ChainParams;
  /** The same id for the same chain and date is the same chain run, however often it is asked for. */
  readonly requestId: string;
  /**
   * Starts at this node: what is not this node or behind it is taken over from an earlier chain run of the date, and has
   * to be done there. Default: at the roots, or, with `rerunOf`, at whatever was not done.
   */
  readonly fromNode?: string | null;
  /** Starts although the chain, or the cluster, is on hold; its nodes still wait for the hold to go. Default false. */
  readonly despiteHold?: boolean;
  /** Who wants it, for the record. Default: nobody by name. */
  readonly by?: string;
  /** The chain run to take over from; it must have ended. Default with `fromNode`: the newest of the date. */
  readonly rerunOf?: number | null;
}

/** Makes the chain run, the runs of its roots and the schedules of its sweeps, in one transaction. */
export async function startChain(
  ctx: SchedulerContext,
  order: StartChain,
): Promise<{ chainRunId: number; created: boolean }> {
  assertStartChain(order);
  const { chainRunId, created, effects } = await ctx.store.transaction('start-chain', async (tx) => {
    const effects = newEffects();
    if (order.despiteHold !== true) await refuseUnderHold(tx, order.chain);
    const started = await startChainRun(tx, ctx, { ...order, fireId: null }, effects);
    if (started.created && order.by !== undefined) {
      const subject = { subjectKind: 'chain_run', subjectId: started.chainRunId } as const;
      await recordOperatorAction(tx, { who: order.by, verb: 'start', ...subject, reason: 'fired by hand' });
    }
    return { ...started, effects };
  });
  ctx.apply(effects);
  if (created) {
    ctx.logger.info({ chainRunId, chain: order.chain, businessDate: order.businessDate }, 'chain run started');
    ctx.wake('plan-fires');
  }
  return { chainRunId, created };
}

/** The same inside a transaction of the caller's, e.g. the one that decides a fire of the chain's schedule. */
export async function startChainRun(
  tx: SqlTx,
  ctx: SchedulerContext,
  order: StartChain & { readonly fireId: number | null },
  effects: Effects,
): Promise<{ chainRunId: number; created: boolean }> {
  const chain = await lockChain(tx, order.chain);
  if (chain === null) throw new DaybreakError('NOT_FOUND', `there is no chain "${order.chain}"`);
  const key = { chainId: chain.id, businessDate: order.businessDate, requestId: order.requestId };
  const earlier = await chainRunByRequest(tx, key);
  if (earlier !== null) return { chainRunId: earlier.id, created: false };
  const restart = await readRestart(tx, chain, order);
  if (order.fireId === null) assertChainParamsFit(await jobsOfChain(tx, chain), order.params, restart !== null);
  const chainRunId = await insertChainRun(tx, {
    ...key,
    configHash: chain.configHash,
    fireId: order.fireId,
    rerunOf: restart?.earlierId ?? null,
    startedAtNode: order.fromNode ?? null,
    cutOffAt: order.cutOffAtMs,
    params: storeParams(order.params),
  });
  if (restart !== null) await insertInherited(tx, chainRunId, restart.inherited);
  await startSweeps(tx, chainRunId, chain);
  // Roots have no edge into them, so they are met at once.
  await progressChain(tx, ctx, chainRunId, effects);
  return { chainRunId, created: true };
}

async function jobsOfChain(tx: SqlTx, { id, configHash }: { id: number; configHash: string }): Promise<Job[]> {
  const nodes = (await cachedChain(tx, id, configHash))?.nodes ?? [];
  if (nodes.length === 0) return [];
  const ids = await jobIdsByName(tx, nodes);
  const jobs = await Promise.all([...ids.values()].map((jobId) => currentCachedJob(tx, jobId)));
  return jobs.filter((job) => job !== null);
}

async function refuseUnderHold(tx: SqlTx, name: string): Promise<void> {
  const chain = await lockChain(tx, name);
  const hold = chain === null ? null : await heldBy(tx, { jobId: null, group: null, chainId: chain.id });
  if (hold === null) return;
  throw new DaybreakError('CONFLICT', `${holdInWords(hold)}. Take the hold away, or start with despiteHold`);
}

interface Restart {
  readonly earlierId: number;
  readonly inherited: readonly { node: string; runId: number | null; reason: string }[];
}

/** What an earlier chain run did for the one that is to start, or null when it starts at its roots. */
async function readRestart(
  tx: SqlTx,
  chain: { readonly id: number; readonly configHash: string },
  order: StartChain,
): Promise<Restart | null> {
  const { fromNode = null, rerunOf = null } = order;
  if (fromNode === null && rerunOf === null) return null;
  const earlier =
    rerunOf === null ? await newestChainRun(tx, chain.id, order.businessDate) : await chainRunById(tx, rerunOf);
  const of = `chain "${order.chain}" of ${order.businessDate}`;
  if (earlier === null || earlier.chainId !== chain.id || earlier.businessDate !== order.businessDate) {
    throw new DaybreakError(
      'NOT_FOUND',
      `there is no earlier run of ${of} to start from${rerunOf === null ? '' : ` (${rerunOf})`}`,
    );
  }
  if (!isChainRunEnded(earlier.state)) {
    throw new DaybreakError(
      'CONFLICT',
      `chain run ${earlier.id} of ${of} is ${earlier.state}: let it end, or cancel it`,
    );
  }
  const definition = await chainVersion(tx, chain.id, chain.configHash);
  const { picture, runs } = await readChainPicture(tx, earlier);
  const verdict = planRestart(definition ?? { nodes: [], edges: [] }, picture, fromNode);
  if (verdict.kind === 'refused') throw new DaybreakError('CONFLICT', `${of} cannot start there: ${verdict.why}`);
  const marks = await nodeMarks(tx, earlier.id);
  const inherited = verdict.plan.inherited.map((node) => ({
    node,
    runId: runs.get(node)?.id ?? marks.find((mark) => mark.node === node)?.runId ?? null,
    reason: `done in chain run ${earlier.id}`,
  }));
  return { earlierId: earlier.id, inherited };
}

async function startSweeps(tx: SqlTx, chainRunId: number, chain: { id: number; configHash: string }): Promise<void> {
  const definition = await chainVersion(tx, chain.id, chain.configHash);
  for (const name of definition?.sweeps ?? []) {
    const job = await currentJob(tx, { name });
    if (job?.schedule.kind !== 'fixed_rate') continue;
    await startSchedule(tx, {
      jobId: job.id,
      chainRunId,
      configHash: job.configHash,
      everyMs: job.schedule.everyMs,
    });
  }
}

/**
 * Ends a chain run: from the commit on no child is made; its open runs are ended and their executors asked to stop.
 * False: it had ended before.
 * @param by who wants it, for the record
 */
export async function cancelChainRun(
  ctx: SchedulerContext,
  chainRunId: number,
  reason: string,
  by = NOBODY_BY_NAME,
): Promise<boolean> {
  assertPerson({ by });
  const cancelled = await ctx.store.transaction('cancel-chain-run', async (tx) => {
    const chainRun = await lockChainRun(tx, chainRunId);
    if (chainRun === null) throw new DaybreakError('NOT_FOUND', `there is no chain run ${chainRunId}`);
    if (isChainRunEnded(chainRun.state)) return false;
    if (chainRun.state === 'running') {
      await moveChainRun(tx, { id: chainRunId, from: 'running', to: 'cancelling', reason, ended: false });
      const subject = { subjectKind: 'chain_run', subjectId: chainRunId } as const;
      await recordOperatorAction(tx, { who: by, verb: 'cancel', ...subject, reason });
    }
    return true;
  });
  ctx.wake('end-runs-of-ended-chains');
  ctx.wake('evaluate-edges');
  return cancelled;
}

const NOBODY_BY_NAME = 'a program';

/** What a start has to say. Throws BAD_INPUT. */
export function assertStartChain(order: StartChain): void {
  assertFireOrder(order);
  if (order.by !== undefined) assertPerson({ by: order.by });
  const texts = typeof order.params === 'string' ? { '*': order.params } : (order.params ?? {});
  for (const [job, text] of Object.entries(texts)) {
    const refusal = paramRefusal(text);
    if (refusal !== null) throw new DaybreakError('BAD_INPUT', `params["${job}"] ${refusal}`);
  }
  if (order.cutOffAtMs !== null && !Number.isSafeInteger(order.cutOffAtMs)) {
    throw new DaybreakError('BAD_INPUT', `cutOffAtMs is ${order.cutOffAtMs}: give epoch milliseconds or null`);
  }
}
