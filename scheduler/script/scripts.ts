import { createHash } from 'node:crypto';
import { DaybreakError } from '../../shared/errors.ts';
import type { GlueType } from '../../shared/protocol/glue-types.ts';
import type { SqlReader, SqlTx } from '../../shared/sql/sql.ts';
import type { Job } from '../definition/job-definition.ts';
import { assertPerson } from '../firing/assert-fire-order.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { currentJob, lockJob } from '../storage/sql/definition-queries.ts';
import { recordOperatorAction } from '../storage/sql/operator-action-queries.ts';
import {
  deleteScriptsUpTo,
  insertScript,
  newestScript,
  type ScriptRow,
  type ScriptWithText,
  scriptsOf,
  scriptVersion,
} from '../storage/sql/script-queries.ts';

/** So many versions of a job's script are kept, and older ones for as long as an open run has them. */
export const SCRIPT_VERSIONS_KEPT = 30;
const SOURCE_BYTES_MAX = 512 * 1024;
const REMARK_MAX = 255;

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
}

export interface ScriptVersion {
  /** From 1, one more each time. */
  readonly version: number;
  readonly glueType: GlueType;
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
  async save(order) {
    checkSave(order);
    const { source, remark, by, basedOn } = order;
    return ctx.store.transaction('save-script', async (tx) => {
      const job = await lockScriptJob(tx, order.job);
      return store(tx, job, { source, remark, by, ...(basedOn === undefined ? {} : { basedOn }) });
    });
  },
  async list(name) {
    return ctx.store.read('list-scripts', async (db) => {
      const rows = await scriptsOf(db, (await jobNamed(db, name)).id);
      return rows.slice(0, SCRIPT_VERSIONS_KEPT).map(viewOf);
    });
  },
  async read(name, version) {
    return ctx.store.read('read-script', async (db) => {
      const row = await versionOf(db, await jobNamed(db, name), version);
      return { ...viewOf(row), source: row.source };
    });
  },
  async rollBack({ job: name, version, by, remark = `as in version ${version}` }) {
    checkRemark({ by, remark });
    return ctx.store.transaction('roll-back-script', async (tx) => {
      const job = await lockScriptJob(tx, name);
      const old = await versionOf(tx, job, version);
      if (old.glueType !== job.glueType) {
        throw new DaybreakError(
          'CONFLICT',
          `version ${version} is ${old.glueType}, and job "${name}" is ${job.glueType} by now`,
        );
      }
      return store(tx, job, { source: old.source, remark, by });
    });
  },
});

type ToStore = Pick<SaveScript, 'source' | 'remark' | 'by' | 'basedOn'>;

/** The job is locked: of two who save at once the second sees what the first one saved. */
async function store(tx: SqlTx, job: Job, { source, remark, by, basedOn }: ToStore) {
  const newest = await newestScript(tx, job.id);
  const newestVersion = newest?.version ?? 0;
  if (basedOn !== undefined && basedOn !== newestVersion) {
    throw new DaybreakError(
      'CONFLICT',
      `the script of job "${job.name}" is at version ${newestVersion}, not ${basedOn}: read it and save again`,
    );
  }
  if (newest?.source === source && newest.glueType === job.glueType) return { version: newestVersion, created: false };
  const version = newestVersion + 1;
  const sha256 = createHash('sha256').update(source).digest('hex');
  await insertScript(tx, job.id, {
    version,
    glueType: job.glueType,
    source,
    sha256,
    remark,
    savedBy: by,
    // Executors tell versions apart by this alone.
    savedAt: Math.max(tx.nowMs, (newest?.savedAt ?? 0) + 1),
  });
  await deleteScriptsUpTo(tx, job.id, version - SCRIPT_VERSIONS_KEPT);
  const subject = { subjectKind: 'job', subjectId: job.id } as const;
  await recordOperatorAction(tx, {
    who: by,
    verb: 'save-script',
    ...subject,
    reason: remark,
    detail: { version, sha256 },
  });
  return { version, created: true };
}

async function jobNamed(db: SqlReader, name: string): Promise<Job> {
  const job = await currentJob(db, { name });
  if (job === null) throw new DaybreakError('NOT_FOUND', `there is no job "${name}"`);
  return job;
}

async function lockScriptJob(tx: SqlTx, name: string): Promise<Job> {
  await lockJob(tx, (await jobNamed(tx, name)).id);
  const job = await jobNamed(tx, name);
  if (job.glueType !== 'BEAN') return job;
  throw new DaybreakError('CONFLICT', `job "${name}" runs a handler: give it a glueType such as GLUE_SHELL first`);
}

async function versionOf(db: SqlReader, job: Job, version: number): Promise<ScriptWithText> {
  const row = await scriptVersion(db, job.id, version);
  if (row !== null) return row;
  throw new DaybreakError('NOT_FOUND', `there is no version ${version} of the script of job "${job.name}"`);
}

const viewOf = ({ version, glueType, sha256, remark, savedBy, savedAt }: ScriptRow): ScriptVersion => ({
  version,
  glueType,
  sha256,
  remark,
  by: savedBy,
  savedAtMs: savedAt,
});

function checkSave({ source, remark, by }: SaveScript): void {
  checkRemark({ remark, by });
  if (source.trim() === '') throw new DaybreakError('BAD_INPUT', 'source is empty: there would be nothing to run');
  if (Buffer.byteLength(source) > SOURCE_BYTES_MAX) {
    throw new DaybreakError('BAD_INPUT', `source has more than ${SOURCE_BYTES_MAX} bytes`);
  }
}

function checkRemark({ remark, by }: { readonly remark: string; readonly by: string }): void {
  assertPerson({ by });
  if (remark.trim() === '' || remark.length > REMARK_MAX) {
    throw new DaybreakError('BAD_INPUT', `remark must say in 1 to ${REMARK_MAX} characters what has changed`);
  }
}
