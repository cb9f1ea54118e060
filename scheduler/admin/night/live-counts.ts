import { Compile } from 'typebox/compile';
import { isDaybreakError } from '../../../shared/errors.ts';
import { type RunCounts, RunCountsSchema } from '../../../shared/protocol/inspect.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';
import { partlyToldRuns } from '../../storage/sql/admin-live-queries.ts';
import { askExecutor } from '../inspect/ask-executor.ts';

/** A run of which not everything was told, and the group whose executors know how far it is. */
export interface AskedRun {
  readonly runId: number;
  readonly group: string;
}

/** How far runs are now, for whoever looks: one question for all of them, at most so often. */
export interface LiveCounts {
  /** Of those runs of which executors could say it; the others are shown as they were told. */
  of(runs: readonly AskedRun[]): Promise<ReadonlyMap<number, RunCounts>>;
}

/** A run is asked about at most so often, however many look. */
export const ASKED_EVERY_MS = 2_000;
/** Executors of an older build do not know the question: they are not asked again for so long. */
export const REFUSED_FOR_MS = 60_000;
/** Whoever looks waits for an answer no longer than this, and sees the one before; */
const WAITED_MS = 1_000;
/** which is shown no longer than this: an old picture is worse than what was told. */
const SHOWN_FOR_MS = 15_000;

interface Kept {
  nextAtMs: number;
  asking: Promise<void> | null;
  counts: RunCounts | null;
  answeredAtMs: number;
}

const answer = Compile(RunCountsSchema);

export function createLiveCounts(
  ctx: Pick<SchedulerContext, 'runtime' | 'logger'>,
  ask: (run: AskedRun) => Promise<unknown>,
): LiveCounts {
  const { clock } = ctx.runtime;
  const kept = new Map<number, Kept>();

  const askAbout = async (run: AskedRun, entry: Kept): Promise<void> => {
    let everyMs = ASKED_EVERY_MS;
    try {
      const counts = await ask(run);
      if (!answer.Check(counts)) throw new Error('the answer has a shape that nobody here knows');
      entry.counts = counts;
      entry.answeredAtMs = clock.monotonicMs();
    } catch (error) {
      if (isDaybreakError(error) && error.code === 'NOT_FOUND') everyMs = REFUSED_FOR_MS;
      ctx.logger.debug({ err: error, runId: run.runId }, 'how far a run is could not be asked');
    }
    // From the end of the answer: executors that are slow to answer are asked less often.
    entry.nextAtMs = clock.monotonicMs() + everyMs;
    entry.asking = null;
  };

  return {
    async of(runs) {
      const nowMs = clock.monotonicMs();
      for (const [runId, { nextAtMs, asking }] of kept) {
        if (asking === null && nowMs - nextAtMs > REFUSED_FOR_MS) kept.delete(runId);
      }
      const entries = runs.map((run) => {
        const entry = kept.get(run.runId) ?? { nextAtMs: nowMs, asking: null, counts: null, answeredAtMs: 0 };
        kept.set(run.runId, entry);
        if (entry.asking === null && nowMs >= entry.nextAtMs) entry.asking = askAbout(run, entry);
        return [run.runId, entry] as const;
      });
      const asking = entries.flatMap(([, entry]) => entry.asking ?? []);
      if (asking.length > 0) await withinMs(ctx, Promise.all(asking), WAITED_MS);
      const fromMs = clock.monotonicMs() - SHOWN_FOR_MS;
      return new Map(
        entries.flatMap(([runId, { counts, answeredAtMs }]) =>
          counts === null || answeredAtMs < fromMs ? [] : [[runId, counts] as const],
        ),
      );
    },
  };
}

/** Asks any executor of the group, as people's questions are asked. */
export const liveCountsOf = (ctx: SchedulerContext): LiveCounts =>
  createLiveCounts(ctx, ({ runId, group }) => askExecutor(ctx, group, { question: 'run.counts', params: { runId } }));

/** Of all runs of a chain run of which not everything was told. */
export async function countsOfChainRun(
  { ctx, counts }: { readonly ctx: SchedulerContext; readonly counts: LiveCounts },
  chainRunId: number,
): Promise<ReadonlyMap<number, RunCounts>> {
  return counts.of(await ctx.store.read('find-runs-to-ask', (db) => partlyToldRuns(db, chainRunId)));
}

async function withinMs(ctx: Pick<SchedulerContext, 'runtime'>, work: Promise<unknown>, ms: number): Promise<void> {
  const over = new AbortController();
  const waited = ctx.runtime.sleep(ms, over.signal).catch(() => undefined);
  await Promise.race([work, waited]);
  over.abort();
}
