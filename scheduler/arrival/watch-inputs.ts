import { createLimiter } from '../../shared/runtime/limiter.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { closeAlarm, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import type { Arrival, Job } from '../definition/job-definition.ts';
import { type Effects, newEffects } from '../effects.ts';
import { applyRunEvent } from '../run/apply-run-event.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJob } from '../storage/definition-cache.ts';
import {
  type AwaitedInputRow,
  awaitedInput,
  awaitedInputs,
  deleteAwaitedInput,
  giveInput,
  lineOfRun,
  noteSeenInput,
  type RunInput,
  takeContent,
} from '../storage/sql/input-queries.ts';
import { lockRun, type RunRow, runById } from '../storage/sql/run-queries.ts';
import { setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { zoneOf } from './await-input.ts';
import type { InputFiles } from './input-files.ts';
import { inputPath } from './input-path.ts';
import { type InputVerdict, judgeInput } from './judge-input.ts';

/** Where files may lie, and how they are looked at. */
export interface InputPlaces {
  readonly files: InputFiles;
  readonly roots: readonly string[];
}

/** A large file that is being hashed does not hold up the small ones. */
const LOOKS_AT_ONCE = 4;

/** Looks for the files that runs wait for, each at its own pace; a run whose file has come whole goes on. */
export async function watchInputs(ctx: SchedulerContext, places: InputPlaces): Promise<BodyReport> {
  const { nowMs, awaited } = await ctx.store.read('list-awaited-inputs', async (db) => ({
    nowMs: db.nowMs,
    awaited: await awaitedInputs(db),
  }));
  ctx.metrics.runsWaiting.set(awaited.length, { for: 'input' });
  const limiter = createLimiter(LOOKS_AT_ONCE);
  const due = awaited.filter((row) => row.nextLookAt <= nowMs);
  await Promise.all(due.map((row) => limiter.run(() => lookForInput(ctx, places, row))));
  const later = awaited.filter((row) => row.nextLookAt > nowMs).map((row) => row.nextLookAt);
  return { wakeInMs: later.length === 0 ? null : Math.min(...later) - nowMs };
}

async function lookForInput(ctx: SchedulerContext, places: InputPlaces, row: AwaitedInputRow): Promise<void> {
  const known = await ctx.store.read('read-awaiting-run', async (db) => {
    const run = await runById(db, row.runId);
    const job = run === null ? null : await cachedJob(db, run.jobId, run.configHash);
    return { run, job, nowMs: db.nowMs };
  });
  const { run, job } = known;
  if (run === null || job === null || job.arrival === null) return;
  const awaiting: Awaiting = { run, job, arrival: job.arrival, row };
  const verdict = await judge(places, awaiting, known.nowMs);
  const hashed = verdict.ready ? await places.files.hash(row.path, places.roots) : null;
  const steady =
    hashed?.kind === 'hashed' &&
    hashed.bytes === verdict.note.seenSize &&
    hashed.changedAtMs === verdict.note.seenChangedAt;
  const effects = await ctx.store.transaction('look-for-input', async (tx) => {
    const effects = newEffects();
    const locked = await lockRun(tx, run.id);
    const mine = await awaitedInput(tx, run.id);
    if (locked === null || locked.state !== 'waiting' || mine === null) return effects;
    if (steady) {
      const { bytes, changedAtMs, sha256 } = hashed;
      await take(tx, { ...awaiting, run: locked }, { path: row.path, bytes, changedAtMs, sha256 }, effects);
    } else {
      await lookAgain(tx, { ...awaiting, run: locked, row: mine }, verdict, effects);
    }
    return effects;
  });
  ctx.apply(effects);
}

interface Awaiting {
  readonly run: RunRow;
  readonly job: Job;
  readonly arrival: Arrival;
  readonly row: AwaitedInputRow;
}

async function judge(
  { files, roots }: InputPlaces,
  { run, job, arrival, row }: Awaiting,
  nowMs: number,
): Promise<InputVerdict> {
  const facts = { businessDate: run.businessDate, plannedAtMs: run.plannedAt, zone: zoneOf(job) };
  const markerPath = arrival.doneMarker === null ? null : inputPath(arrival.doneMarker, facts);
  return judgeInput({
    arrival,
    path: row.path,
    // The marker first: what it vouches for was there before it.
    marker: markerPath === null ? null : { path: markerPath, sighting: await files.look(markerPath, roots) },
    sighting: await files.look(row.path, roots),
    note: row,
    nowMs,
  });
}

/** The same content never runs twice for a job. A rerun may take again what a run of its own line took. */
async function take(tx: SqlTx, { run, job }: Awaiting, input: RunInput, effects: Effects): Promise<void> {
  const taker = await takeContent(tx, job.id, run.id, input);
  if (taker !== run.id && !(await lineOfRun(tx, run.rerunOf)).includes(taker)) {
    const reason = `run ${taker} of the job has taken the same content (${input.path}, SHA-256 ${input.sha256})`;
    await applyRunEvent(tx, run, { kind: 'input_taken' }, reason, effects);
    return;
  }
  await giveInput(tx, run.id, input);
  await deleteAwaitedInput(tx, run.id);
  await closeAlarm(tx, { kind: 'INPUT_LATE', subjectKind: 'run', subjectId: run.id });
  await setRunWait(tx, run.id, null, `${input.path} has come`);
  effects.wakes.add('dispatch-ready-shards');
}

async function lookAgain(
  tx: SqlTx,
  { run, job, arrival, row }: Awaiting,
  verdict: InputVerdict,
  effects: Effects,
): Promise<void> {
  const isLate = row.lateAt !== null && tx.nowMs >= row.lateAt;
  if (isLate && row.lateTold === 0) {
    const message = `the input of run ${run.id} of job "${job.name}" is late: ${verdict.reason}`;
    const about = { kind: 'INPUT_LATE', subjectKind: 'run', subjectId: run.id } as const;
    await raiseAlarm(tx, { ...about, severity: 'warning', message }, effects);
  }
  await noteSeenInput(tx, run.id, {
    ...verdict.note,
    nextLookAt: tx.nowMs + arrival.pollMs,
    lateTold: isLate ? 1 : row.lateTold,
  });
  await setRunWait(tx, run.id, 'input', verdict.reason);
}
