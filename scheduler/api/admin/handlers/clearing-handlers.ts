import { DaybreakError } from '../../../../shared/errors.ts';
import { clearRuns } from '../../../admin/clear-runs.ts';
import { countAttemptsOf, countClearable } from '../../../storage/sql/admin-clearing-queries.ts';
import type { runRoutes } from '../contract/run-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';

const DAY_MS = 86_400_000;

/** Old runs are counted first, and deleted as they were counted. */
export function createClearingHandlers({
  ctx,
}: AdminParts): Handlers<Pick<typeof runRoutes, 'GET /clearing' | 'POST /clearing'>> {
  return {
    'GET /clearing': async ({ query }) =>
      ctx.store.read('preview-clearing', async (db) => {
        const filter = clearFilterOf(query, db.nowMs);
        const { runs, oldest, newest } = await countClearable(db, filter);
        const attempts = await countAttemptsOf(db, filter);
        return { runs, attempts, oldestAtMs: oldest, newestAtMs: newest };
      }),
    'POST /clearing': async (call) => {
      const nowMs = await ctx.store.read('read-clock', async (db) => db.nowMs);
      return clearRuns(call.ctx, clearFilterOf(call.body, nowMs), call.body.expected);
    },
  };
}

interface Clearing {
  readonly group?: string;
  readonly jobId?: number;
  readonly olderThanDays?: number;
  readonly keepLast?: number;
}

function clearFilterOf({ group, jobId, olderThanDays, keepLast }: Clearing, nowMs: number) {
  if (olderThanDays === undefined && keepLast === undefined) {
    throw new DaybreakError('BAD_INPUT', 'say how old, or how many stay: olderThanDays or keepLast', {
      details: { path: 'olderThanDays' },
    });
  }
  return {
    ...(group === undefined ? {} : { group }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(olderThanDays === undefined ? {} : { beforeMs: nowMs - olderThanDays * DAY_MS }),
    ...(keepLast === undefined ? {} : { keepLast }),
  };
}
