import { isoInstant } from '../../shared/business-date.ts';
import type { SqlTx } from '../../shared/sql/sql.ts';
import { startChainRun } from '../chain/start-chain.ts';
import type { Chain } from '../definition/chain-definition.ts';
import type { Job } from '../definition/job-definition.ts';
import type { Effects } from '../effects.ts';
import { makeRun } from '../run/make-run.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentCachedChain, currentCachedJob } from '../storage/definition-cache.ts';
import { type ChainRunRow, chainRunById } from '../storage/sql/chain-run-queries.ts';
import { decideFire, type FireRow } from '../storage/sql/fire-queries.ts';
import { type HoldRow, insertHeldFires } from '../storage/sql/hold-queries.ts';
import { cutOffAtMs } from './cut-off.ts';
import { linkToParent } from './fire-children.ts';
import { type FireEvent, type FireState, transitFire } from './fire-transitions.ts';
import { holdInWords, holdOver } from './held-by.ts';
import { paramOf } from './job-param.ts';
import { tellHeldFires } from './tell-held-fires.ts';

export interface DueWorld {
  /** Those that count; none when a person fires it in spite of them. */
  readonly holds: readonly HoldRow[];
  /** A person has said that it shall run: it is not held for lateness or a cut-off again. */
  readonly byPerson?: boolean;
}

type Subject =
  | { readonly kind: 'job'; readonly job: Job; readonly chainRun: ChainRunRow | null }
  | { readonly kind: 'chain'; readonly chain: Chain };

type Decision =
  | { readonly event: FireEvent; readonly reason: string | null; readonly hold?: HoldRow | null }
  | { readonly event: { readonly kind: 'due' }; readonly reason: null; readonly subject: Subject };

/**
 * Decides a LOCKED fire that is due or held: hold, cut-off, not wanted, else a run, made here. Returns its new state, or
 * null when it stays where it is.
 */
export async function decideDueFire(
  tx: SqlTx,
  ctx: SchedulerContext,
  fire: FireRow,
  world: DueWorld,
  effects: Effects,
): Promise<FireState | null> {
  const decision = await decide(tx, fire, world);
  const verdict = transitFire(fire.state, decision.event);
  if (verdict.kind !== 'moved') return null;
  if (!(await decideFire(tx, fire, verdict.to, decision.reason))) return null;
  const lateSeconds = (tx.nowMs - fire.plannedAt) / 1_000;
  const wasHeld = fire.state === 'held';
  effects.counts.push((metrics) => {
    metrics.fires.add(1, { verdict: verdict.to });
    if (verdict.to === 'fired' && !wasHeld) metrics.fireLateness.observe(lateSeconds);
  });
  if ('subject' in decision) await fireSubject(tx, ctx, fire, decision.subject, effects);
  else if (verdict.to === 'held') {
    await insertHeldFires(tx, [fire.id], decision.hold ?? null);
    if (decision.hold == null) await tellHeldFires(tx, [{ ...fire, reason: decision.reason }], effects);
  }
  return verdict.to;
}

async function decide(tx: SqlTx, fire: FireRow, world: DueWorld): Promise<Decision> {
  return fire.jobId !== 0 ? decideJob(tx, fire, world) : decideChain(tx, fire, world);
}

async function decideJob(tx: SqlTx, fire: FireRow, { holds }: DueWorld): Promise<Decision> {
  const job = await currentCachedJob(tx, fire.jobId);
  if (job === null) return notWanted('the job is not defined any more');
  const chainRun = fire.chainRunId === null ? null : await chainRunById(tx, fire.chainRunId);
  if (chainRun !== null && chainRun.state !== 'running') return notWanted('its chain run has ended');
  const what = { jobId: job.id, group: job.group, chainId: chainRun?.chainId ?? null };
  const hold = await holdOver(tx, holds, what);
  if (hold === null) return { event: { kind: 'due' }, reason: null, subject: { kind: 'job', job, chainRun } };
  // A sweep looks at what is there when it runs: the next one does the work of those that were held.
  if (chainRun !== null) return notWanted(holdInWords(hold));
  return { event: { kind: 'held' }, reason: holdInWords(hold), hold };
}

async function decideChain(tx: SqlTx, fire: FireRow, { holds, byPerson = false }: DueWorld): Promise<Decision> {
  const chain = await currentCachedChain(tx, fire.chainId);
  if (chain === null) return notWanted('the chain is not defined any more');
  const hold = await holdOver(tx, holds, { jobId: null, group: null, chainId: fire.chainId });
  if (hold !== null) return { event: { kind: 'held' }, reason: holdInWords(hold), hold };
  const cutOff = cutOffOf(fire, chain);
  if (cutOff !== null && cutOff <= tx.nowMs && !byPerson) {
    return { event: { kind: 'held' }, reason: `its cut-off ${isoInstant(cutOff)} has passed: a person decides` };
  }
  return { event: { kind: 'due' }, reason: null, subject: { kind: 'chain', chain } };
}

const notWanted = (reason: string): Decision => ({ event: { kind: 'not_wanted' }, reason });

/** A backfill makes good the past: its runs have no cut-off. */
const cutOffOf = (fire: FireRow, chain: Chain): number | null =>
  fire.origin === 'backfill' ? null : cutOffAtMs(chain.cutOff, fire.plannedAt);

async function fireSubject(
  tx: SqlTx,
  ctx: SchedulerContext,
  fire: FireRow,
  subject: Subject,
  effects: Effects,
): Promise<void> {
  if (subject.kind === 'chain') {
    await startChainRun(
      tx,
      ctx,
      {
        chain: subject.chain.name,
        businessDate: fire.businessDate,
        cutOffAtMs: cutOffOf(fire, subject.chain),
        ...(fire.param === null ? {} : { params: fire.param }),
        requestId: `fire:${fire.id}`,
        fireId: fire.id,
      },
      effects,
    );
    effects.wakes.add('plan-fires');
    return;
  }
  const { job, chainRun } = subject;
  const runId = await makeRun(
    tx,
    ctx,
    {
      fireId: fire.id,
      job,
      chainRunId: fire.chainRunId,
      param: fire.param ?? paramOf(job, chainRun?.params ?? null),
      plannedAtMs: fire.plannedAt,
      businessDate: fire.businessDate,
    },
    effects,
  );
  if (fire.origin === 'parent') await linkToParent(tx, fire, job, runId);
}
