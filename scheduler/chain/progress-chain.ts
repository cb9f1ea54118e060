import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm, closeAlarms, raiseAlarm } from '../alarm/raise-alarm.ts';
import { edgeName, edgesInto } from '../definition/chain-definition.ts';
import type { Effects } from '../effects.ts';
import { fireNow } from '../firing/fire-now.ts';
import { transitFire } from '../firing/fire-transitions.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  type ChainRunRow,
  chainRunsOfDate,
  lockChainRun,
  moveChainRun,
  pickChainRun,
} from '../storage/sql/chain-run-queries.ts';
import { decideFire, plannedFiresOfChainRun, stopSchedules } from '../storage/sql/fire-queries.ts';
import { insertChildLink } from '../storage/sql/run-queries.ts';
import { decideChainEnd, isChainRunEnded } from './chain-run-transitions.ts';
import { holdOverNode } from './hold-over-node.ts';
import { type ChainRead, readChainPicture } from './read-chain-picture.ts';

/**
 * Makes every child whose edges are met, then ends the chain run when there is nothing left to do. Callbacks, told
 * slices, the sweep over edges, marks and a cancel all end here: one place decides. The chain run's row is locked (after
 * the parent run's, if the caller holds one), so each child is made once, whoever sees first that it is due.
 * Returns the earliest instant at which time alone will change something, or null.
 * @param busy how a chain run that somebody else has is met: waited for (the default, for whoever has just changed a
 * part of it), or passed over by the sweep, which comes again
 */
export async function progressChain(
  tx: SqlTx,
  ctx: SchedulerContext,
  chainRunId: number | null,
  effects: Effects,
  busy: 'wait' | 'skip' = 'wait',
): Promise<number | null> {
  if (chainRunId === null) return null;
  const chainRun = await (busy === 'wait' ? lockChainRun : pickChainRun)(tx, chainRunId);
  if (chainRun === null || isChainRunEnded(chainRun.state)) return null;
  const read = await readChainPicture(tx, chainRun);
  // By the ids of their jobs, which are locked in that order by everybody.
  const due = [...read.picture.nodes]
    .filter(([, node]) => node.kind === 'due')
    .map(([job]) => job)
    .sort((a, b) => (read.jobIds.get(a) ?? 0) - (read.jobIds.get(b) ?? 0));
  if (chainRun.state === 'running') {
    for (const node of due) {
      // Under a hold it stays due: the sweep over the edges makes it when the hold is gone.
      if ((await holdOverNode(tx, chainRun, node)) !== null) continue;
      await makeChild(tx, ctx, { read, chainRun, node }, effects);
    }
    await linkLaterParents(tx, read);
    await tellLateEdges(tx, chainRun, read, effects);
  }
  if (due.length === 0 || chainRun.state !== 'running') await endChainRun(tx, chainRun, read, effects);
  return read.picture.nextAtMs;
}

interface Child {
  readonly read: ChainRead;
  readonly chainRun: ChainRunRow;
  readonly node: string;
}

async function makeChild(tx: SqlTx, ctx: SchedulerContext, child: Child, effects: Effects): Promise<void> {
  const { read, chainRun, node } = child;
  const { runId } = await fireNow(
    tx,
    ctx,
    {
      jobName: node,
      origin: 'chain',
      dedupKey: `chain-run:${chainRun.id}`,
      chainRun,
      businessDate: chainRun.businessDate,
      param: null,
    },
    effects,
  );
  await linkParents(tx, read, node, runId);
}

/** A node that any of its edges starts: those that are met later lead to the same run, and say so. */
async function linkLaterParents(tx: SqlTx, read: ChainRead): Promise<void> {
  for (const node of read.chain.joinAny) {
    const run = read.runs.get(node);
    if (run !== undefined) await linkParents(tx, read, node, run.id);
  }
}

/** Once for each edge that is met; the primary key of s_child_link (parent run, edge) holds it. */
async function linkParents(tx: SqlTx, read: ChainRead, node: string, childRunId: number): Promise<void> {
  for (const edge of edgesInto(read.chain, node)) {
    const parent = read.runs.get(edge.from);
    const verdict = read.picture.edges.get(edgeName(edge));
    if (parent === undefined || verdict?.kind !== 'met') continue;
    await insertChildLink(tx, {
      parentRunId: parent.id,
      edge: edgeName(edge),
      childRunId,
      because: verdict.because,
    });
  }
}

async function tellLateEdges(tx: SqlTx, chainRun: ChainRunRow, read: ChainRead, effects: Effects): Promise<void> {
  for (const edge of read.picture.late) {
    const message = `chain "${read.chain.name}" of ${chainRun.businessDate}: ${edge} is not met by its deadline`;
    const subject = { kind: 'EDGE_LATE', subjectKind: 'chain_run', subjectId: `${chainRun.id}:${edge}` } as const;
    await raiseAlarm(tx, { ...subject, severity: 'warning', message }, effects);
  }
}

async function endChainRun(tx: SqlTx, chainRun: ChainRunRow, read: ChainRead, effects: Effects): Promise<void> {
  const verdict = decideChainEnd(chainRun.state, read.chain, read.picture);
  if (verdict.kind !== 'moved') return;
  const { to, reason } = verdict;
  if (!(await moveChainRun(tx, { id: chainRun.id, from: chainRun.state, to, reason, ended: true }))) return;
  await stopSweeps(tx, chainRun.id, effects);
  for (const edge of read.picture.edges.keys()) {
    await closeAlarm(tx, { kind: 'EDGE_LATE', subjectKind: 'chain_run', subjectId: `${chainRun.id}:${edge}` });
  }
  if (to === 'failed') {
    const message = `chain "${read.chain.name}" of ${chainRun.businessDate} failed: ${reason ?? 'no reason'}`;
    const subject = { kind: 'CHAIN_FAILED', subjectKind: 'chain_run', subjectId: chainRun.id } as const;
    await raiseAlarm(tx, { ...subject, severity: 'critical', message }, effects);
  }
  if (to === 'succeeded') {
    const earlier = await chainRunsOfDate(tx, chainRun.chainId, chainRun.businessDate);
    await closeAlarms(
      tx,
      'CHAIN_FAILED',
      earlier.map((subjectId) => ({ subjectKind: 'chain_run', subjectId })),
    );
  }
  effects.changedChainRuns.add(chainRun.id);
  effects.wakes.add('end-runs-of-ended-chains');
  // A chain that starts so long after its last end has a next instant from now on.
  effects.wakes.add('plan-fires');
}

/** Its sweeps fire no more: what was planned ahead for them gets its verdict now, with the chain run's own end. */
async function stopSweeps(tx: SqlTx, chainRunId: number, effects: Effects): Promise<void> {
  await stopSchedules(tx, chainRunId);
  for (const fire of await plannedFiresOfChainRun(tx, chainRunId)) {
    const verdict = transitFire(fire.state, { kind: 'not_wanted' });
    if (verdict.kind !== 'moved') continue;
    if (!(await decideFire(tx, fire, verdict.to, 'its chain run has ended'))) continue;
    effects.counts.push((metrics) => metrics.fires.add(1, { verdict: verdict.to }));
  }
}
