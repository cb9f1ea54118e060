import { describe, expect, test } from 'vitest';
import { sendKills } from '../../../../scheduler/dispatch/send-kills.ts';
import { expireAttempts } from '../../../../scheduler/run/expire-attempts.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';
import { givenContext } from '../../../support/given-scheduler-context.ts';

const LIMITED = job(1, 'limited', { route: 'ROUND', timeoutSeconds: 10 });
const RETRIED = job(2, 'retried', { route: 'ROUND', timeoutSeconds: 10, retry: { count: 1, on: ['TIMEOUT'] } });
const UNLIMITED = job(3, 'unlimited', { route: 'ROUND' });

async function givenOut(name: string) {
  const given = await givenRuns([LIMITED, RETRIED, UNLIMITED]);
  const runId = await given.trigger(name);
  const sent = only(await given.dispatch());
  const over = 10_000 + given.ctx.settings.timeoutGraceMs;
  return { ...given, runId, sent, over };
}

describe('an attempt that its executor does not end in time', () => {
  test('is left alone up to its limit and the grace, and then ends as timed out and is told to stop', async () => {
    const { ctx, runtime, client, runId, sent, over, view, report } = await givenOut('limited');
    const kills: number[] = [];
    client.kill = async ({ logId }) => {
      kills.push(logId);
      return 'told';
    };
    await runtime.advance(over - 1);
    await expireAttempts(ctx);
    expect((await view(runId)).state).toBe('running');
    await runtime.advance(1);
    await expireAttempts(ctx);
    await sendKills(ctx);
    const run = await view(runId);
    expect(run).toMatchObject({ state: 'timed_out' });
    expect(run.reason).toContain('had not ended it 200 ms after its limit of 10 s');
    expect(kills).toEqual([sent.logId]);
    expect(run.shards[0]?.attempts.map((attempt) => attempt.state)).toEqual(['stopping']);
    // What it says afterwards is told to nobody, and it is not stopping any more.
    expect(await report(sent, 200)).toBe('repeated');
    expect((await view(runId)).shards[0]).toMatchObject({ state: 'failed', attempts: [{ state: 'failed' }] });
  });

  test('is tried again when time-outs are, and its late result changes nothing', async () => {
    const { ctx, runtime, runId, sent, over, view, report, dispatch } = await givenOut('retried');
    await runtime.advance(over);
    await expireAttempts(ctx);
    expect((await view(runId)).shards[0]?.reason).toContain('try 1 of 2 failed, the next one comes at');
    expect(await report(sent, 200)).toBe('repeated');
    expect((await view(runId)).shards[0]?.state).toBe('ready');
    await runtime.advance(1_000);
    const again = only(await dispatch());
    expect(again).toMatchObject({ attempt: 2, epoch: 2 });
    expect(await report(sent, 200)).toBe('repeated');
    expect(await report(again, 200)).toBe('taken');
    expect((await view(runId)).state).toBe('succeeded');
  });

  test('that came back in time is not looked at again', async () => {
    const { ctx, runtime, runId, sent, over, view, report } = await givenOut('limited');
    await report(sent);
    await runtime.advance(over);
    await expireAttempts(ctx);
    expect((await view(runId)).state).toBe('succeeded');
  });

  test('whose result comes while the executor is being asked has ended with that result', async () => {
    const { ctx, runtime, client, runId, sent, over, view, report } = await givenOut('limited');
    client.log = async () => {
      await report(sent);
      return null;
    };
    await runtime.advance(over);
    await expireAttempts(ctx);
    expect((await view(runId)).state).toBe('succeeded');
  });

  test('that another scheduler has found waiting for its turn meanwhile is left alone', async () => {
    const { ctx, runtime, client, store, runId, over, view } = await givenOut('limited');
    client.log = async () => {
      await store.transaction('other', (tx) => tx.run('update s_attempt set deadline_at = ?', [tx.nowMs + 1]));
      return null;
    };
    await runtime.advance(over);
    await expireAttempts(ctx);
    expect((await view(runId)).state).toBe('running');
  });

  test('because it waits for its turn has all its time before it', async () => {
    const { ctx, runtime, client, runId, over, view } = await givenOut('limited');
    client.log = async () => ({
      fromLineNum: 1,
      toLineNum: 0,
      logContent: 'readLog fail, logFile not exists',
      isEnd: true,
    });
    await runtime.advance(over);
    await expireAttempts(ctx);
    client.log = async () => ({ fromLineNum: 1, toLineNum: 1, logContent: 'begun', isEnd: false });
    await runtime.advance(over - 1);
    await expireAttempts(ctx);
    expect((await view(runId)).state).toBe('running');
    await runtime.advance(1);
    await expireAttempts(ctx);
    expect((await view(runId)).state).toBe('timed_out');
  });
});

test('a job without a limit is never over its time', async () => {
  const { ctx, runtime, runId, view } = await givenOut('unlimited');
  await runtime.advance(365 * 24 * 3_600_000);
  await expireAttempts(ctx);
  expect((await view(runId)).state).toBe('running');
});

test('a limit that ran out while nobody listened waits for results that are on their way', async () => {
  const { store, runtime, client, runId, sent, view, report } = await givenOut('retried');
  await runtime.advance(600_000);
  const settings = { timeoutGraceMs: 30_000 };
  const after = givenContext(store, settings, { client, runtime });
  for (let pass = 0; pass < 59; pass++) {
    await expireAttempts(after);
    await runtime.advance(1_000);
  }
  expect((await view(runId)).state).toBe('running');
  expect(await report(sent)).toBe('taken');
  expect((await view(runId)).state).toBe('succeeded');
});

test('but no longer than that', async () => {
  const { store, runtime, client, runId, view } = await givenOut('limited');
  await runtime.advance(600_000);
  const after = givenContext(store, { timeoutGraceMs: 30_000 }, { client, runtime });
  for (let pass = 0; pass <= 60; pass++) {
    await expireAttempts(after);
    await runtime.advance(1_000);
  }
  expect((await view(runId)).state).toBe('timed_out');
});
