import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeAlarmByPerson, viewAlarms } from '../../scheduler/alarm/alarms.ts';
import { closeAlarms, raiseAlarm } from '../../scheduler/alarm/raise-alarm.ts';
import { startChain } from '../../scheduler/chain/start-chain.ts';
import { newEffects } from '../../scheduler/effects.ts';
import { triggerJob } from '../../scheduler/firing/trigger-job.ts';
import { viewOperatorActions } from '../../scheduler/operator-actions.ts';
import { warnOfSlowAttempts } from '../../scheduler/run/warn-of-slow-attempts.ts';
import { createScriptsApi } from '../../scheduler/script/scripts.ts';
import { pruneHistory } from '../../scheduler/storage/prune-history.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { describeOnEachStore, type StorePlace } from '../support/each-store.ts';
import { cron, firingOn, type GivenFiring, timedJob } from '../support/given-firing.ts';

describeOnEachStore('what people see and do', (newPlace) => {
  let place: StorePlace;
  let given: GivenFiring;
  beforeEach(async () => {
    place = await newPlace();
    given = await firingOn(await openSqlStore(place.url, { runtime: systemRuntime(), logger: silentLogger }));
  });
  afterEach(async () => {
    await given.store.close();
    await place.drop();
  });

  test('scripts are kept in thirty versions, and one that an open run has stays', async () => {
    const { handler: _, ...script } = timedJob(1, 'clean', { glueType: 'GLUE_SHELL' });
    await given.define([script]);
    await given.executor();
    const scripts = createScriptsApi(given.ctx);
    const save = (source: string) => scripts.save({ job: 'clean', source, remark: 'next', by: 'ann' });
    await save('echo ☂ 1');
    await triggerJob(given.ctx, { job: 'clean', businessDate: '2026-11-20', requestId: 'r' });
    for (let version = 2; version <= 33; version++) await save(`echo ${version}`);
    expect((await scripts.list('clean')).map(({ version }) => version).at(-1)).toBe(4);
    expect((await scripts.read('clean', 1)).source).toBe('echo ☂ 1');
    await expect(scripts.read('clean', 3)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await given.work();
    await save('echo 34');
    await expect(scripts.read('clean', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await scripts.rollBack({ job: 'clean', version: 5, by: 'ann' })).toEqual({ version: 35, created: true });
  });

  test('fires are read with the run or chain run that they made, held ones too', async () => {
    await given.define([timedJob(1, 'each'), timedJob(2, 'node')], [{ name: 'night', nodes: ['node'], edges: [] }]);
    const { runId } = await triggerJob(given.ctx, {
      job: 'each',
      businessDate: '2026-11-20',
      requestId: 'r',
      by: 'ann',
    });
    expect(await given.api.fires({ job: 'each' })).toMatchObject([
      { state: 'fired', origin: 'manual', runId, by: 'ann' },
    ]);
    await startChain(given.ctx, { chain: 'night', businessDate: '2026-11-20', requestId: 'c', cutOffAtMs: null });
    expect(await given.api.fires({ chain: 'night' })).toEqual([]);
    expect(await given.api.heldFires()).toEqual([]);
  });

  test('alarms are read, and closed by their cause or a person; actions are recorded', async () => {
    const raise = (subjectId: number) =>
      given.store.transaction('raise', (tx) =>
        raiseAlarm(
          tx,
          { kind: 'SCHEDULE_BROKEN', subjectKind: 'job', subjectId, severity: 'critical', message: 'm' },
          newEffects(),
        ),
      );
    for (const id of [1, 2, 1]) await raise(id);
    await given.store.transaction('close', (tx) =>
      closeAlarms(tx, 'SCHEDULE_BROKEN', [{ subjectKind: 'job', subjectId: 2 }]),
    );
    const [open, ...others] = await viewAlarms(given.ctx);
    expect([open?.subjectId, open?.times, others]).toEqual(['1', 1, []]);
    expect(await closeAlarmByPerson(given.ctx, { alarmId: open?.id ?? 0, by: 'ann', reason: 'seen' })).toBe(true);
    expect(await viewAlarms(given.ctx, { openOnly: false })).toHaveLength(2);
    expect(await viewOperatorActions(given.ctx)).toMatchObject([{ who: 'ann', verb: 'close-alarm' }]);
  });

  test('slow attempts are looked for, and runs of a schedule are pruned', async () => {
    await given.define([timedJob(1, 'each', { schedule: cron('0 0 0 1 1 ?'), timeoutSeconds: 10 })]);
    await given.executor();
    for (const requestId of ['a', 'b', 'c']) {
      await triggerJob(given.ctx, { job: 'each', businessDate: '2026-11-20', requestId });
    }
    await given.work();
    await warnOfSlowAttempts(given.ctx);
    expect(await viewAlarms(given.ctx)).toEqual([]);
    await pruneHistory({ ...given.ctx, settings: { ...given.ctx.settings, keepSweepRuns: 1 } });
    expect(await given.rows('select id from s_run')).toHaveLength(1);
  });
});
