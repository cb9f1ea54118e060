import type { BodyReport } from '../clockwork.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { executorsNotGone, moveExecutor } from '../storage/sql/executor-queries.ts';
import { allGroups } from '../storage/sql/group-queries.ts';
import { transitExecutor } from './executor-liveness.ts';
import { recordHeartbeat } from './record-heartbeat.ts';

/**
 * Executors of a group with typed-in addresses do not register, so the scheduler asks them: who answers with the
 * group's token is alive, as if it had sent a heartbeat. One of ours that is on the list and registers all the same is
 * left to do so. Only addresses inside the allowed networks are ever asked.
 */
export async function lookForManualExecutors(ctx: SchedulerContext): Promise<BodyReport> {
  const { groups, executors } = await ctx.store.read('list-manual-groups', async (db) => ({
    groups: (await allGroups(db)).filter((group) => group.addressType === 'manual'),
    executors: await executorsNotGone(db),
  }));
  await Promise.all(
    groups.map(async (group) => {
      const addresses = JSON.parse(group.addresses) as string[];
      const registering = executors.filter((row) => row.appName === group.appName && row.incarnation !== null);
      const silent = addresses.filter((address) => !registering.some((row) => row.address === address));
      await Promise.all(silent.map((address) => look(ctx, group.appName, address)));
      // Taken off the list: no new work, and what it holds may end.
      const leavers = executors.filter((row) => row.appName === group.appName && !addresses.includes(row.address));
      for (const row of leavers) {
        const verdict = transitExecutor(row.state, { kind: 'unregistered' });
        if (verdict.kind !== 'moved') continue;
        await ctx.store.transaction('leave-manual-executor', (tx) => moveExecutor(tx, row, verdict.to));
      }
    }),
  );
  return {};
}

async function look(ctx: SchedulerContext, group: string, address: string): Promise<void> {
  // The address may have been typed when the networks were wider: it is judged anew each time, before any call.
  if ((await ctx.client.refusalOf(address)) !== null) return;
  const { probeTimeoutMs } = ctx.settings;
  const answers = await ctx.client.beat(address, probeTimeoutMs, { group, incarnation: null, signs: false });
  if (answers) await recordHeartbeat(ctx, { registryGroup: 'EXECUTOR', registryKey: group, registryValue: address });
}
