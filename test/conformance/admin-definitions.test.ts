import { expect, test } from 'vitest';
import { replaceDefinitions } from '../../scheduler/firing/replace-definitions.ts';
import { describeOnEachStore } from '../support/each-store.ts';
import { givenAdmin } from '../support/given-admin.ts';
import { job } from '../support/given-scheduler.ts';

const cron = (text: string) => ({ kind: 'cron', dialect: 'unix', text, zone: 'Asia/Shanghai' });
const FILE = {
  groups: [{ name: 'billing', title: 'Billing', runLimit: 7 }],
  calendars: [{ name: 'cn', datesOut: ['2026-10-01'] }],
  jobs: [
    {
      name: 'collect',
      group: 'billing',
      handler: 'collect',
      route: 'SHARDING_BROADCAST',
      shardTotal: 4,
      retry: { count: 2 },
    },
    {
      name: 'close',
      group: 'billing',
      handler: 'close',
      route: 'FIRST',
      tellsSettled: true,
      limits: { calendar: 'cn' },
    },
    {
      name: 'tell',
      group: 'office',
      route: 'ROUND',
      glueType: 'GLUE_SHELL',
      schedule: { kind: 'parent', jobs: ['close'], on: 'success' },
    },
  ],
  chains: [
    {
      name: 'month-end',
      nodes: ['collect', 'close'],
      edges: [{ from: 'collect', to: 'close', deadlineMs: 60_000 }],
      schedule: cron('0 2 1 * *'),
      cutOff: { kind: 'time', time: '05:30', zone: 'Asia/Shanghai' },
    },
  ],
};

describeOnEachStore('definitions as a file', (newPlace) => {
  const given = async () => {
    const admin = await givenAdmin(newPlace, { jobs: [job(1, 'there')] });
    const root = await admin.setUp();
    const check = async (definitions: object) =>
      (await admin.ask('POST /definitions/check', root, { body: { definitions } })).body;
    const send = (definitions: object, basis: string, asker = root) =>
      admin.ask('POST /definitions/apply', asker, { body: { definitions, basis } });
    const apply = async (definitions: object) => send(definitions, (await check(definitions)).basis);
    return { admin, root, check, send, apply };
  };

  test('is stored whole, changes nothing the second time, and comes out as it went in', async () => {
    const { admin, root, check, apply } = await given();
    const shown = await check(FILE);
    expect(shown.problems).toEqual([]);
    expect(shown.changes.map(({ kind, name, action }) => `${action} ${kind} ${name}`)).toEqual([
      'create group billing',
      'create group office',
      'create calendar cn',
      'create job collect',
      'create job close',
      'create job tell',
      'create chain month-end',
    ]);
    expect((await apply(FILE)).status).toBe(200);
    expect((await check(FILE)).changes).toEqual([]);
    const out = (await admin.ask('GET /definitions', root)).body;
    expect(out.jobs).toEqual(expect.arrayContaining(FILE.jobs.map((one) => expect.objectContaining(one))));
    // Nothing that is a default, and no id.
    expect(out.jobs?.find(({ name }) => name === 'collect')).toEqual(FILE.jobs[0]);
    expect(out.chains).toEqual(FILE.chains);
    expect(out.groups).toEqual(expect.arrayContaining(FILE.groups));
    expect((await check(out)).changes).toEqual([]);
    // In the record is one entry, with what was sent.
    const { items } = (await admin.ask('GET /audit', root, { query: { action: 'definitions.apply' } })).body;
    expect(items).toHaveLength(1);
    expect(JSON.stringify(items[0]?.after)).toContain('month-end');
  });

  test('new jobs get rising ids of their own, and fire as if each had been made by itself', async () => {
    const { admin, root, apply } = await given();
    const timed = { group: 'billing', handler: 'h', route: 'FIRST', schedule: cron('0 2 * * *') };
    const after = { ...timed, schedule: { kind: 'parent', jobs: ['c', 'a'], on: 'success' } };
    const made = await admin.ask('POST /jobs', root, { body: { job: { ...timed, name: 'by-hand' } as never } });
    const first = made.body.jobId;
    const jobs = [
      { ...timed, name: 'c' },
      { ...timed, name: 'own', id: 77 },
      { ...after, name: 'b' },
      { ...timed, name: 'by-hand', priority: 3 },
      { ...timed, name: 'a', enabled: false },
    ];
    expect((await apply({ jobs })).status).toBe(200);
    const { items } = (await admin.ask('GET /jobs', root)).body;
    const seen = items.map(({ id, name, version, nextFireAtMs }) => [name, id, version, nextFireAtMs !== null]);
    expect(seen).toEqual([
      ['a', first + 3, 1, false],
      ['b', first + 2, 1, false],
      ['by-hand', first, 2, true],
      ['c', first + 1, 1, true],
      ['own', 77, 1, true],
      ['there', 1, 1, false],
    ]);
    const children = await admin.ask('GET /jobs/:jobId', root, { params: { jobId: first + 1 } });
    expect(children.body.children).toEqual([{ jobId: first + 2, name: 'b', on: 'success' }]);
    const versions = await admin.ask('GET /jobs/:jobId/versions', root, { params: { jobId: first + 1 } });
    expect(versions.body.items).toMatchObject([{ version: 1, isCurrent: true }]);
    // Made by a person, each of them: no start with other definitions stops it.
    await replaceDefinitions(admin.ctx, { calendars: [], jobs: [], chains: [] });
    const on = (await admin.ask('GET /jobs', root, { query: { enabled: true } })).body.items;
    expect(on.map(({ name }) => name)).toEqual(['b', 'by-hand', 'c', 'own']);
  });

  test('a field that has no default is missed by its name', async () => {
    const { check } = await given();
    const said = async (one: object) =>
      (await check({ jobs: [one] })).problems.map(({ path, message }) => `${path} ${message}`);
    expect(await said({ name: 'a', group: 'g', handler: 'h' })).toEqual([
      expect.stringMatching(/^jobs\[0\]\.route must be one of FIRST, LAST, .*, SHARDING_BROADCAST$/),
    ]);
    expect(await said({ name: 'a', route: 'FIRST' })).toEqual([
      'jobs[0].group is missing',
      'jobs[0].handler must not be empty',
    ]);
    expect(await said({ route: 'FIRST', group: 'g', handler: 'h' })).toEqual(['jobs[0].name is missing']);
  });

  test('is not stopped by a start with other definitions in code', async () => {
    const { admin, root, apply } = await given();
    await apply(FILE);
    await replaceDefinitions(admin.ctx, { calendars: [], jobs: [], chains: [] });
    const { jobs = [], chains } = (await admin.ask('GET /definitions', root)).body;
    expect(jobs.filter(({ enabled }) => enabled === false).map(({ name }) => name)).toEqual(['there']);
    expect(chains).toEqual(FILE.chains);
  });

  test('shows a change field by field, and keeps the id of a job', async () => {
    const { admin, root, check, apply } = await given();
    await apply(FILE);
    const [before] = (await admin.ask('GET /jobs', root, { query: { search: 'collect' } })).body.items;
    const changed = { jobs: [{ ...FILE.jobs[0], timeoutSeconds: 60, retry: { count: 3 } }] };
    const { changes } = await check(changed);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.differences).toEqual(
      expect.arrayContaining([
        { path: 'timeoutSeconds', before: 0, after: 60 },
        { path: 'retry.count', before: 2, after: 3 },
      ]),
    );
    expect((await apply(changed)).status).toBe(200);
    const [after] = (await admin.ask('GET /jobs', root, { query: { search: 'collect' } })).body.items;
    expect(after).toMatchObject({ id: before?.id, version: (before?.version ?? 0) + 1 });
  });

  test('is refused by path, all of it, and then nothing is stored', async () => {
    const { admin, root, check, send } = await given();
    const bad = {
      groups: [{ name: 'new-group' }],
      calendars: [{ name: 'cn', weeklyy: [] }],
      jobs: [
        { name: 'good', group: 'billing', handler: 'h', route: 'FIRST' },
        { name: 'bad', group: 'billing', handler: 'h', route: 'FIRST', schedule: cron('99 * * * *') },
        { name: 'there', id: 9, group: 'g', handler: 'h', route: 'FIRST' },
        { name: 'other', id: 1, group: 'g', handler: 'h', route: 'FIRST' },
        { name: 'good', group: 'billing', handler: 'h', route: 'FIRST', limits: { calendar: 'none' } },
        {
          name: 'a',
          group: 'g',
          handler: 'h',
          route: 'FIRST',
          schedule: { kind: 'parent', jobs: ['b'], on: 'always' },
        },
        {
          name: 'b',
          group: 'g',
          handler: 'h',
          route: 'FIRST',
          schedule: { kind: 'parent', jobs: ['a'], on: 'always' },
        },
        {
          name: 'c',
          group: 'g',
          handler: 'h',
          route: 'FIRST',
          schedule: { kind: 'parent', jobs: ['lost'], on: 'always' },
        },
      ],
      chains: [{ name: 'x', nodes: ['nobody'], edges: [] }],
    };
    const { problems, basis } = await check(bad);
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'calendars[0].weeklyy',
      'chains[0].nodes',
      'jobs[1].schedule.text',
      'jobs[2].id',
      'jobs[3].id',
      'jobs[4].limits.calendar',
      'jobs[4].name',
      'jobs[5].schedule.jobs',
      'jobs[6].schedule.jobs',
      'jobs[7].schedule.jobs',
    ]);
    expect(await send(bad, basis)).toMatchObject({ status: 400, body: { error: { code: 'CONFIG_INVALID' } } });
    // What only the comparison sees is refused when it is sent at once, too.
    const circle = { jobs: bad.jobs.slice(5, 7) };
    expect((await send(circle, (await check(circle)).basis)).status).toBe(400);
    const out = (await admin.ask('GET /definitions', root)).body;
    expect(out.jobs?.map(({ name }) => name)).toEqual(['there']);
    expect(out.groups?.map(({ name }) => name)).not.toContain('new-group');
  });

  test('is not applied when what was shown is not what would be done any more', async () => {
    const { check, send, apply } = await given();
    const { basis } = await check(FILE);
    await apply({ groups: FILE.groups });
    expect(await send(FILE, basis)).toMatchObject({ status: 409, body: { error: { code: 'CONFLICT' } } });
  });

  test('wants the right in all groups, and an administrator for addresses', async () => {
    const { admin, root, check, send } = await given();
    const here = await admin.user('here', [{ group: 'billing', permissions: ['edit'] }], root);
    const all = await admin.user('all', [{ group: '*', permissions: ['edit'] }], root);
    const { basis } = await check(FILE);
    expect((await send(FILE, basis, here)).status).toBe(403);
    expect((await send(FILE, basis, all)).status).toBe(200);
    const manual = { groups: [{ name: 'billing', addressType: 'manual', addresses: ['http://127.0.0.1:9/'] }] };
    const moved = await check(manual);
    expect(moved.problems).toEqual([]);
    expect((await send(manual, moved.basis, all)).status).toBe(403);
    expect((await send(manual, moved.basis, root)).status).toBe(200);
  });
});
