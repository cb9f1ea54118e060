import type { SqlReader } from '../../../shared/sql/sql.ts';
import { currentCachedChain, currentCachedJob } from '../../storage/definition-cache.ts';
import { chainIdByName, jobIdsByName } from '../../storage/sql/definition-queries.ts';
import { executorById } from '../../storage/sql/executor-queries.ts';
import type { Touched } from './rights.ts';

/** What is touched, by its kind and id; `null` as an answer below: there is no such thing. */
export interface SubjectRef {
  readonly kind: string;
  readonly id: string | number;
}

/**
 * The groups of an object by its id, as it is stored now: never those that a request says it is of. Null: there is no such
 * object. A chain is of the groups of all of its nodes.
 */
export async function groupsOf(db: SqlReader, { kind, id }: SubjectRef): Promise<Touched | null> {
  switch (kind) {
    case 'group':
      return [String(id)];
    case 'job':
    case 'script':
      return groupOfJob(db, Number(id));
    case 'job_name':
      return groupsOfJobNames(db, [String(id)]);
    case 'chain': {
      const chainId = await chainIdByName(db, String(id));
      return chainId === null ? null : groupsOfChain(db, chainId);
    }
    case 'run':
      return groupOfRun(db, Number(id));
    case 'chain_run': {
      const row = await db.get<{ chainId: number }>(`select chain_id as chainId from s_chain_run where id = ?`, [id]);
      return row === null ? null : groupsOfChain(db, row.chainId);
    }
    case 'log': {
      const row = await db.get<{ runId: number }>(`select run_id as runId from s_attempt where id = ?`, [id]);
      return row === null ? null : groupOfRun(db, row.runId);
    }
    case 'fire':
      return ofTimed(db, `select job_id as jobId, chain_id as chainId from s_fire where id = ?`, Number(id));
    case 'backfill':
      return ofTimed(db, `select job_id as jobId, chain_id as chainId from s_backfill where id = ?`, Number(id));
    case 'executor':
      return oneOrNull((await executorById(db, Number(id)))?.appName);
    case 'approval': {
      const row = await db.get<{ appName: string }>(`select app_name as appName from s_approval where id = ?`, [id]);
      return oneOrNull(row?.appName);
    }
    case 'alarm':
      return groupsOfAlarm(db, Number(id));
    default:
      throw new Error(`nobody knows how to find the groups of a ${kind}`);
  }
}

/** What an alarm is about has its groups; what is gone, or is of no group, is everybody's who may see everything. */
export async function groupsOfAlarmSubject(db: SqlReader, kind: string, id: string): Promise<Touched> {
  switch (kind) {
    case 'run':
    case 'job':
    case 'chain_run':
    case 'executor':
      return (await groupsOf(db, { kind, id: Number(id) })) ?? 'everything';
    case 'group':
      return [id];
    case 'chain':
      return /^\d+$/.test(id) ? await groupsOfChain(db, Number(id)) : 'everything';
    default:
      return 'everything';
  }
}

/** The groups of all nodes and sweeps of a chain as it is now. */
export async function groupsOfChain(db: SqlReader, chainId: number): Promise<readonly string[]> {
  const chain = await currentCachedChain(db, chainId);
  return chain === null ? [] : groupsOfJobNames(db, [...chain.nodes, ...chain.sweeps]);
}

/** Of jobs that are named; one that is not there belongs to nobody, so it asks for a right in all groups. */
export async function groupsOfJobNames(db: SqlReader, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const ids = await jobIdsByName(db, names);
  const groups = new Set<string>();
  for (const name of names) {
    const id = ids.get(name);
    const job = id === undefined ? null : await currentCachedJob(db, id);
    if (job === null) return [];
    groups.add(job.group);
  }
  return [...groups];
}

async function groupOfJob(db: SqlReader, jobId: number): Promise<readonly string[] | null> {
  return oneOrNull((await currentCachedJob(db, jobId))?.group);
}

/** A run stays of the group that it was made in, wherever its job has moved since. */
async function groupOfRun(db: SqlReader, runId: number): Promise<readonly string[] | null> {
  const row = await db.get<{ appName: string; jobId: number }>(
    `select app_name as appName, job_id as jobId from s_run where id = ?`,
    [runId],
  );
  if (row === null) return null;
  return row.appName === '' ? ((await groupOfJob(db, row.jobId)) ?? []) : [row.appName];
}

async function ofTimed(db: SqlReader, text: string, id: number): Promise<readonly string[] | null> {
  const row = await db.get<{ jobId: number; chainId: number }>(text, [id]);
  if (row === null) return null;
  return row.chainId !== 0 ? groupsOfChain(db, row.chainId) : ((await groupOfJob(db, row.jobId)) ?? []);
}

async function groupsOfAlarm(db: SqlReader, id: number): Promise<Touched | null> {
  const row = await db.get<{ kind: string; subjectId: string }>(
    `select subject_kind as kind, subject_id as subjectId from s_alarm where id = ?`,
    [id],
  );
  return row === null ? null : groupsOfAlarmSubject(db, row.kind, row.subjectId);
}

const oneOrNull = (group: string | undefined): readonly string[] | null => (group === undefined ? null : [group]);
