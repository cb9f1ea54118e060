import { describe, expect, test } from 'vitest';
import { type JobDefinition, readJob } from '../../../scheduler/definition/job-definition.ts';
import { recordHeartbeat } from '../../../scheduler/registry/record-heartbeat.ts';
import { givenRuns, only } from '../../support/given-runs.ts';
import { job } from '../../support/given-scheduler.ts';

const WINDOW = { from: '22:00', to: '06:00', timeZone: 'Asia/Shanghai' };
const GUARD = { roundTripP95Ms: 20, connectionWaitP95Ms: 500 };

describe('window and loadGuard of a job', () => {
  test.for<[Partial<JobDefinition>, RegExp]>([
    [{ window: { ...WINDOW, from: '24:00' } }, /window\.from is "24:00": write a time of day as HH:MM/],
    [{ window: { ...WINDOW, to: '6:00' } }, /window\.to is "6:00"/],
    [{ window: { ...WINDOW, to: '22:00' } }, /begins and ends at 22:00/],
    [{ window: { ...WINDOW, timeZone: 'Mars/Olympus' } }, /no IANA time zone/],
    [{ window: { from: '22:00' } as never }, /window/],
    [{ loadGuard: {} }, /guards nothing/],
    [{ loadGuard: { roundTripP95Ms: 0 } }, /loadGuard\.roundTripP95Ms must be milliseconds over 0/],
    [{ loadGuard: { roundtrip: 3 } as never }, /loadGuard/],
  ])('%o is refused', ([fields, why]) => {
    expect(() => readJob(job(1, 'work', fields))).toThrow(why);
  });

  test('without them a version is the one that it was before there were these, and with them another one', () => {
    const plain = readJob(job(1, 'work'));
    expect(readJob(job(1, 'work', { window: null, loadGuard: null })).configHash).toBe(plain.configHash);
    expect(readJob(job(1, 'work', { window: WINDOW })).configHash).not.toBe(plain.configHash);
    expect(readJob(job(1, 'work', { loadGuard: GUARD })).configHash).not.toBe(plain.configHash);
  });

  test('they travel with the run request, and with no other', async () => {
    const given = await givenRuns([
      job(1, 'guarded', { route: 'FIRST', window: WINDOW, loadGuard: GUARD }),
      job(2, 'plain', { route: 'FIRST' }),
    ]);
    await given.trigger('guarded');
    await given.trigger('plain');
    const [guarded, plain] = (await given.dispatch()).toSorted((a, b) => a.jobId - b.jobId);
    expect(guarded).toMatchObject({ window: WINDOW, loadGuard: GUARD });
    expect(plain).not.toHaveProperty('window');
    expect(plain).not.toHaveProperty('loadGuard');
  });
});

describe('what executors tell of throttled shards', () => {
  async function givenOneRun() {
    const given = await givenRuns([job(1, 'work', { route: 'FIRST' })]);
    const runId = await given.trigger('work');
    const { address } = only(await given.dispatch());
    const tell = (why: string | null, from = address) =>
      recordHeartbeat(given.ctx, {
        registryGroup: 'EXECUTOR',
        registryKey: 'orders',
        registryValue: from,
        incarnation: 'first',
        throttled: why === null ? [] : [{ runId, shardIndex: 0, why }],
      });
    return { given, runId, tell, address };
  }

  test('is shown on the run and the shard until it tells otherwise', async () => {
    const { given, runId, tell } = await givenOneRun();
    expect((await given.view(runId)).throttled).toBeNull();
    await tell('THROTTLED: a round trip takes 30 ms');
    const run = await given.view(runId);
    expect(run.throttled).toBe('THROTTLED: a round trip takes 30 ms');
    expect(only(run.shards).throttled).toBe('THROTTLED: a round trip takes 30 ms');
    await tell(null);
    expect((await given.view(runId)).throttled).toBeNull();
  });

  test('is forgotten when nobody has told it again, and when the shard has ended', async () => {
    const { given, runId, tell } = await givenOneRun();
    await tell('THROTTLED');
    await given.runtime.advance(90_000);
    expect((await given.view(runId)).throttled).toBeNull();
  });

  test('is not taken from an executor that does not hold the shard', async () => {
    const { given, runId, tell, address } = await givenOneRun();
    const other = ['http://127.0.0.1:9001/', 'http://127.0.0.1:9002/'].find((each) => each !== address) ?? '';
    await tell('THROTTLED', other);
    expect((await given.view(runId)).throttled).toBeNull();
  });
});
