import type { SqlReader } from '../../../shared/sql/sql.ts';
import { currentCachedChain, currentCachedJob } from '../../storage/definition-cache.ts';
import { grantsOf, keyById, userById } from '../../storage/sql/admin-people-queries.ts';
import { calendarByName } from '../../storage/sql/calendar-queries.ts';
import { chainIdByName, jobIdsByName } from '../../storage/sql/definition-queries.ts';
import { allGroups } from '../../storage/sql/group-queries.ts';
import { newestScript } from '../../storage/sql/script-queries.ts';
import { grantList } from '../people/principals.ts';
import type { SubjectRef } from '../rights/find-groups.ts';

/** How a thing stands, for the audit log: read before and after a change, in its transaction. Never a secret. */
export async function snapshotOf(db: SqlReader, { kind, id }: SubjectRef): Promise<unknown> {
  const row = (table: string, columns: string, key = 'id') =>
    db.get<Record<string, unknown>>(`select ${columns} from ${table} where ${key} = ?`, [id]);
  switch (kind) {
    case 'job':
      return currentCachedJob(db, Number(id));
    case 'job_name': {
      const jobId = (await jobIdsByName(db, [String(id)])).get(String(id));
      return jobId === undefined ? null : currentCachedJob(db, jobId);
    }
    case 'script':
      return scriptSnapshot(db, Number(id));
    case 'chain': {
      const chainId = await chainIdByName(db, String(id));
      return chainId === null ? null : currentCachedChain(db, chainId);
    }
    case 'calendar':
      return calendarByName(db, String(id));
    case 'group': {
      const group = (await allGroups(db)).find(({ appName }) => appName === id);
      if (group === undefined) return null;
      const { token, previousToken: _, ...plain } = group;
      return { ...plain, ownToken: token !== null };
    }
    case 'user':
      return userSnapshot(db, Number(id));
    case 'key':
      return keyById(db, Number(id));
    case 'run':
      return row('s_run', 'id, state, reason, ended_at as endedAt');
    case 'chain_run':
      return row('s_chain_run', 'id, state, reason, ended_at as endedAt');
    case 'fire':
      return row('s_fire', 'id, state, reason, nullif(decided_at, 0) as decidedAt');
    case 'alarm':
      return row('s_alarm', 'id, kind, closed_at as closedAt');
    case 'backfill':
      return row('s_backfill', 'id, state, reason, next_date as nextDate');
    case 'executor':
      return row(
        's_executor',
        `id, app_name as "group", address, state,
          (select count(*) from s_drained_executor d where d.executor_id = s_executor.id) as drained`,
      );
    case 'approval':
      return row('s_approval', 'id, kind, state, decided_by as decidedBy');
    case 'alarm_channel':
      return row('s_alarm_channel', 'id, name, kind, enabled, settings');
    case 'alarm_rule':
      return row('s_alarm_rule', 'id, name, enabled, events, app_name as "group", severity, channels');
    default:
      return null;
  }
}

/** A list of entries has many of them, so of a long text it is the beginning; the sum is of the whole. */
const SCRIPT_CHARS_MAX = 16_384;

async function scriptSnapshot(db: SqlReader, jobId: number): Promise<unknown> {
  const script = await newestScript(db, jobId);
  if (script === null) return null;
  const { version, glueType, bytes, sha256, remark, source } = script;
  const isCut = source.length > SCRIPT_CHARS_MAX;
  const text = isCut ? { sourceBegins: source.slice(0, SCRIPT_CHARS_MAX).toWellFormed() } : { source };
  return { version, glueType, bytes, sha256, remark, ...text };
}

async function userSnapshot(db: SqlReader, id: number): Promise<unknown> {
  const user = await userById(db, id);
  if (user === null) return null;
  const { passwordHash: _, ...plain } = user;
  return { ...plain, grants: grantList(await grantsOf(db, 'user', id)) };
}
