import { DaybreakError } from '../../shared/errors.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { judgeTold } from '../callback/told-totals.ts';
import { newEffects } from '../effects.ts';
import { isRunEnded } from '../run/run-transitions.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ChainRunRow, lockChainRun } from '../storage/sql/chain-run-queries.ts';
import { currentJob } from '../storage/sql/definition-queries.ts';
import { approveMark, askForMark, nodeMarks } from '../storage/sql/node-mark-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import type { RunRow } from '../storage/sql/run-queries.ts';
import { isChainRunEnded } from './chain-run-transitions.ts';
import { progressChain } from './progress-chain.ts';
import { readChainPicture } from './read-chain-picture.ts';

export interface MarkNode {
  readonly chainRunId: number;
  /** The job's name. */
  readonly node: string;
  /** skipped: it has not run and shall not. succeeded: it ended badly, and what it was for is done all the same. */
  readonly mark: 'skipped' | 'succeeded';
  readonly reason: string;
  readonly by: string;
}

export interface ApproveNodeMark {
  readonly chainRunId: number;
  readonly node: string;
  /** Somebody else than who asked. */
  readonly by: string;
}

/**
 * Asks that a node counts as done; nothing changes until somebody else agrees (`approveNodeMark`). On a chain run that has
 * ended it is kept for the next one that starts from it.
 * Throws NOT_FOUND, BAD_INPUT, or CONFLICT when the node is at work, does not fit the mark, or has money in the air.
 */
export async function markNode(ctx: SchedulerContext, order: MarkNode): Promise<void> {
  checkWords(order);
  await ctx.store.transaction('mark-node', async (tx) => {
    const chainRun = await chainRunOf(tx, order.chainRunId);
    await checkNode(tx, chainRun, order);
    if (!(await askForMark(tx, order))) {
      throw new DaybreakError('CONFLICT', `"${order.node}" of chain run ${chainRun.id} is marked already`);
    }
    await record(tx, `ask to mark ${order.mark}`, order, order.reason);
  });
}

/** The second person's word: from here on the node counts as done, and its children may start. */
export async function approveNodeMark(ctx: SchedulerContext, order: ApproveNodeMark): Promise<void> {
  checkBy(order.by);
  const effects = await ctx.store.transaction('approve-mark', async (tx) => {
    const effects = newEffects();
    const chainRun = await chainRunOf(tx, order.chainRunId);
    const asked = (await nodeMarks(tx, chainRun.id)).find((mark) => mark.node === order.node) ?? null;
    if (asked === null || asked.mark === 'inherited' || asked.approvedBy !== null) {
      throw new DaybreakError('NOT_FOUND', `nobody asks for a mark on "${order.node}" of chain run ${chainRun.id}`);
    }
    if (asked.askedBy === order.by) {
      throw new DaybreakError('CONFLICT', `${order.by} asked for this mark: it takes a second person to agree`);
    }
    // Asked again: since the first word it may have started, or its money may have gone into the air.
    await checkNode(tx, chainRun, { node: order.node, mark: asked.mark });
    await approveMark(tx, order);
    await record(tx, `mark ${asked.mark}`, order, asked.reason);
    if (!isChainRunEnded(chainRun.state)) await progressChain(tx, ctx, chainRun.id, effects);
    effects.changedChainRuns.add(chainRun.id);
    return effects;
  });
  ctx.apply(effects);
}

async function chainRunOf(tx: SqlTx, chainRunId: number): Promise<ChainRunRow> {
  const chainRun = await lockChainRun(tx, chainRunId);
  if (chainRun === null) throw new DaybreakError('NOT_FOUND', `there is no chain run ${chainRunId}`);
  return chainRun;
}

async function checkNode(
  tx: SqlTx,
  chainRun: ChainRunRow,
  order: { readonly node: string; readonly mark: 'skipped' | 'succeeded' },
): Promise<void> {
  const { chain, runs } = await readChainPicture(tx, chainRun);
  if (!chain.nodes.includes(order.node)) {
    throw new DaybreakError('NOT_FOUND', `chain "${chain.name}" has no node "${order.node}"`);
  }
  const run = runs.get(order.node) ?? null;
  const refuse = (why: string): never => {
    throw new DaybreakError('CONFLICT', `"${order.node}" of chain run ${chainRun.id} ${why}`);
  };
  if (order.mark === 'skipped') {
    if (run !== null) refuse(`has a run already (${run.state}): only what has not run can be skipped`);
    return;
  }
  if (run === null) return refuse('has no run: mark it as skipped instead');
  if (!isRunEnded(run.state)) refuse(`is ${run.state}: let it end, or kill it`);
  if (run.state === 'succeeded') refuse('has succeeded');
  if (await hasMoneyInTheAir(tx, run)) {
    refuse('may have items whose outcome is not known: settle them first (daybreak resolve), then mark it');
  }
}

/** Whether the money job's executors have told all of its slices settled; without a manifest nobody knows. */
async function hasMoneyInTheAir(tx: SqlTx, run: RunRow): Promise<boolean> {
  const job = await currentJob(tx, { id: run.jobId });
  return job?.tellsSettled === true && run.shardTotal !== null && judgeTold(run).told !== 'complete';
}

function checkWords(order: MarkNode): void {
  checkBy(order.by);
  if (order.reason.trim() === '') throw new DaybreakError('BAD_INPUT', 'reason must say why, for those who come later');
}

function checkBy(by: string): void {
  if (by.trim() === '' || by.length > 64)
    throw new DaybreakError('BAD_INPUT', 'by must name a person: 1 to 64 characters');
}

const record = (tx: SqlTx, verb: string, order: ApproveNodeMark, reason: string): Promise<void> =>
  recordOperatorAction(tx, {
    who: order.by,
    verb,
    subjectKind: 'chain_run',
    subjectId: order.chainRunId,
    reason,
    detail: { node: order.node },
  });
