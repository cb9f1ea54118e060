import type { JobLine } from '../../../scheduler/api/admin/contract/job-routes.ts';
import type { CommandCall } from '../command-call.ts';
import { inert, table } from '../screen/table.ts';
import { apiCall } from './api-call.ts';
import type { ApiClient } from './http-api-client.ts';

/** `daybreak jobs`. */
export async function runJobsCommand(call: CommandCall): Promise<number> {
  const asked = apiCall(call);
  if (asked === null) return 0;
  const { given, api, terminal, json } = asked;
  const { search, group, tag } = given.values;
  const jobs = await allJobs(api, {
    ...(search === undefined ? {} : { search }),
    ...(group === undefined ? {} : { group }),
    ...(tag === undefined ? {} : { tag }),
  });
  if (json) {
    terminal.document(JSON.stringify({ jobs }));
    return 0;
  }
  const rows = jobs.map((job) => [
    inert(job.name),
    String(job.id),
    inert(job.group),
    inert(job.runs),
    scheduleInWords(job),
    job.nextFireAtMs === null ? '-' : instant(job.nextFireAtMs),
    job.lastRun === null ? '-' : `${job.lastRun.state} (run ${job.lastRun.runId})`,
  ]);
  const left = new Set([2, 3, 4, 5, 6]);
  for (const line of table(['job', 'id', 'group', 'runs', 'schedule', 'next fire', 'last run'], rows, left)) {
    terminal.say(line);
  }
  return 0;
}

export async function allJobs(
  api: ApiClient,
  filter: { readonly search?: string; readonly group?: string; readonly tag?: string },
): Promise<JobLine[]> {
  const jobs: JobLine[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: { items: JobLine[]; next: string | null } = await api.ask('GET /jobs', {
      query: { ...filter, limit: 200, ...(after === '' ? {} : { after }) },
    });
    jobs.push(...page.items);
    after = page.next;
  }
  return jobs;
}

/** The job of that name, or null. */
export async function jobNamed(api: ApiClient, name: string): Promise<JobLine | null> {
  const found = await allJobs(api, { search: name.slice(0, 100) });
  return found.find((job) => job.name === name) ?? null;
}

/** Instants are shown in UTC: a command may run anywhere. */
export const instant = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

function scheduleInWords({ schedule, enabled, heldBecause }: JobLine): string {
  if (!enabled) return 'stopped';
  if (heldBecause !== null) return 'held';
  switch (schedule.kind) {
    case 'cron':
      return inert(`${schedule.text} ${schedule.zone}`);
    case 'fixed_rate':
      return `every ${schedule.everyMs} ms`;
    case 'fixed_delay':
      return `${schedule.delayMs} ms after its end`;
    case 'one_off':
      return `once, ${instant(schedule.atMs)}`;
    case 'parent':
      return inert(`after ${schedule.jobs.join(', ')}`);
    default:
      return '-';
  }
}
