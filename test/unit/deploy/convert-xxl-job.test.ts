import { expect, test } from 'vitest';
import { convertXxlJob } from '../../../deploy/cli/as-code/convert-xxl-job.ts';
import { readDefinitions } from '../../../scheduler/definition/read-definitions.ts';

const info = (id: number, more: object) => ({
  id,
  job_group: 1,
  job_desc: `job ${id}`,
  author: 'XXL',
  schedule_type: 'CRON',
  schedule_conf: '0 0 2 * * ?',
  misfire_strategy: 'DO_NOTHING',
  executor_route_strategy: 'SHARDING_BROADCAST',
  executor_handler: `handler${id}`,
  executor_param: '',
  executor_block_strategy: 'SERIAL_EXECUTION',
  executor_timeout: 30,
  executor_fail_retry_count: 2,
  glue_type: 'BEAN',
  child_jobid: '',
  trigger_status: 1,
  ...more,
});
const TABLES = {
  groups: [
    { id: 1, app_name: 'settlement', title: '结算', address_type: 0, address_list: 'http://a/', access_token: 'x' },
    {
      id: 2,
      app_name: 'manual_one',
      name: 'Manual',
      address_type: 1,
      address_list: 'http://10.0.0.1:9999/, http://10.0.0.2:9999/',
    },
  ],
  jobs: [
    info(7, { child_jobid: '8, 9,77', executor_param: '{"day": "{today}", "n": 1}' }),
    info(8, { schedule_type: 'NONE', schedule_conf: '', trigger_status: 0 }),
    info(9, { schedule_type: 'FIX_RATE', schedule_conf: '30', alarm_email: 'a@b.c' }),
    info(10, { executor_handler: '', glue_type: 'GLUE_SHELL', trigger_status: 0 }),
    info(11, { executor_handler: 'handler9', schedule_conf: 'whenever' }),
    info(12, { job_group: 5 }),
    info(13, { executor_route_strategy: 'NEAREST' }),
  ],
  users: [
    { username: 'admin', role: 1 },
    { username: 'Ana', password: 'e10adc', token: 'abc', role: 0, permission: '1, 2,1,9' },
    { username: 'bo', role: 0, permission: null },
    { username: 'ana', role: 1 },
    { username: '王五', role: 0, permission: '1' },
  ],
};

test('groups, jobs, schedules and child links are carried, with their ids', () => {
  const { definitions } = convertXxlJob(TABLES, 'Asia/Shanghai');
  expect(definitions.groups).toEqual([
    { name: 'settlement', title: '结算' },
    {
      name: 'manual_one',
      title: 'Manual',
      addressType: 'manual',
      addresses: ['http://10.0.0.1:9999/', 'http://10.0.0.2:9999/'],
    },
  ]);
  expect(definitions.jobs?.map(({ id, name }) => [id, name])).toEqual([
    [7, 'handler7'],
    [8, 'handler8'],
    [9, 'handler9-9'],
    [10, 'job-10'],
    [11, 'handler9-11'],
  ]);
  const [first, child, rate, script] = definitions.jobs ?? [];
  expect(first).toMatchObject({
    title: 'job 7',
    owner: 'XXL',
    group: 'settlement',
    route: 'SHARDING_BROADCAST',
    schedule: { kind: 'cron', dialect: 'quartz', text: '0 0 2 * * ?', zone: 'Asia/Shanghai' },
    misfire: { policy: 'SKIP' },
    retry: { count: 2 },
    timeoutSeconds: 30,
    param: '{"day": "{{today}", "n": 1}',
  });
  // A child is fired by its parent there even when it is stopped.
  expect(child).toMatchObject({ schedule: { kind: 'parent', jobs: ['handler7'], on: 'success' } });
  expect(child).not.toHaveProperty('enabled');
  expect(rate).toMatchObject({ schedule: { kind: 'fixed_rate', everyMs: 30_000 } });
  expect(script).toMatchObject({ glueType: 'GLUE_SHELL', enabled: false });
  // All of it is what a scheduler takes.
  expect(() => readDefinitions((definitions.jobs ?? []) as never, [])).not.toThrow();
});

test('what is not carried is said, row by row', () => {
  const { notes } = convertXxlJob(TABLES, 'Asia/Shanghai');
  const said = [
    'group 1 "settlement": its access token',
    'job 7 "handler7": its child 77',
    'job 9 "handler9-9": its alarm addresses',
    'job 9 "handler9-9": fires after handler7 and by a schedule of its own',
    'job 10 "job-10": its GLUE_SHELL script',
    'job 11 "handler9-11": its cron "whenever" is not carried',
    'job 12 "handler12": is left out: its group 5',
    'job 13 "handler13": is left out: executorRouteStrategy [NEAREST]',
    'user "admin": its password is not carried: daybreak apply makes a first password',
    'user "Ana": its password and the token of its log-in are not carried',
    'user "Ana": its right in group 9 is left out: there is no such group',
    'user "bo": its password is not carried',
    'user "bo": has no right in any group',
    'user "ana": is left out: without upper and lower case another has the same name',
    'user "王五": is left out: a name here is',
  ];
  for (const text of said) expect(notes).toContainEqual(expect.stringContaining(text));
  expect(notes).toHaveLength(said.length);
});

test('users are carried with their rights, and never with what they log in with', () => {
  const { definitions } = convertXxlJob(TABLES, 'Asia/Shanghai');
  const rights = ['view', 'run', 'edit'];
  expect(definitions.people).toEqual([
    { name: 'admin', isAdmin: true },
    {
      name: 'ana',
      grants: [
        { group: 'settlement', permissions: rights },
        { group: 'manual_one', permissions: rights },
      ],
    },
    { name: 'bo' },
  ]);
  expect(JSON.stringify(definitions)).not.toMatch(/e10adc|abc/);
});
