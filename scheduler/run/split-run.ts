import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { chooseHomes, type RouteVerdict } from '../routing/choose-homes.ts';
import { type LiveExecutor, withLabels } from '../routing/live-executor.ts';
import type { ProbeAnswer } from '../routing/route-failover.ts';
import { usesAfter } from '../routing/route-least-frequently-used.ts';
import type { RouteUse } from '../routing/route-use.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { withHooks } from '../shard/hook-shards.ts';
import { lockJob, nextRound } from '../storage/sql/definition-queries.ts';
import { countAlive } from '../storage/sql/executor-queries.ts';
import { liveExecutors } from '../storage/sql/live-executor-queries.ts';
import { noteRouteUse, routeUses } from '../storage/sql/route-use-queries.ts';
import { moveRun, type RunRow, setRunSplit } from '../storage/sql/run-queries.ts';
import { insertShards } from '../storage/sql/shard-queries.ts';
import { setRunWait } from '../storage/sql/waiting-run-queries.ts';
import { groupInWords } from './judge-waiting.ts';

export type SplitVerdict =
  | { readonly kind: 'went' }
  | { readonly kind: 'nobody' }
  | Extract<RouteVerdict, { readonly kind: 'ask' }>;

export interface Split {
  readonly run: RunRow;
  readonly job: Job;
  readonly live: readonly LiveExecutor[];
  /** What executors answered when they were asked, for the routes that go by it. */
  readonly answers: ReadonlyMap<string, ProbeAnswer> | null;
}

/** Those that may work the job now. Right after a start nobody may: the executors that are expected come first. */
export async function executorsFor(db: SqlReader, ctx: SchedulerContext, job: Job): Promise<LiveExecutor[]> {
  if (!ctx.mayHandOut(await countAlive(db))) return [];
  return withLabels(await liveExecutors(db, job.group), job.labels);
}

/**
 * Fixes index and total of a run that may go; they never change afterwards. The job's row and the run's are locked. A
 * run that was made with its shards (a rerun of some of them) keeps those.
 */
export async function splitRun(
  tx: SqlTx,
  ctx: SchedulerContext,
  { run, job, live, answers }: Split,
  effects: Effects,
): Promise<SplitVerdict> {
  if (run.shardTotal === null) {
    const uses = goesByUse(job) ? await routeUses(tx, job.id) : NO_USES;
    const routed = chooseHomes({
      job,
      live,
      avoided: ctx.health.avoided(),
      roundCounter: job.route === 'ROUND' ? ((await lockJob(tx, job.id))?.roundCounter ?? 0) : 0,
      uses,
      chance: ctx.runtime.random.next(),
      answers,
    });
    if (routed.kind !== 'chosen') return waitForAnswers(tx, run, job, routed, effects);
    const [first] = routed.homes;
    if (job.route === 'ROUND') await nextRound(tx, job.id);
    if (goesByUse(job) && first !== undefined) {
      const { address } = first.home;
      const addresses = live.map((executor) => executor.address);
      const lastUsedAt = Math.max(tx.nowMs, 1 + Math.max(0, ...[...uses.values()].map((use) => use.lastUsedAt)));
      await noteRouteUse(tx, job.id, address, { uses: usesAfter(address, addresses, uses), lastUsedAt });
    }
    const shards = routed.homes.map(({ index, home }) => ({ index, homeExecutorId: home.id }));
    await insertShards(tx, run.id, withHooks(job, shards));
    await setRunSplit(tx, run.id, routed.homes.length);
  }
  await setRunWait(tx, run.id, null, null);
  await moveRun(tx, { runId: run.id, from: run.state, to: 'running', reason: null, ended: false });
  effects.wakes.add('dispatch-ready-shards');
  return { kind: 'went' };
}

const NO_USES: ReadonlyMap<string, RouteUse> = new Map();
const goesByUse = (job: Job): boolean => job.route === 'LEAST_FREQUENTLY_USED' || job.route === 'LEAST_RECENTLY_USED';

async function waitForAnswers(
  tx: SqlTx,
  run: RunRow,
  job: Job,
  routed: Exclude<RouteVerdict, { kind: 'chosen' }>,
  effects: Effects,
): Promise<SplitVerdict> {
  const group = groupInWords(job);
  if (routed.kind === 'nobody') {
    await setRunWait(tx, run.id, 'executors', `${routed.reason} (${group}); they are asked again`);
    return { kind: 'nobody' };
  }
  // What an earlier round of asking said stands until the next one has ended.
  if (run.waitsFor !== 'executors') await setRunWait(tx, run.id, 'executors', `executors of ${group} are being asked`);
  effects.wakes.add('dispatch-ready-shards');
  return routed;
}
