import { closeAlarm, raiseAlarm } from '../alarm/raise-alarm.ts';
import type { BodyReport } from '../clockwork.ts';
import { newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import {
  beatNode,
  deleteGoneNodes,
  deleteNode,
  type SchedulerNodeRow,
  schedulersAlive,
} from '../storage/sql/scheduler-node-queries.ts';

/** What a scheduler says of itself to the others on its store. */
export interface ThisNode {
  readonly incarnation: string;
  /** For people. */
  readonly name: string;
  readonly url: string;
  readonly version: string;
  readonly tzVersion: string;
}

/** A row is kept for so many leases after its last, so that people see who has just gone. */
const GONE_FOR_LEASES = 20;

/**
 * Says that this process lives, by the store's clock, and looks whether all that live find instants with the same time-zone
 * database. It is an alarm and no refusal: when a cluster is brought to a new version node by node they differ for a while,
 * and each instant is planned once whoever plans it.
 */
export async function beatSchedulerNode(ctx: SchedulerContext, node: ThisNode): Promise<BodyReport> {
  const leaseMs = ctx.settings.schedulerLeaseMs;
  const { effects, isNew, others } = await ctx.store.transaction('beat-scheduler-node', async (tx) => {
    const effects = newEffects();
    const isNew = await beatNode(tx, { ...node, leaseMs });
    await deleteGoneNodes(tx, GONE_FOR_LEASES * leaseMs);
    const alive = await schedulersAlive(tx);
    const subject = { kind: 'TZ_DIFFERS', subjectKind: 'cluster', subjectId: 'schedulers' } as const;
    if (new Set(alive.map((each) => each.tzVersion)).size > 1) {
      await raiseAlarm(tx, { ...subject, severity: 'critical', message: tzInWords(alive) }, effects);
    } else {
      await closeAlarm(tx, subject);
    }
    return { effects, isNew, others: alive.filter((each) => each.incarnation !== node.incarnation) };
  });
  ctx.apply(effects);
  ctx.metrics.schedulers.set(others.length + 1);
  if (isNew) ctx.logger.info({ node: node.name, others: others.map(({ name }) => name) }, 'one of the cluster');
  return {};
}

/** A process that stops says so: nobody has to wait for the end of its lease. */
export async function leaveCluster(ctx: SchedulerContext, node: Pick<ThisNode, 'incarnation'>): Promise<void> {
  await ctx.store.transaction('leave-cluster', (tx) => deleteNode(tx, node.incarnation));
}

const tzInWords = (alive: readonly SchedulerNodeRow[]): string =>
  `schedulers find instants with different time-zone databases: ${alive
    .map(({ name, tzVersion }) => `${name} has ${tzVersion}`)
    .join(', ')}; run them all with the same version of Node`;
