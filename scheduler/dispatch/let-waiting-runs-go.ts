import type { Job } from '../definition/job-definition.ts';
import { newEffects } from '../effects.ts';
import { askExecutors } from '../routing/ask-executors.ts';
import type { ProbeAnswer } from '../routing/route-failover.ts';
import { coverRun } from '../run/cover-run.ts';
import { judgeWaiting, type WaitsFor } from '../run/judge-waiting.ts';
import { type LookVerdict, lookAtRun } from '../run/look-at-run.ts';
import type { RunState } from '../run/run-transitions.ts';
import { executorsFor } from '../run/split-run.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJob } from '../storage/definition-cache.ts';
import { pickJob } from '../storage/sql/definition-queries.ts';
import { groupLimits, lockGroupLimit } from '../storage/sql/group-limit-queries.ts';
import { lockRun, openRuns } from '../storage/sql/run-queries.ts';
import { type WaitingRunRow, waitingRuns } from '../storage/sql/waiting-run-queries.ts';
import type { AskingPatience } from './asking-patience.ts';
import { inWaitingOrder } from './waiting-order.ts';

/**
 * Looks at the runs that wait, by priority and then by age, and lets those go that may. One that may not holds back
 * nobody but later runs of its own job. What the list shows already is not written again: a thousand runs that wait cost
 * one read per pass and no transaction. Returns in how many milliseconds executors are to be asked again, or null.
 */
export async function letWaitingRunsGo(ctx: SchedulerContext, patience: AskingPatience): Promise<number | null> {
  const picture = await readPicture(ctx);
  patience.keepOnly(new Set(picture.waiting.map((run) => run.runId)));
  let askInMs: number | null = null;
  const stillWaiting: WaitsFor[] = [];
  for (const run of inWaitingOrder(picture.waiting, picture.nowMs, ctx.settings.priorityAgingMs)) {
    const verdict = picture.judge(run);
    if (verdict?.kind === 'wait' && verdict.for === run.waitsFor && verdict.reason === run.reason) {
      stillWaiting.push(verdict.for);
      continue;
    }
    const pauseMs = patience.waitMs(run.runId);
    if (pauseMs > 0 && verdict?.kind === 'go') {
      askInMs = Math.min(askInMs ?? Infinity, pauseMs);
      stillWaiting.push('executors');
      continue;
    }
    const went = await lookUntilDecided(ctx, run);
    if (went.kind === 'busy') askInMs = Math.min(askInMs ?? Infinity, BUSY_AGAIN_MS);
    if (went.kind === 'went') picture.nowRuns(run);
    if (went.kind === 'nobody') patience.nobodyCould(run.runId);
    if (went.kind === 'waits') stillWaiting.push(verdict?.kind === 'wait' ? verdict.for : 'earlier');
    if (went.kind === 'nobody') {
      stillWaiting.push('executors');
      askInMs = Math.min(askInMs ?? Infinity, patience.waitMs(run.runId));
    }
  }
  for (const what of ['earlier', 'limit', 'executors'] as const) {
    ctx.metrics.runsWaiting.set(stillWaiting.filter((each) => each === what).length, { for: what });
  }
  ctx.metrics.runsWithoutExecutor.set(stillWaiting.filter((what) => what === 'executors').length);
  return askInMs;
}

/** Another scheduler is judging a run of the job, or somebody fires it: it is looked at again after this. */
const BUSY_AGAIN_MS = 100;
type Looked = LookVerdict | { readonly kind: 'busy' };

/** Ends what has to be ended first, asks whom has to be asked, each outside of the look's transaction; then looks again. */
async function lookUntilDecided(ctx: SchedulerContext, run: WaitingRunRow): Promise<Looked> {
  let answers: ReadonlyMap<string, ProbeAnswer> | null = null;
  let covered = false;
  for (;;) {
    const verdict = await look(ctx, run, answers);
    if (verdict.kind === 'end_first' && !covered) {
      for (const runId of verdict.runIds) await coverRun(ctx, { runId, newerRunId: run.runId });
      covered = true;
    } else if (verdict.kind === 'ask' && answers === null) {
      const { question, addresses } = verdict;
      answers = await askExecutors(ctx.client, {
        question,
        addresses,
        jobId: run.jobId,
        timeoutMs: ctx.settings.probeTimeoutMs,
      });
    } else {
      return verdict;
    }
  }
}

async function look(
  ctx: SchedulerContext,
  listed: WaitingRunRow,
  answers: ReadonlyMap<string, ProbeAnswer> | null,
): Promise<Looked> {
  const { verdict, effects } = await ctx.store.transaction('look-at-run', async (tx) => {
    const effects = newEffects();
    // Whoever has the job judges it now; to wait for them would hold up all that stand behind it.
    if (!(await pickJob(tx, listed.jobId))) return { verdict: { kind: 'busy' } as const, effects };
    await lockGroupLimit(tx, listed.appName);
    const run = await lockRun(tx, listed.runId);
    const job = run === null ? null : await cachedJob(tx, run.jobId, run.configHash);
    if (run === null || job === null || run.state !== 'waiting') {
      return { verdict: { kind: 'discarded' } as const, effects };
    }
    return { verdict: await lookAtRun(tx, ctx, { run, job, answers }, effects), effects };
  });
  ctx.apply(effects);
  return verdict;
}

/** What one read shows of all that waits, for a judgement that costs no lock; whoever seems free is judged again under it. */
async function readPicture(ctx: SchedulerContext) {
  return ctx.store.read('list-waiting-runs', async (db) => {
    const waiting = await waitingRuns(db);
    const open = waiting.length === 0 ? [] : await openRuns(db);
    const limits = waiting.length === 0 ? new Map<string, number>() : await groupLimits(db);
    const jobs = new Map<string, Job | null>();
    const alive = new Map<string, number>();
    for (const { jobId, configHash } of waiting) {
      const key = `${jobId} ${configHash}`;
      if (jobs.has(key)) continue;
      const job = await cachedJob(db, jobId, configHash);
      jobs.set(key, job);
      if (job !== null) alive.set(key, (await executorsFor(db, ctx, job)).length);
    }
    const states = new Map<number, RunState>(open.map((run) => [run.runId, run.state]));
    const openByJob = Map.groupBy(open, (run) => run.jobId);
    const running = new Map<string, number>();
    for (const run of open) {
      if (run.state === 'running') running.set(run.appName, (running.get(run.appName) ?? 0) + 1);
    }
    return {
      nowMs: db.nowMs,
      waiting,
      judge(run: WaitingRunRow) {
        const key = `${run.jobId} ${run.configHash}`;
        const job = jobs.get(key) ?? null;
        if (job === null) return null;
        const earlier = (openByJob.get(run.jobId) ?? [])
          .filter((other) => other.runId < run.runId)
          .map(({ runId }) => ({ runId, state: states.get(runId) ?? 'waiting' }));
        const max = limits.get(run.appName);
        return judgeWaiting({
          job,
          awaitedInput: null,
          earlier,
          limit: max === undefined ? null : { max, running: running.get(run.appName) ?? 0 },
          alive: alive.get(key) ?? 0,
        });
      },
      /** So that the next ones in this pass are judged with it. */
      nowRuns(run: WaitingRunRow) {
        states.set(run.runId, 'running');
        running.set(run.appName, (running.get(run.appName) ?? 0) + 1);
      },
    };
  });
}
