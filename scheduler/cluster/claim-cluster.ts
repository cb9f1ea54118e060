import { DaybreakError } from '../../shared/errors.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ClusterRow, lockCluster, setCluster } from '../storage/sql/scheduler-node-queries.ts';
import { judgeTokens, tokenPrint } from './token-print.ts';

/** What a scheduler says that it is of; a name of null is of no cluster, and takes no store for itself. */
export interface ClusterClaim {
  readonly name: string | null;
  readonly accessToken: string;
  readonly previousAccessToken: string | null;
}

/**
 * Takes the store for a cluster of this name and token, or finds that it is that cluster's. Two clusters on one store by
 * mistake would fire each other's jobs on each other's executors, and of two tokens one is refused by every executor, so
 * both are said at the start, whether anybody of the cluster lives or not.
 */
export async function claimCluster(ctx: SchedulerContext, claim: ClusterClaim): Promise<void> {
  const { name, accessToken, previousAccessToken } = claim;
  if (name === null) return;
  const own = {
    token: tokenPrint(name, accessToken),
    previous: previousAccessToken === null ? null : tokenPrint(name, previousAccessToken),
  };
  await ctx.store.transaction('claim-cluster', async (tx) => {
    const cluster = await lockCluster(tx);
    if (cluster.name !== null && cluster.name !== name) throw otherCluster(ctx.store.label, cluster.name, name);
    const stored = { token: cluster.tokenPrint, previous: cluster.previousTokenPrint };
    const verdict = judgeTokens(stored, own);
    if (verdict === 'refuse') throw otherToken(ctx.store.label, name, { cluster, ours: own.token });
    if (verdict === 'take') await setCluster(tx, { name, tokenPrint: own.token, previousTokenPrint: own.previous });
  });
}

const otherCluster = (store: string, theirs: string, ours: string): DaybreakError =>
  new DaybreakError(
    'CONFIG_INVALID',
    `the store ${store} belongs to the cluster "${theirs}", and this scheduler is of "${ours}": give it a store of its own, or start it with cluster "${theirs}"`,
  );

const otherToken = (
  store: string,
  name: string,
  { cluster, ours }: { readonly cluster: ClusterRow; readonly ours: string },
): DaybreakError =>
  new DaybreakError(
    'CONFIG_INVALID',
    `the schedulers of the cluster "${name}" in ${store} share the access token with the fingerprint ${cluster.tokenPrint}, and this one's has ${ours}: ` +
      'start it with theirs; to change the token, give the one before as the previous access token as well; ' +
      'if that is lost, stop all schedulers and run: update s_cluster set token_print = null',
  );
