import type { RunManifest, SliceSettled, Total } from '../../shared/protocol/wire.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm } from '../alarm/raise-alarm.ts';
import { type Effects, newEffects } from '../effects.ts';
import { concludeTold } from '../run/conclude-run.ts';
import { isRunEnded } from '../run/run-transitions.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { jobVersion } from '../storage/sql/definition-queries.ts';
import { openResumersOf } from '../storage/sql/run-line-queries.ts';
import { lockRun, type RunRow } from '../storage/sql/run-queries.ts';
import { insertToldSlices, setManifest, setTold, toldSlices } from '../storage/sql/told-queries.ts';
import { addTotals, judgeTold, parseTotals } from './told-totals.ts';

export type ToldVerdict = 'taken' | 'repeated' | 'contradicting' | 'unknown';

/** What was frozen for a run. Taken once; the same again changes nothing, another one raises an alarm. */
export async function acceptRunManifest(ctx: SchedulerContext, message: RunManifest): Promise<ToldVerdict> {
  return inRun(ctx, message.runId, async (tx, run, effects) => {
    const totals = JSON.stringify(message.totals);
    if (run.manifest !== null) {
      // Splits make a run's slices more, never fewer; what was frozen stays the same.
      const same =
        isNoMore(message.sliceCount, run.sliceCount) && sameTotals(parseTotals(run.manifest), message.totals);
      if (!same) alarm(effects, run, 'a second manifest differs from the first, which was kept', message);
      return same ? 'repeated' : 'contradicting';
    }
    // A split may have been told of before the manifest came.
    const sliceCount = Math.max(message.sliceCount, run.sliceCount ?? 0);
    await setManifest(tx, { runId: run.id, sliceCount, manifest: totals });
    const next = { ...run, manifest: totals, sliceCount };
    await conclude(tx, ctx, next, 'the manifest', effects);
    return 'taken';
  });
}

/** Slices with nothing open left. Each (run, slice) is taken once, and the sums are held against the manifest. */
export async function acceptSlicesSettled(
  ctx: SchedulerContext,
  slices: readonly SliceSettled[],
): Promise<ToldVerdict[]> {
  const verdicts: ToldVerdict[] = [];
  const byRun = Map.groupBy(slices, (slice) => slice.runId);
  for (const [runId, told] of byRun) {
    verdicts.push(await inRun(ctx, runId, (tx, run, effects) => takeSlices(tx, ctx, run, told, effects)));
  }
  return verdicts;
}

async function takeSlices(
  tx: SqlTx,
  ctx: SchedulerContext,
  run: RunRow,
  slices: readonly SliceSettled[],
  effects: Effects,
): Promise<ToldVerdict> {
  const before = await toldSlices(
    tx,
    run.id,
    slices.map((slice) => slice.sliceNo),
  );
  const fresh = new Map<number, SliceSettled>();
  let contradicting = false;
  for (const slice of slices) {
    const first = before.get(slice.sliceNo) ?? fresh.get(slice.sliceNo)?.totals ?? null;
    if (first === null) fresh.set(slice.sliceNo, slice);
    else if (!sameTotals(first, slice.totals)) {
      contradicting = true;
      alarm(effects, run, `slice ${slice.sliceNo} was told again with other sums; the first were kept`, slice);
    }
  }
  if (fresh.size === 0) return contradicting ? 'contradicting' : 'repeated';
  const taken = [...fresh.values()];
  await insertToldSlices(tx, run.id, taken);
  let totals = parseTotals(run.totalsTold);
  for (const slice of taken) totals = addTotals(totals, slice.totals);
  const next = {
    ...run,
    slicesTold: run.slicesTold + taken.length,
    totalsTold: JSON.stringify(totals),
    sliceCount: grownCount(run.sliceCount, taken),
  };
  await setTold(tx, {
    runId: run.id,
    slicesTold: next.slicesTold,
    totalsTold: next.totalsTold,
    sliceCount: next.sliceCount,
  });
  const last = taken.at(-1)?.sliceNo ?? 0;
  await conclude(tx, ctx, next, `slice ${last} (${next.slicesTold} told of ${run.sliceCount ?? '?'})`, effects);
  return contradicting ? 'contradicting' : 'taken';
}

/**
 * How many slices the run is known to have. Each slice told brings the number there was when it was settled; a split
 * locks its parent, so a parent tells of all its children. The largest number told is therefore reached only when all
 * are told: whoever is missing would have told, or will tell, of more.
 */
export function grownCount(known: number | null, told: readonly SliceSettled[]): number | null {
  const most = Math.max(0, ...told.map((slice) => slice.sliceCount ?? 0));
  return most > (known ?? 0) ? most : known;
}

const isNoMore = (count: number, known: number | null): boolean => known !== null && count <= known;

/** Judges the sums, records a mismatch loudly, and moves the run on when it is settled. The run's row is locked. */
async function conclude(tx: SqlTx, ctx: SchedulerContext, run: RunRow, after: string, effects: Effects): Promise<void> {
  const job = await jobVersion(tx, run.jobId, run.configHash);
  if (job === null) throw new Error(`run ${run.id} has no definition ${run.configHash}`);
  const judged = judgeTold(run);
  let next = run;
  if (run.mismatch === null && judged.mismatch !== null) {
    next = { ...run, mismatch: `MANIFEST_MISMATCH after ${after}: ${judged.mismatch}` };
    await setTold(tx, {
      runId: run.id,
      slicesTold: run.slicesTold,
      totalsTold: run.totalsTold,
      mismatch: next.mismatch,
    });
    effects.counts.push((metrics) => metrics.manifestMismatches.add(1));
    alarm(effects, run, next.mismatch ?? 'MANIFEST_MISMATCH', {});
  }
  if (run.chainRunId !== null) effects.changedChainRuns.add(run.chainRunId);
  if (!isRunEnded(run.state)) return concludeTold(tx, ctx, next, job, effects);
  // What its night has left behind has its outcome.
  if (next.slicesTold === next.sliceCount) {
    await closeAlarm(tx, { kind: 'ITEMS_UNRESOLVED', subjectKind: 'run', subjectId: run.id });
  }
  await concludeResumers(tx, ctx, run, effects);
}

/** Runs that go on with the work of an ended one are settled by what is told of that. Locked after it: its id is smaller. */
async function concludeResumers(tx: SqlTx, ctx: SchedulerContext, ended: RunRow, effects: Effects): Promise<void> {
  for (const runId of await openResumersOf(tx, ended)) {
    const run = await lockRun(tx, runId);
    const job = run === null ? null : await jobVersion(tx, run.jobId, run.configHash);
    if (run === null || job === null || isRunEnded(run.state)) continue;
    if (run.chainRunId !== null) effects.changedChainRuns.add(run.chainRunId);
    await concludeTold(tx, ctx, run, job, effects);
  }
}

async function inRun(
  ctx: SchedulerContext,
  runId: number,
  body: (tx: SqlTx, run: RunRow, effects: Effects) => Promise<ToldVerdict>,
): Promise<ToldVerdict> {
  const { verdict, effects } = await ctx.store.transaction('accept-told', async (tx) => {
    const effects = newEffects();
    const run = await lockRun(tx, runId);
    if (run === null) return { verdict: 'unknown' as const, effects };
    return { verdict: await body(tx, run, effects), effects };
  });
  ctx.apply(effects);
  ctx.metrics.told.add(1, { verdict });
  if (verdict === 'unknown') ctx.logger.warn({ runId }, 'something was told of a run that is not known here');
  return verdict;
}

function alarm(effects: Effects, run: RunRow, message: string, told: object): void {
  effects.alarms.push({ fields: { runId: run.id, chainRunId: run.chainRunId, told }, message });
}

function sameTotals(one: readonly Total[], other: readonly Total[]): boolean {
  const canonical = (totals: readonly Total[]) =>
    addTotals(totals, [])
      .map(
        (total) => `${total.group} ${total.currency} ${total.state ?? ''} ${total.count} ${BigInt(total.amountMinor)}`,
      )
      .sort()
      .join('\n');
  return canonical(one) === canonical(other);
}
