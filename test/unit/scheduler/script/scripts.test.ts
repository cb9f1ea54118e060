import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../../scheduler/definition/job-definition.ts';
import { readJob } from '../../../../scheduler/definition/job-definition.ts';
import { rerun } from '../../../../scheduler/run/rerun.ts';
import { saveScript } from '../../../../scheduler/script/save-script.ts';
import { createScriptsApi } from '../../../../scheduler/script/scripts.ts';
import { listAlarms } from '../../../../scheduler/storage/sql/alarm-queries.ts';
import { listOperatorActions } from '../../../../scheduler/storage/sql/operator-action-queries.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';

const CLEAN: JobDefinition = { id: 1, name: 'clean', group: 'orders', route: 'ROUND', glueType: 'GLUE_SHELL' };
const BEAN: JobDefinition = { id: 2, name: 'bean', group: 'orders', route: 'ROUND', handler: 'bean' };
const by = 'ann';

async function given(jobs: readonly JobDefinition[] = [CLEAN, BEAN]) {
  const runs = await givenRuns(jobs);
  const scripts = createScriptsApi(runs.ctx);
  const save = (source: string) => scripts.save({ job: 'clean', source, remark: `now ${source}`, by });
  return { ...runs, scripts, save };
}

test('each save is a version with its author, its remark and the sum of its text', async () => {
  const { scripts, save, store } = await given();
  expect(await save('echo one')).toEqual({ version: 1, created: true });
  expect(await save('echo two')).toEqual({ version: 2, created: true });
  expect(await save('echo two')).toEqual({ version: 2, created: false });
  const list = await scripts.list('clean');
  expect(list.map(({ version, glueType, remark }) => [version, glueType, remark])).toEqual([
    [2, 'GLUE_SHELL', 'now echo two'],
    [1, 'GLUE_SHELL', 'now echo one'],
  ]);
  expect(list[0]).toMatchObject({ by, sha256: createHash('sha256').update('echo two').digest('hex') });
  expect(await scripts.read('clean', 1)).toMatchObject({ version: 1, source: 'echo one' });
  const actions = await store.read('actions', (db) => listOperatorActions(db, 10));
  expect(actions.map(({ who, verb, subjectId, reason }) => [who, verb, subjectId, reason])).toEqual([
    [by, 'save-script', '1', 'now echo two'],
    [by, 'save-script', '1', 'now echo one'],
  ]);
});

test('two versions never have the same instant, which is all that executors know of them', async () => {
  const { scripts, save } = await given();
  for (const source of ['one', 'two', 'three']) await save(source);
  const instants = (await scripts.list('clean')).map(({ savedAtMs }) => savedAtMs);
  expect(new Set(instants).size).toBe(3);
  expect(instants).toEqual(instants.toSorted((a, b) => b - a));
});

test('rolled back, the text of an earlier version is the newest one', async () => {
  const { scripts, save } = await given();
  await save('good');
  await save('bad');
  expect(await scripts.rollBack({ job: 'clean', version: 1, by })).toEqual({ version: 3, created: true });
  expect(await scripts.read('clean', 3)).toMatchObject({ source: 'good', remark: 'as in version 1' });
});

test('thirty versions are kept, and older ones for as long as an open run has them', async () => {
  const { scripts, save, trigger, dispatch, report } = await given();
  await save('v1');
  const runId = await trigger('clean');
  const [sent] = await dispatch();
  for (let version = 2; version <= 40; version++) await save(`v${version}`);
  const versions = (await scripts.list('clean')).map(({ version }) => version);
  expect([versions.length, versions[0], versions.at(-1)]).toEqual([30, 40, 11]);
  expect(await scripts.read('clean', 1)).toMatchObject({ source: 'v1' });
  await expect(scripts.read('clean', 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  if (sent === undefined) throw new Error(`run ${runId} was not sent`);
  await report(sent);
  await save('v41');
  await expect(scripts.read('clean', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('all tries of a run get the script that was the newest when it was split; a rerun gets the newest', async () => {
  const { ctx, save, trigger, dispatch, report, runtime, view } = await given([
    { ...CLEAN, retry: { count: 1, firstMs: 1 } },
  ]);
  await save('first');
  const runId = await trigger('clean');
  const one = only(await dispatch());
  expect(one).toMatchObject({ executorHandler: '', glueType: 'GLUE_SHELL', glueSource: 'first' });
  await save('second');
  await report(one, 500);
  await runtime.advance(100);
  const two = only(await dispatch());
  expect([two.attempt, two.glueSource, two.glueUpdatetime]).toEqual([2, 'first', one.glueUpdatetime]);
  await report(two, 500);
  expect(await view(runId)).toMatchObject({ state: 'failed', scriptVersion: 1 });
  const again = await rerun(ctx, runId, { kind: 'failed', requestId: 'again', by });
  const three = only(await dispatch());
  expect([three.runId, three.glueSource]).toEqual([again.runId, 'second']);
});

test('a run that is looked at again, because executors are asked first, keeps the script that it has', async () => {
  const { save, trigger, dispatch, client } = await given([{ ...CLEAN, route: 'BUSYOVER' }]);
  await save('first');
  client.idleBeat = async () => {
    await save('second');
    return 'idle';
  };
  await trigger('clean');
  expect(only(await dispatch()).glueSource).toBe('first');
});

test('what runs once per run is a handler, also of a script job', async () => {
  const { save, trigger, dispatch, report } = await given([{ ...CLEAN, beforeRun: 'prepare' }]);
  await save('echo');
  await trigger('clean');
  const before = only(await dispatch());
  expect(before).toMatchObject({ executorHandler: 'prepare', glueType: 'BEAN', glueSource: '' });
  await report(before);
  expect(only(await dispatch())).toMatchObject({ glueType: 'GLUE_SHELL', glueSource: 'echo' });
});

test('a run of a job without a script fails, says what to do, and people hear of it', async () => {
  const { store, trigger, dispatch, view, save } = await given();
  const runId = await trigger('clean');
  expect(await dispatch()).toEqual([]);
  const reason = 'job "clean" has no script of type GLUE_SHELL: save one and run it again';
  expect(await view(runId)).toMatchObject({ state: 'failed', reason, scriptVersion: null });
  const alarms = await store.read('alarms', (db) => listAlarms(db, { limit: 10 }));
  expect(alarms.map(({ kind, message }) => [kind, message])).toEqual([
    ['RUN_FAILED', `run ${runId} of job "clean" failed: ${reason}`],
  ]);
  await save('echo');
  await trigger('clean', 'again');
  expect(await dispatch()).toHaveLength(1);
});

test('a script of another type is not sent', async () => {
  const { trigger, dispatch, view, save, store } = await given();
  await save('echo');
  await store.transaction('retype', (tx) => tx.run(`update s_script set glue_type = 'GLUE_PYTHON'`));
  const runId = await trigger('clean');
  expect(await dispatch()).toEqual([]);
  expect((await view(runId)).state).toBe('failed');
});

test('what cannot be saved is refused in words', async () => {
  const { scripts, save } = await given();
  await save('echo');
  const order = { job: 'clean', source: 'x', remark: 'r', by };
  const refused = (more: Partial<typeof order & { basedOn: number }>) => scripts.save({ ...order, ...more });
  await expect(refused({ job: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(refused({ job: 'bean' })).rejects.toThrow('job "bean" runs a handler: give it a glueType');
  await expect(refused({ source: ' \n' })).rejects.toThrow('source is empty');
  await expect(refused({ source: 'x'.repeat(512 * 1024 + 1) })).rejects.toThrow('more than 524288 bytes');
  await expect(refused({ remark: '' })).rejects.toThrow('what has changed');
  await expect(refused({ by: ' ' })).rejects.toThrow('by must name who asks');
  await expect(refused({ basedOn: 0 })).rejects.toThrow('is at version 1, not 0: read it and save again');
  expect(await refused({ basedOn: 1 })).toEqual({ version: 2, created: true });
  await expect(scripts.rollBack({ job: 'clean', version: 9, by })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test.each<[Partial<JobDefinition>, string]>([
  [{ glueType: 'COBOL' as 'BEAN' }, 'glueType must be one of BEAN, GLUE_GROOVY, GLUE_SHELL'],
  [{ handler: 'work' }, 'handler is not for a job of type GLUE_SHELL'],
  [{ glueType: 'BEAN' }, 'handler must not be empty'],
])('a definition with %j is refused', (more, why) => {
  expect(() => readJob({ ...CLEAN, ...more })).toThrow(why);
});

test('whoever may not change the job by the time that it is locked saves nothing', async () => {
  const { ctx, scripts } = await given();
  const check = ({ group }: { group: string }) => {
    throw new Error(`no right in ${group}`);
  };
  const order = { source: 'echo', remark: 'r', by, check };
  await expect(saveScript(ctx, { id: CLEAN.id }, order)).rejects.toThrow('no right in orders');
  expect(await scripts.list('clean')).toEqual([]);
});
