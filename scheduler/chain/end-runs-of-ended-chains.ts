import type { SqlTx } from '../../shared/sql/sql.ts';
import { raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import { type Effects, newEffects } from '../effects.ts';
import { applyRunEvent } from '../run/apply-run-event.ts';
import { cancelShards } from '../run/cancel-shards.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentCachedJob } from '../storage/definition-cache.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { openRunsOfEndedChains, pickRun, type RunRow } from '../storage/sql/run-queries.ts';
import { progressChain } from './progress-chain.ts';

/**
 * Ends what is still open in chain runs that have ended or are being cancelled: their sweeps, and runs whose items were
 * in flight at the cut-off (they end as timed out; a later night takes the items up). Executors are asked to stop.
 */
export async function endRunsOfEndedChains(ctx: SchedulerContext): Promise<BodyReport> {
  const open = await ctx.store.read('list-runs-to-end', openRunsOfEndedChains);
  for (const { runId } of open) {
    const effects = await ctx.store.transaction('end-run', (tx) => endRun(tx, ctx, runId));
    ctx.apply(effects);
  }
  return {};
}

async function endRun(tx: SqlTx, ctx: SchedulerContext, runId: number) {
  const effects = newEffects();
  const run = await pickRun(tx, runId);
  const chainRun = run?.chainRunId == null ? null : await chainRunById(tx, run.chainRunId);
  if (run === null || chainRun === null || chainRun.state === 'running') return effects;
  const cancelling = chainRun.state === 'cancelling';
  const reason = cancelling ? (chainRun.reason ?? 'cancelled') : reasonOfEnd(run, chainRun.state);
  await applyRunEvent(tx, run, { kind: cancelling ? 'cancelled' : 'chain_ended' }, reason, effects);
  await cancelShards(tx, run, reason, effects);
  await tellOfLeftItems(tx, run, effects);
  if (cancelling) await progressChain(tx, ctx, chainRun.id, effects);
  return effects;
}

/** Nobody looks at a run that has ended: what it leaves without an outcome stays a matter for people until it has one. */
async function tellOfLeftItems(tx: SqlTx, run: RunRow, effects: Effects): Promise<void> {
  const left = run.sliceCount === null ? 0 : run.sliceCount - run.slicesTold;
  if (left === 0) return;
  const job = (await currentCachedJob(tx, run.jobId))?.name ?? `job ${run.jobId}`;
  const message = `run ${run.id} of "${job}" has ended with its chain run, and ${left} of its ${run.sliceCount} slices hold items whose outcome is not known`;
  await raiseAlarm(
    tx,
    { kind: 'ITEMS_UNRESOLVED', subjectKind: 'run', subjectId: run.id, severity: 'warning', message },
    effects,
  );
}

function reasonOfEnd(run: RunRow, chainState: string): string {
  if (run.state !== 'dispatched') return `its chain run has ended (${chainState})`;
  const slices =
    run.sliceCount === null ? 'no manifest was told' : `${run.slicesTold} of ${run.sliceCount} slices settled`;
  return `not settled when its chain run ended (${chainState}): ${slices}`;
}
