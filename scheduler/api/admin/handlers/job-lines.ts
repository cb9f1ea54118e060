import type { SqlReader } from '../../../../shared/sql/sql.ts';
import type { Job } from '../../../definition/job-definition.ts';
import { isTakenAway, ownTags } from '../../../definition/removed-tag.ts';
import { holdInWords } from '../../../firing/held-by.ts';
import { type Listed, lastRunsOf, nextFiresOf, openRunsOf } from '../../../storage/sql/admin-job-queries.ts';
import { allHolds, type HoldRow } from '../../../storage/sql/hold-queries.ts';
import type { JobLine, SCHEDULE_KINDS } from '../contract/job-routes.ts';

/** The lines of the list of jobs, with what stands beside a definition: its hold, its next fire, its runs. */
export async function jobLines(db: SqlReader, jobs: readonly Listed<Job>[]): Promise<JobLine[]> {
  const ids = jobs.map(({ id }) => id);
  const last = await lastRunsOf(db, ids);
  const next = await nextFiresOf(db, 'job', ids);
  const open = await openRunsOf(db, ids);
  const holds = await allHolds(db);
  return jobs.map(({ id, version, updatedAt, definition: job }) => {
    const run = last.get(id);
    return {
      id,
      name: job.name,
      title: job.title,
      group: job.group,
      owner: job.owner,
      tags: ownTags(job),
      runs: job.glueType === 'BEAN' ? job.handler : job.glueType,
      schedule: job.schedule,
      enabled: job.enabled,
      heldBecause: holdOf(holds, job),
      version,
      updatedAtMs: updatedAt,
      nextFireAtMs: next.get(id) ?? null,
      lastRun:
        run === undefined
          ? null
          : { runId: run.runId, state: run.state, startedAtMs: run.startedAt, endedAtMs: run.endedAt },
      openRuns: open.get(id) ?? 0,
    };
  });
}

function holdOf(holds: readonly HoldRow[], job: Pick<Job, 'name' | 'group'>): string | null {
  const over = holds.find(
    ({ scope, name }) =>
      scope === 'cluster' || (scope === 'group' && name === job.group) || (scope === 'job' && name === job.name),
  );
  return over === undefined ? null : holdInWords(over);
}

export interface JobFilter {
  readonly search?: string;
  readonly name?: string;
  readonly group?: string;
  readonly tag?: string;
  readonly owner?: string;
  readonly schedule?: (typeof SCHEDULE_KINDS)[number];
  readonly enabled?: boolean;
  readonly removed?: boolean;
}

/** Whether the filters of the list let it through. */
export function matcherOf(filter: JobFilter): (job: Listed<Job>) => boolean {
  const { name = '', group, tag, owner, schedule, enabled, removed = false } = filter;
  const search = filter.search?.trim().toLowerCase() ?? '';
  return ({ id, definition: job }) =>
    isTakenAway(job) === removed &&
    job.name.toLowerCase().includes(name.toLowerCase()) &&
    (group === undefined || job.group === group) &&
    (tag === undefined || job.tags.includes(tag)) &&
    (owner === undefined || job.owner === owner) &&
    (schedule === undefined || job.schedule.kind === schedule) &&
    (enabled === undefined || job.enabled === enabled) &&
    (search === '' ||
      String(id) === search ||
      [job.name, job.title, job.handler, job.owner].some((text) => text.toLowerCase().includes(search)));
}
