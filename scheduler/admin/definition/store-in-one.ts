import type { SqlTx } from '../../../shared/sql/sql.ts';
import { type Effects, newEffects } from '../../effects.ts';
import type { SchedulerContext } from '../../scheduler-context.ts';

/** One transaction, and what follows from it when it is committed: whatever is stored may fire at once. */
export async function storeInOne<T>(
  ctx: SchedulerContext,
  name: string,
  body: (tx: SqlTx, effects: Effects) => Promise<T>,
): Promise<T> {
  const { result, effects } = await ctx.store.transaction(name, async (tx) => {
    const effects = newEffects();
    return { result: await body(tx, effects), effects };
  });
  ctx.apply(effects);
  ctx.wake('plan-fires');
  return result;
}
