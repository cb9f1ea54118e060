import { DaybreakError } from '../../shared/errors.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { setGroupRunLimit } from '../storage/sql/group-limit-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';

export interface SetGroupLimit {
  readonly group: string;
  /** Runs at once; 0: any number. */
  readonly runLimit: number;
  /** Who asks, for the record. */
  readonly by: string;
  /** Default ''. */
  readonly reason?: string;
}

/** So many runs of a group go at once; what runs already goes on. Throws BAD_INPUT. */
export async function setGroupLimit(ctx: SchedulerContext, order: SetGroupLimit): Promise<void> {
  const { group, runLimit, by, reason = '' } = order;
  if (!Number.isInteger(runLimit) || runLimit < 0 || runLimit > 1_000_000) {
    throw new DaybreakError('BAD_INPUT', `runLimit is ${runLimit}: give a whole number from 0 (none) to 1000000`);
  }
  if (group === '' || group.length > 64) {
    throw new DaybreakError('BAD_INPUT', 'group must be the appname of executors, 1 to 64 characters');
  }
  await ctx.store.transaction('set-group-limit', async (tx) => {
    await setGroupRunLimit(tx, group, runLimit);
    const subject = { subjectKind: 'group', subjectId: group } as const;
    await recordOperatorAction(tx, { who: by, verb: 'set-group-limit', ...subject, reason, detail: { runLimit } });
  });
  ctx.wake('dispatch-ready-shards');
}
