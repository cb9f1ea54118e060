import type { GlueType } from '../../shared/protocol/glue-types.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { type ScriptRow, scriptsOf } from '../storage/sql/script-queries.ts';
import { jobOf, restoreScript, saveScript, versionOf } from './save-script.ts';
import { SCRIPT_VERSIONS_KEPT } from './script-limits.ts';

export interface SaveScript {
  /** The name of a job with a `glueType` other than BEAN. */
  readonly job: string;
  /** At most 512 KiB. */
  readonly source: string;
  /** What has changed, for the history; 1 to 255 characters. */
  readonly remark: string;
  readonly by: string;
  /** The version that was edited; when there is a newer one by now, nothing is saved. Default: whatever is the newest. */
  readonly basedOn?: number;
}

export interface RollBackScript {
  readonly job: string;
  /** The version whose text is to be the newest again. */
  readonly version: number;
  readonly by: string;
  /** Default: `as in version N`. */
  readonly remark?: string;
  /** As of `save`. */
  readonly basedOn?: number;
}

export interface ScriptVersion {
  /** From 1, one more each time. */
  readonly version: number;
  readonly glueType: GlueType;
  /** Of the text in UTF-8. */
  readonly bytes: number;
  /** Of the text, hex: what an executor may be told to run and nothing else. */
  readonly sha256: string;
  readonly remark: string;
  readonly by: string;
  readonly savedAtMs: number;
}

/** The code of script jobs, in versions. Runs get the newest when they are split, and keep it for all shards and tries. */
export interface ScriptsApi {
  /**
   * The same text as the newest is not saved again. Throws NOT_FOUND, BAD_INPUT, and CONFLICT: the job is no script job, or
   * `basedOn` is not the newest.
   * @example await scheduler.scripts.save({ job: 'clean-up', source: 'rm -f /srv/in/*.tmp', remark: 'first', by: 'ann' });
   */
  save(order: SaveScript): Promise<{ version: number; created: boolean }>;
  /** The newest 30, newest first. Throws NOT_FOUND. */
  list(job: string): Promise<ScriptVersion[]>;
  /** With its text. Throws NOT_FOUND. */
  read(job: string, version: number): Promise<ScriptVersion & { readonly source: string }>;
  /** Saves the text of an earlier version as the newest one. Throws as `save`. */
  rollBack(order: RollBackScript): Promise<{ version: number; created: boolean }>;
}

export const createScriptsApi = (ctx: SchedulerContext): ScriptsApi => ({
  save: ({ job: name, ...order }) => saveScript(ctx, { name }, order),
  async list(name) {
    return ctx.store.read('list-scripts', async (db) => {
      const rows = await scriptsOf(db, (await jobOf(db, { name })).id);
      return rows.slice(0, SCRIPT_VERSIONS_KEPT).map(scriptView);
    });
  },
  async read(name, version) {
    return ctx.store.read('read-script', async (db) => {
      const row = await versionOf(db, await jobOf(db, { name }), version);
      return { ...scriptView(row), source: row.source };
    });
  },
  rollBack: ({ job: name, ...order }) =>
    restoreScript(ctx, { name }, { ...order, remark: order.remark ?? `as in version ${order.version}` }),
});

export const scriptView = ({
  version,
  glueType,
  bytes,
  sha256,
  remark,
  savedBy,
  savedAt,
}: ScriptRow): ScriptVersion => ({
  version,
  glueType,
  bytes,
  sha256,
  remark,
  by: savedBy,
  savedAtMs: savedAt,
});
