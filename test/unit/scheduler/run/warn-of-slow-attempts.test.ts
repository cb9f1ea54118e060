import { expect, test } from 'vitest';
import { type JobDefinition, readJob } from '../../../../scheduler/definition/job-definition.ts';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { warnOfSlowAttempts } from '../../../../scheduler/run/warn-of-slow-attempts.ts';
import { listAlarms } from '../../../../scheduler/storage/sql/alarm-queries.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

async function givenOut(more: Partial<JobDefinition>) {
  const given = await givenRuns([job(1, 'report', { route: 'ROUND', ...more })]);
  const runId = await given.trigger('report');
  const sent = only(await given.dispatch());
  const { ctx, store, runtime } = given;
  const alarms = async () =>
    (await store.read('alarms', (db) => listAlarms(db, { limit: 10 })))
      .filter(({ kind }) => kind === 'RUN_SLOW')
      .map(({ subjectId, times, closedAt, message }) => ({ subjectId, times, open: closedAt === null, message }));
  const after = async (ms: number) => {
    await runtime.advance(ms);
    await warnOfSlowAttempts(ctx);
    return alarms();
  };
  return { ...given, runId, sent, after, alarms };
}

test('people hear once of an attempt that has used four fifths of its time, until the run has ended', async () => {
  const { after, runId, sent, report, alarms } = await givenOut({ timeoutSeconds: 10 });
  expect(await after(7_999)).toEqual([]);
  const open = {
    subjectId: String(runId),
    times: 1,
    open: true,
    message: `run ${runId} of job "report": try 1 of shard 0 has taken more than 8 s on ${sent.address}, and its time limit is 10 s`,
  };
  expect(await after(1)).toEqual([open]);
  expect(await after(1_000)).toEqual([open]);
  await report(sent);
  expect(await alarms()).toEqual([{ ...open, open: false }]);
});

test('a job says itself what is slow, also without a time limit', async () => {
  const { after, runId, ctx, alarms } = await givenOut({ slowAfterSeconds: 3 });
  expect(await after(2_999)).toEqual([]);
  expect(only(await after(1)).message).toContain('more than 3 s on http://127.0.0.1:9001/, and it has no time limit');
  await killRun(ctx, runId, { by: 'ann', reason: 'too slow' });
  expect(only(await alarms()).open).toBe(false);
});

test.each([{}, { timeoutSeconds: 10, slowAfterSeconds: 0 }])('nobody hears of it with %j', async (more) => {
  const { after } = await givenOut(more);
  expect(await after(3_600_000)).toEqual([]);
});

test('an attempt that waits for its turn on the executor is not slow', async () => {
  const { after, client } = await givenOut({ timeoutSeconds: 10 });
  client.log = async () => ({
    fromLineNum: 1,
    toLineNum: 0,
    logContent: 'readLog fail, logFile not exists',
    isEnd: true,
  });
  expect(await after(8_000)).toEqual([]);
  client.log = async () => null;
  expect(await after(7_999)).toEqual([]);
  expect(await after(1)).toHaveLength(1);
});

test('an attempt whose result comes while its executor is asked is not slow', async () => {
  const { after, client, report, sent } = await givenOut({ timeoutSeconds: 10 });
  client.log = async () => {
    await report(sent);
    return null;
  };
  expect(await after(8_000)).toEqual([]);
});

test.each([
  [{ slowAfterSeconds: -1 }, 'slowAfterSeconds must be 0 or more'],
  [{ timeoutSeconds: 5, slowAfterSeconds: 5 }, 'must be less than timeoutSeconds (5)'],
])('a definition with %j is refused', (more, why) => {
  expect(() => readJob(job(1, 'report', more))).toThrow(why);
});
