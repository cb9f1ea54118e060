import { isDaybreakError } from '../../../../shared/errors.ts';
import { timelineOf } from '../../../admin/night/timeline.ts';
import { killRun } from '../../../run/kill-run.ts';
import { rerun } from '../../../run/rerun.ts';
import { newestAttempts } from '../../../storage/sql/admin-run-detail-queries.ts';
import { runLinesOf } from '../../../storage/sql/admin-run-queries.ts';
import { resumedRunId } from '../../../storage/sql/run-line-queries.ts';
import { runById } from '../../../storage/sql/run-queries.ts';
import type { runRoutes } from '../contract/run-routes.ts';
import type { AdminParts, Handlers } from '../handler.ts';
import { askPage } from './ask-executor.ts';
import { createClearingHandlers } from './clearing-handlers.ts';
import { createLogHandlers } from './log-handlers.ts';
import { oneRun, runDetail, runToAsk } from './run-detail.ts';
import { runPage } from './run-lines.ts';
import { shardLines } from './shard-lines.ts';

export function createRunHandlers(parts: AdminParts): Handlers<typeof runRoutes> {
  const { ctx, counts } = parts;
  return {
    'GET /runs': async ({ query, visible }) => ctx.store.read('list-runs', (db) => runPage(db, query, visible)),
    'GET /runs/:runId': async ({ params, principal, visible }) => {
      const asked = await ctx.store.read('find-run-to-ask', (db) => runToAsk(db, params.runId));
      const now = await counts.of(asked === null ? [] : [asked]);
      return ctx.store.read('view-run', (db) =>
        runDetail(db, params.runId, { principal, visible, counts: asked === null ? undefined : now.get(asked.runId) }),
      );
    },
    'GET /runs/:runId/shards': async ({ params, query }) =>
      ctx.store.read('list-shards', (db) => shardLines(db, params.runId, query)),
    'GET /runs/:runId/timeline': async ({ params }) =>
      ctx.store.read('view-timeline', async (db) => {
        const run = await oneRun(db, params.runId);
        return { items: timelineOf(run, await newestAttempts(db, run.id, 1_000)) };
      }),
    'GET /runs/:runId/slices': async ({ params, query }) => {
      const group = await ctx.store.read(
        'find-group',
        async (db) => (await runLinesOf(db, [params.runId]))[0]?.appName,
      );
      return askPage(ctx, group ?? '', 'run.slices', { runId: params.runId, ...query });
    },
    'GET /runs/:runId/steps': async ({ params, query }) => {
      // A run that resumes another goes on with its steps.
      const found = await ctx.store.read('find-first-of-line', async (db) => {
        const run = await oneRun(db, params.runId);
        const firstId = (await resumedRunId(db, run)) ?? run.id;
        const first = await runById(db, firstId);
        const [line] = await runLinesOf(db, [run.id]);
        return { group: line?.appName ?? '', runId: firstId, sinceMs: first?.createdAt ?? 0 };
      });
      const { group, ...which } = found;
      try {
        return await askPage(ctx, group, 'run.steps', { ...which, ...query });
      } catch (error) {
        // Executors without batch jobs do not know the question: then the run has no steps, and nothing is wrong.
        if (isDaybreakError(error) && error.code === 'NOT_FOUND') return { items: [], next: null };
        throw error;
      }
    },
    'POST /runs/:runId/kill': async (call) => {
      const { runId } = call.params;
      return { killed: await killRun(call.ctx, runId, { by: call.by, reason: call.body.reason }) };
    },
    'POST /runs/:runId/rerun': async (call) => {
      const { kind, requestId, param } = call.body;
      const order = { kind, requestId, by: call.by, ...(param === undefined ? {} : { param }) };
      return rerun(call.ctx, call.params.runId, order);
    },
    ...createLogHandlers(parts),
    ...createClearingHandlers(parts),
  };
}
