import type { SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { chooseHomes } from '../routing/choose-homes.ts';
import { type LiveExecutor, withLabels } from '../routing/live-executor.ts';
import type { ShardHome } from '../routing/route-sharding-broadcast.ts';
import type { EarlierRun } from '../run/block-policy.ts';
import { judgeWaiting, type WaitsFor } from '../run/judge-waiting.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { cachedJobs } from '../storage/definition-cache.ts';
import { countAlive } from '../storage/sql/executor-queries.ts';
import { type FireRow, OWN_ORIGINS } from '../storage/sql/fire-queries.ts';
import { groupLimits } from '../storage/sql/group-limit-queries.ts';
import { type LiveNode, liveNodes } from '../storage/sql/live-executor-queries.ts';
import { allPeersYetToHear, openRunsOfJobs, type PickedJob, pickJobs } from '../storage/sql/many-fires-queries.ts';
import { judgeLoneLeftOvers, type LeftOver } from './judge-lone-left-overs.ts';
import { isMissed } from './judge-missed.ts';

/** A fire whose run can be made now, with what was decided about it. */
export interface PlainFire {
  readonly fire: FireRow;
  readonly job: Job;
  /** Who works which shard; null: the run waits. */
  readonly homes: readonly ShardHome<LiveExecutor>[] | null;
  readonly waits: { readonly for: WaitsFor; readonly reason: string } | null;
  readonly live: readonly LiveNode[];
  readonly avoided: ReadonlySet<string>;
  readonly yetToHear: ReadonlySet<number>;
}

export interface FiringWorld {
  readonly plain: readonly PlainFire[];
  readonly rest: readonly FireRow[];
  /** So many are of jobs that somebody else has just now, and in neither list. */
  readonly busy: number;
}

const NONE: ReadonlySet<number> = new Set();
const ASKING: ReadonlySet<string> = new Set(['FAILOVER', 'BUSYOVER', 'LEAST_FREQUENTLY_USED', 'LEAST_RECENTLY_USED']);

/**
 * Reads once what all of these LOCKED fires are judged by, with their jobs locked, and judges the plain ones. Fires of a job
 * that somebody else has at this moment are in neither list.
 */
export async function readFiringWorld(
  tx: SqlTx,
  ctx: SchedulerContext,
  fires: readonly FireRow[],
): Promise<FiringWorld> {
  const picked = new Map<number, PickedJob>();
  for (const row of await pickJobs(tx, [...new Set(fires.map(({ jobId }) => jobId))])) picked.set(row.id, row);
  const locked = fires.filter(({ jobId }) => picked.has(jobId));
  const busy = fires.length - locked.length;
  const jobs = await cachedJobs(
    tx,
    [...picked.values()].map(({ id, configHash }) => ({ jobId: id, configHash })),
  );
  const jobOf = (fire: FireRow): Job | null => jobs.get(picked.get(fire.jobId)?.configHash ?? '') ?? null;
  const limits = await groupLimits(tx);
  const plainFirst = firstOfEach(locked).filter((fire) => isPlain(fire, jobOf(fire), limits));
  const leftOver = plainFirst.flatMap((fire) => leftOverOf(fire, jobOf(fire), tx.nowMs));
  const lateBecause = await judgeLoneLeftOvers(tx, leftOver);
  const free = locked.map((fire) => ({ ...fire, reason: lateBecause.get(fire.id) ?? fire.reason }));
  const unjudged = new Set(leftOver.flatMap(({ fire }) => (lateBecause.has(fire.id) ? [] : [fire.id])));
  const plainIds = new Set(plainFirst.map(({ id }) => id));
  const plainOnes = free.filter(({ id }) => plainIds.has(id) && !unjudged.has(id));
  if (plainOnes.length === 0) return { plain: [], rest: free, busy };

  const open = await openRunsOfJobs(
    tx,
    plainOnes.map(({ jobId }) => jobId),
  );
  const groups = new Set(plainOnes.map((fire) => jobOf(fire)?.group ?? ''));
  const nodes = ctx.mayHandOut(await countAlive(tx)) ? await liveNodes(tx, [...groups]) : new Map<string, LiveNode[]>();
  const yetToHear = await allPeersYetToHear(tx);
  const avoided = ctx.health.avoided();
  const plain = plainOnes.flatMap((fire): PlainFire[] => {
    const job = jobOf(fire) as Job;
    const live = withLabels(nodes.get(job.group) ?? [], job.labels);
    const judged = judge(ctx, {
      job,
      live,
      avoided,
      earlier: open.get(job.id) ?? [],
      round: picked.get(job.id)?.roundCounter ?? 0,
    });
    return judged === null ? [] : [{ fire, job, live, avoided, yetToHear: yetToHear.get(job.id) ?? NONE, ...judged }];
  });
  const taken = new Set(plain.map(({ fire }) => fire.id));
  return { plain, rest: free.filter(({ id }) => !taken.has(id)), busy };
}

/** Of one job the others are judged by the first. */
function firstOfEach(fires: readonly FireRow[]): FireRow[] {
  const first = new Map<number, FireRow>();
  for (const fire of fires) if (!first.has(fire.jobId)) first.set(fire.jobId, fire);
  return [...first.values()];
}

/** Whether nothing but executors and earlier runs has to do with it. */
function isPlain(fire: FireRow, job: Job | null, limits: ReadonlyMap<string, number>): boolean {
  if (job === null || fire.chainRunId !== null || fire.origin === 'parent') return false;
  if (job.arrival !== null || job.glueType !== 'BEAN' || job.beforeRun !== null || job.afterRun !== null) return false;
  return !ASKING.has(job.route) && !limits.has(job.group);
}

/** Left over from an outage: its misfire policy is asked first. One that says why it is late was judged. */
function leftOverOf(fire: FireRow, job: Job | null, nowMs: number): LeftOver[] {
  const isOwn = OWN_ORIGINS.some((origin) => origin === fire.origin);
  if (job === null || !isOwn || fire.reason !== null || !isMissed(fire.plannedAt, job.misfire, nowMs)) return [];
  return [{ fire, misfire: job.misfire }];
}

interface Facts {
  readonly job: Job;
  readonly live: readonly LiveNode[];
  readonly avoided: ReadonlySet<string>;
  readonly earlier: readonly EarlierRun[];
  readonly round: number;
}

/** Null: it has to be looked at by itself, because another run is to be ended or this one discarded. */
function judge(
  ctx: SchedulerContext,
  { job, live, avoided, earlier, round }: Facts,
): Pick<PlainFire, 'homes' | 'waits'> | null {
  const verdict = judgeWaiting({ job, awaitedInput: null, earlier, limit: null, alive: live.length });
  if (verdict.kind === 'wait') return { homes: null, waits: { for: verdict.for, reason: verdict.reason } };
  if (verdict.kind !== 'go') return null;
  const routed = chooseHomes({
    job,
    live,
    avoided,
    roundCounter: round,
    uses: new Map(),
    chance: ctx.runtime.random.next(),
    answers: null,
  });
  return routed.kind === 'chosen' ? { homes: routed.homes, waits: null } : null;
}
