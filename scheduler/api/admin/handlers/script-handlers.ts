import type { Job } from '../../../definition/job-definition.ts';
import { jobOf, restoreScript, saveScript, versionOf } from '../../../script/save-script.ts';
import { SCRIPT_VERSIONS_KEPT } from '../../../script/script-limits.ts';
import { scriptView } from '../../../script/scripts.ts';
import { scriptsOf } from '../../../storage/sql/script-queries.ts';
import type { scriptRoutes } from '../contract/script-routes.ts';
import type { AdminParts, Call, Handlers } from '../handler.ts';

type Saving = Pick<Call<'POST /jobs/:jobId/scripts/:version/restore'>, 'by' | 'because' | 'mustHave' | 'body'>;

export function createScriptHandlers({ ctx }: AdminParts): Handlers<typeof scriptRoutes> {
  /** Who, why, and what they have seen. The right is judged again where the job is locked: its group may be another by then. */
  function given(call: Saving) {
    const { remark, basedOn } = call.body;
    call.because(remark);
    return { remark, basedOn, by: call.by, check: ({ group }: Job) => call.mustHave('edit', [group]) };
  }

  return {
    'GET /jobs/:jobId/scripts': async ({ params }) =>
      ctx.store.read('list-scripts', async (db) => {
        const { id, glueType } = await jobOf(db, { id: params.jobId });
        const rows = glueType === 'BEAN' ? [] : await scriptsOf(db, id);
        return { items: rows.slice(0, SCRIPT_VERSIONS_KEPT).map(scriptView) };
      }),
    'GET /jobs/:jobId/scripts/:version': async ({ params }) =>
      ctx.store.read('read-script', async (db) => {
        const row = await versionOf(db, await jobOf(db, { id: params.jobId }), params.version);
        return { script: scriptView(row), source: row.source };
      }),
    'POST /jobs/:jobId/scripts': async (call) =>
      saveScript(call.ctx, { id: call.params.jobId }, { ...given(call), source: call.body.source }),
    'POST /jobs/:jobId/scripts/:version/restore': async (call) =>
      restoreScript(call.ctx, { id: call.params.jobId }, { ...given(call), version: call.params.version }),
  };
}
