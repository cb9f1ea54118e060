import { createHash } from 'node:crypto';
import { DaybreakError } from '../../shared/errors.ts';
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
  type ScriptWithText,
  scriptVersion,
} from '../storage/sql/script-queries.ts';
import { SCRIPT_BYTES_MAX, SCRIPT_REMARK_MAX, SCRIPT_VERSIONS_KEPT } from './script-limits.ts';

/** Programs know a job by its name, people by its id: a name may be another job's by the time that it is looked up. */
export type JobRef = { readonly name: string } | { readonly id: number };

export interface SavedScript {
  readonly version: number;
  /** False: the newest version has that very text. */
  readonly created: boolean;
}

interface Given {
  readonly remark: string;
  readonly by: string;
  readonly basedOn?: number;
  /** Throws what only the caller can judge, e.g. a right in the group that the job is of by now. */
  readonly check?: (job: Job) => void;
}

/** Throws NOT_FOUND, BAD_INPUT with the field, and CONFLICT: the job is no script job, or `basedOn` is not the newest. */
export async function saveScript(
  ctx: SchedulerContext,
  of: JobRef,
  order: Given & { readonly source: string },
): Promise<SavedScript> {
  assertRemark(order);
  assertSource(order.source);
  return ctx.store.transaction('save-script', async (tx) => {
    const job = await lockScriptJob(tx, of, order);
    return store(tx, job, order);
  });
}

/** Makes the text of an earlier version the newest one. Throws as `saveScript`. */
export async function restoreScript(
  ctx: SchedulerContext,
  of: JobRef,
  order: Given & { readonly version: number },
): Promise<SavedScript> {
  assertRemark(order);
  const { version } = order;
  return ctx.store.transaction('roll-back-script', async (tx) => {
    const job = await lockScriptJob(tx, of, order);
    const old = await versionOf(tx, job, version);
    if (old.glueType !== job.glueType) {
      throw new DaybreakError(
        'CONFLICT',
        `version ${version} is ${old.glueType}, and job "${job.name}" is ${job.glueType} by now`,
      );
    }
    return store(tx, job, { ...order, source: old.source });
  });
}

/** The job is locked: of two who save at once the second sees what the first one saved. */
async function store(tx: SqlTx, job: Job, given: Given & { readonly source: string }): Promise<SavedScript> {
  const { source, remark, by, basedOn } = given;
  const newest = await newestScript(tx, job.id);
  const newestVersion = newest?.version ?? 0;
  if (basedOn !== undefined && basedOn !== newestVersion) throw outdated(job, basedOn, newest);
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

function outdated({ name }: Job, basedOn: number, newest: ScriptWithText | null): DaybreakError {
  const version = newest?.version ?? 0;
  const why = `the script of job "${name}" is at version ${version}, not ${basedOn}: read it and save again`;
  return new DaybreakError('CONFLICT', why, { details: { path: 'basedOn', version, by: newest?.savedBy ?? null } });
}

export async function jobOf(db: SqlReader, of: JobRef): Promise<Job> {
  const job = await currentJob(db, of);
  if (job !== null) return job;
  throw new DaybreakError('NOT_FOUND', 'id' in of ? `there is no job ${of.id}` : `there is no job "${of.name}"`);
}

async function lockScriptJob(tx: SqlTx, of: JobRef, { check }: Given): Promise<Job> {
  const { id } = await jobOf(tx, of);
  await lockJob(tx, id);
  const job = await jobOf(tx, of);
  check?.(job);
  if (job.glueType !== 'BEAN') return job;
  throw new DaybreakError('CONFLICT', `job "${job.name}" runs a handler: give it a glueType such as GLUE_SHELL first`);
}

export async function versionOf(db: SqlReader, job: Job, version: number): Promise<ScriptWithText> {
  const row = await scriptVersion(db, job.id, version);
  if (row !== null) return row;
  throw new DaybreakError('NOT_FOUND', `there is no version ${version} of the script of job "${job.name}"`);
}

function assertSource(source: string): void {
  if (source.trim() === '') throw wrong('source', 'is empty: there would be nothing to run');
  if (Buffer.byteLength(source) > SCRIPT_BYTES_MAX) throw wrong('source', `has more than ${SCRIPT_BYTES_MAX} bytes`);
  // No store gives it back as it came, and its sum would be that of another text.
  if (!source.isWellFormed()) throw wrong('source', 'has half of a character: save it as UTF-8 first');
}

function assertRemark({ remark, by }: Given): void {
  assertPerson({ by });
  if (remark.trim() === '' || remark.length > SCRIPT_REMARK_MAX) {
    throw wrong('remark', `must say in 1 to ${SCRIPT_REMARK_MAX} characters what has changed`);
  }
}

const wrong = (path: string, why: string): DaybreakError =>
  new DaybreakError('BAD_INPUT', `${path} ${why}`, { details: { path, why } });
