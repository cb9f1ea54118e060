import type { BodyReport } from '../clockwork.ts';
import { newEffects } from '../effects.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { activeChainRuns } from '../storage/sql/chain-run-queries.ts';
import { progressChain } from './progress-chain.ts';

/**
 * The sweep over the edges of every chain run at work: it opens those that only time opens (grace, cut-off), and makes
 * good whatever child should be there and is not. A chain run that somebody else moves at this moment is theirs; the next
 * tick looks again.
 */
export async function evaluateEdges(ctx: SchedulerContext): Promise<BodyReport> {
  const active = await ctx.store.read('list-active-chain-runs', activeChainRuns);
  let wakeInMs: number | null = null;
  for (const { id } of active) {
    const { effects, opensInMs } = await ctx.store.transaction('evaluate-edges', async (tx) => {
      const effects = newEffects();
      const opensAtMs = await progressChain(tx, ctx, id, effects, 'skip');
      return { effects, opensInMs: opensAtMs === null ? null : opensAtMs - tx.nowMs };
    });
    ctx.apply(effects);
    if (opensInMs !== null) wakeInMs = Math.min(wakeInMs ?? Infinity, opensInMs);
  }
  return { wakeInMs };
}
