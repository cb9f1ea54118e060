import type { DefinitionFile } from '../../../scheduler/api/admin/contract/definition-routes.ts';
import type { JobInput } from '../../../scheduler/api/admin/contract/job-routes.ts';
import { type JobFields, readJobFields } from '../../../scheduler/api/job-fields.ts';
import type { Schedule } from '../../../scheduler/definition/schedule-definition.ts';
import { tryParseCron } from '../../../shared/cron/cron.ts';
import { convertXxlPeople } from './convert-xxl-people.ts';
import { listOf, numberOf, textOf, type XxlRow } from './xxl-row.ts';

export interface XxlTables {
  readonly groups: readonly XxlRow[];
  readonly jobs: readonly XxlRow[];
  readonly users: readonly XxlRow[];
}

export interface Converted {
  readonly definitions: DefinitionFile;
  /** What of which row could not be carried, and what is to be done about it. */
  readonly notes: readonly string[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Groups, jobs, schedules, child links and users of an xxl-job installation as a definition file. Ids of jobs stay, because
 * programs call jobs by them; `zone` is that of the machine that xxl-job ran on, which its cron texts go by.
 */
export function convertXxlJob({ groups, jobs, users }: XxlTables, zone: string): Converted {
  const notes: string[] = [];
  const groupNames = new Map<number, string>();
  const readGroups = groups.map((row) => {
    const appName = textOf(row.app_name);
    const name = asName(appName);
    const who = `group ${numberOf(row.id)} "${appName}"`;
    if (name !== appName) notes.push(`${who}: is named "${name}" here, and its executors have to register so`);
    if (textOf(row.access_token) !== '') {
      notes.push(`${who}: its access token is not carried: give the group a token, and its executors the same`);
    }
    groupNames.set(numberOf(row.id), name);
    const addresses = listOf(row.address_list);
    const manual = numberOf(row.address_type) === 1;
    return {
      name,
      title: textOf(row.title ?? row.name),
      ...(manual ? { addressType: 'manual' as const, addresses } : {}),
    };
  });
  const names = namesOf(jobs);
  const parents = parentsOf(jobs, names, notes);
  const readJobs = jobs.flatMap((row) => {
    const job = readJob(row, { zone, group: groupNames.get(numberOf(row.job_group)) ?? null, names, parents }, notes);
    return job === null ? [] : [job];
  });
  const people = convertXxlPeople(users, groupNames, notes);
  return { definitions: { groups: readGroups, jobs: readJobs, people }, notes };
}

interface Around {
  readonly zone: string;
  readonly group: string | null;
  readonly names: ReadonlyMap<number, string>;
  readonly parents: ReadonlyMap<number, readonly string[]>;
}

function readJob(row: XxlRow, { zone, group, names, parents }: Around, notes: string[]): JobInput | null {
  const id = numberOf(row.id);
  const name = names.get(id) ?? `job-${id}`;
  const note = (what: string): void => void notes.push(`job ${id} "${name}": ${what}`);
  if (group === null) {
    note(`is left out: its group ${numberOf(row.job_group)} is not there`);
    return null;
  }
  const glueType = textOf(row.glue_type) || 'BEAN';
  const isStarted = numberOf(row.trigger_status) === 1;
  const fields = readJobFields(fieldsOf(row, zone), null);
  if (fields.kind === 'wrong') {
    note(`is left out: ${fields.why}`);
    return null;
  }
  if (listOf(row.alarm_email).length > 0) {
    note('its alarm addresses are not carried: make a channel and a rule of the admin (docs/admin.md)');
  }
  if (glueType !== 'BEAN') note(`its ${glueType} script is not carried: store it with scheduler.scripts.save`);
  const { schedule: planned = { kind: 'none' }, ...rest } = fields.fields;
  let schedule: Schedule = planned;
  let enabled = schedule.kind === 'none' || isStarted;
  if (schedule.kind === 'cron') {
    const reading = tryParseCron(schedule.text, { dialect: 'quartz' });
    if (reading.kind === 'refused') {
      note(`its cron "${schedule.text}" is not carried (${reading.problem.message}): it has no schedule here`);
      [schedule, enabled] = [{ kind: 'none' }, true];
    }
  }
  const above = parents.get(id) ?? [];
  if (above.length > 0 && schedule.kind === 'none') schedule = { kind: 'parent', jobs: above, on: 'success' };
  else if (above.length > 0) {
    note(`fires after ${above.join(', ')} and by a schedule of its own; only the schedule is carried: make a chain`);
  }
  const { handler, ...others } = rest;
  return {
    id,
    name,
    group,
    route: 'FIRST',
    ...others,
    ...(glueType === 'BEAN' ? { handler: handler ?? '' } : { glueType: glueType as 'GLUE_SHELL' }),
    param: literal(rest.param ?? ''),
    schedule,
    ...(enabled ? {} : { enabled: false }),
  };
}

/** Up to 2.2 there is a cron text and nothing else. */
function fieldsOf(row: XxlRow, timeZone: string): JobFields {
  const conf = textOf(row.schedule_conf ?? row.job_cron);
  const type = textOf(row.schedule_type) || (conf === '' ? 'NONE' : 'CRON');
  const route = textOf(row.executor_route_strategy);
  const block = textOf(row.executor_block_strategy);
  return {
    name: textOf(row.job_desc ?? row.name),
    author: textOf(row.author).slice(0, 64),
    scheduleType: type,
    scheduleConf: conf,
    timeZone,
    misfireStrategy: textOf(row.misfire_strategy) || 'DO_NOTHING',
    executorHandler: textOf(row.executor_handler),
    executorParam: textOf(row.executor_param),
    executorTimeout: numberOf(row.executor_timeout),
    executorFailRetryCount: numberOf(row.executor_fail_retry_count),
    ...(route === '' ? {} : { executorRouteStrategy: route }),
    ...(block === '' ? {} : { executorBlockStrategy: block }),
  };
}

/** The handler's name where it is one of ours and nobody else's; else with the id behind it. */
function namesOf(jobs: readonly XxlRow[]): ReadonlyMap<number, string> {
  const handlers = jobs.map((row) => textOf(row.executor_handler));
  return new Map(
    jobs.map((row, at) => {
      const handler = handlers[at] ?? '';
      const isOwn = NAME.test(handler) && handlers.filter((other) => other === handler).length === 1;
      const id = numberOf(row.id);
      return [id, isOwn ? handler : `${asName(handler === '' ? 'job' : handler).slice(0, 50)}-${id}`];
    }),
  );
}

/** For each job those that name it as a child. */
function parentsOf(
  jobs: readonly XxlRow[],
  names: ReadonlyMap<number, string>,
  notes: string[],
): ReadonlyMap<number, readonly string[]> {
  const parents = new Map<number, string[]>();
  for (const row of jobs) {
    const parent = names.get(numberOf(row.id)) ?? '';
    for (const text of listOf(row.child_jobid)) {
      const child = Number(text);
      if (names.has(child) && child !== numberOf(row.id)) parents.set(child, [...(parents.get(child) ?? []), parent]);
      else notes.push(`job ${numberOf(row.id)} "${parent}": its child ${text} is left out: there is no such other job`);
    }
  }
  return parents;
}

/** Our parameters are templates, those of xxl-job are not: what looks like a name stays as it stands. */
const literal = (param: string): string => param.replace(/\{(?=[A-Za-z][A-Za-z0-9._-]*(:[^{}]*)?\})/g, '{{');

const asName = (text: string): string => {
  const plain = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return plain === '' ? 'unnamed' : plain.slice(0, 64);
};
