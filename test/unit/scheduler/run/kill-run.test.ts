import { describe, expect, test } from 'vitest';
import { sendKills } from '../../../../scheduler/dispatch/send-kills.ts';
import { killRun } from '../../../../scheduler/run/kill-run.ts';
import { listOperatorActions } from '../../../../scheduler/storage/sql/operator-action-queries.ts';
import { givenRuns, only } from '../../../support/given-runs.ts';
import { job } from '../../../support/given-scheduler.ts';

const MONEY = job(1, 'money', { retry: { count: 3 } });
const why = { by: 'ann', reason: 'wrong file' };

async function givenTwoShards() {
  const given = await givenRuns([MONEY]);
  const runId = await given.trigger('money');
  const sent = await given.dispatch();
  const kills: number[] = [];
  given.client.kill = async ({ logId }) => {
    kills.push(logId);
    return 'told';
  };
  return { ...given, runId, sent, kills };
}
const attemptStates = (view: Awaited<ReturnType<Awaited<ReturnType<typeof givenRuns>>['view']>>) =>
  view.shards.flatMap((shard) => shard.attempts.map((attempt) => attempt.state));

describe('a killed run', () => {
  test('is cancelled at once, with all that was out, and says by whom and why', async () => {
    const { ctx, runId, view, store } = await givenTwoShards();
    expect(await killRun(ctx, runId, why)).toBe(true);
    const run = await view(runId);
    expect(run).toMatchObject({ state: 'cancelled', reason: 'killed by ann: wrong file' });
    expect(run.shards.map((shard) => shard.state)).toEqual(['cancelled', 'cancelled']);
    const actions = await store.read('actions', (db) => listOperatorActions(db, 10));
    expect(only(actions)).toMatchObject({ who: 'ann', verb: 'kill', subjectKind: 'run', subjectId: String(runId) });
    expect(await killRun(ctx, runId, why)).toBe(false);
  });

  test('has attempts that are stopping until they say that they have ended, and what they say changes nothing', async () => {
    const { ctx, runId, view, sent, kills, report } = await givenTwoShards();
    await killRun(ctx, runId, why);
    await sendKills(ctx);
    expect(kills).toEqual(sent.map((each) => each.logId));
    expect(attemptStates(await view(runId))).toEqual(['stopping', 'stopping']);
    const [one, two] = sent;
    if (one === undefined || two === undefined) throw new Error('two shards were expected');
    expect(await report(one, 200)).toBe('stale');
    expect(await report(two, 500, { msg: 'scheduling center kill job. [job running, killed]' })).toBe('stale');
    expect(attemptStates(await view(runId))).toEqual(['cancelled', 'cancelled']);
    expect((await view(runId)).state).toBe('cancelled');
  });

  test('is told to executors again until they have heard, and not after that', async () => {
    const { ctx, runId, client, runtime } = await givenTwoShards();
    const answers = ['unclear', 'unclear', 'told', 'unclear', 'told'] as const;
    let sends = 0;
    client.kill = async () => answers[sends++] ?? 'told';
    await killRun(ctx, runId, why);
    for (let pass = 0; pass < 5; pass++) {
      await sendKills(ctx);
      await runtime.advance(ctx.settings.killAgainMs);
    }
    expect(sends).toBe(5);
  });

  test('waits for no executor that is gone or was started anew', async () => {
    const { ctx, runId, view, kills, beat, runtime, sent } = await givenTwoShards();
    await killRun(ctx, runId, why);
    await beat(9001, 'second');
    await sendKills(ctx);
    expect(kills).toEqual(sent.filter((each) => each.address.includes('9002')).map((each) => each.logId));
    expect(attemptStates(await view(runId)).toSorted()).toEqual(['cancelled', 'stopping']);
    await runtime.advance(1);
  });

  test('is not stopping where the executor has no such attempt, unless its request may still be on the way', async () => {
    const { ctx, runId, client, view } = await givenTwoShards();
    client.kill = async () => 'not_there';
    await killRun(ctx, runId, why);
    await sendKills(ctx);
    expect(attemptStates(await view(runId))).toEqual(['cancelled', 'cancelled']);
  });

  test('stays stopping where nobody knows whether the request has arrived, until it cannot arrive any more', async () => {
    const given = await givenRuns([job(1, 'money', { route: 'ROUND' })]);
    const { ctx, client, runtime } = given;
    const runId = await given.trigger('money');
    client.run = async () => ({ kind: 'unclear', why: 'the answer was cut' });
    client.kill = async () => 'not_there';
    await given.dispatch();
    await killRun(ctx, runId, why);
    await sendKills(ctx);
    expect(attemptStates(await given.view(runId))).toEqual(['stopping']);
    await runtime.advance(2 * ctx.settings.dispatchTimeoutMs + ctx.settings.killAgainMs);
    await sendKills(ctx);
    expect(attemptStates(await given.view(runId))).toEqual(['cancelled']);
  });

  test('whose request was on the way when it was killed is told to stop once it has arrived', async () => {
    const given = await givenRuns([job(1, 'money', { route: 'ROUND' })]);
    const runId = await given.trigger('money');
    let kills = 0;
    given.client.kill = async () => (kills++ === 0 ? 'not_there' : 'told');
    given.client.run = async () => {
      await killRun(given.ctx, runId, why);
      await sendKills(given.ctx);
      return { kind: 'accepted' };
    };
    await given.dispatch();
    expect(attemptStates(await given.view(runId))).toEqual(['stopping']);
    await sendKills(given.ctx);
    expect(kills).toBe(2);
  });

  test('that nobody has begun is cancelled too, and nothing is sent', async () => {
    const given = await givenRuns([MONEY]);
    const runId = await given.trigger('money');
    expect(await killRun(given.ctx, runId, why)).toBe(true);
    expect(await given.dispatch()).toEqual([]);
    expect((await given.view(runId)).state).toBe('cancelled');
  });

  test('needs a name and a reason', async () => {
    const { ctx, runId } = await givenTwoShards();
    await expect(killRun(ctx, runId, { by: ' ', reason: 'x' })).rejects.toThrow('by is empty');
    await expect(killRun(ctx, runId, { by: 'ann', reason: '' })).rejects.toThrow('reason is empty');
    await expect(killRun(ctx, 4711, why)).rejects.toThrow('there is no run 4711');
  });
});

async function givenOnePeer(...jobs: Parameters<typeof givenRuns>[0]) {
  const given = await givenRuns(jobs);
  await given.beat(9003, null);
  await given.store.transaction('only-9003', (tx) =>
    tx.run(`update s_executor set state = 'gone' where incarnation is not null`),
  );
  return given;
}

describe('an executor of xxl-job, which kills by job', () => {
  test('is given the run that follows when it has heard of the kill, which would end that one too', async () => {
    const given = await givenOnePeer(job(1, 'money', { route: 'FIRST', block: 'SERIAL_EXECUTION' }));
    const { ctx, client } = given;
    const first = await given.trigger('money', 'first');
    await given.dispatch();
    const second = await given.trigger('money', 'second');
    await killRun(ctx, first, why);
    client.kill = async () => 'unclear';
    await sendKills(ctx);
    expect(await given.dispatch()).toEqual([]);
    client.kill = async () => 'told';
    await given.runtime.advance(ctx.settings.killAgainMs);
    await sendKills(ctx);
    expect((await given.dispatch()).map(({ runId }) => runId)).toEqual([second]);
  });

  test('while it has to hear of a kill is no heir either, and other jobs do not wait for that', async () => {
    const given = await givenOnePeer(job(1, 'money', { route: 'FIRST' }), job(2, 'other', { route: 'FIRST' }));
    const first = await given.trigger('money', 'first');
    const at9003 = only(await given.dispatch()).address;
    await killRun(given.ctx, first, why);
    await given.trigger('money', 'second');
    const other = await given.trigger('other', 'other');
    expect((await given.dispatch()).map(({ runId, address }) => [runId, address])).toEqual([[other, at9003]]);
    await given.beat(9004, null);
    expect(await given.dispatch()).toEqual([]);
    given.ctx.health.wentWrong(at9003);
    expect(only(await given.dispatch()).address).toBe('http://127.0.0.1:9004/');
  });

  test('is not told while it would end another run as well, and is told once that has ended', async () => {
    const given = await givenOnePeer(job(1, 'money', { route: 'ROUND' }));
    const { ctx, client } = given;
    const kills: number[] = [];
    client.kill = async ({ logId }) => {
      kills.push(logId);
      return 'told';
    };
    const first = await given.trigger('money', 'first');
    const second = await given.trigger('money', 'second');
    const sent = await given.dispatch();
    expect(sent.map((each) => each.runId)).toEqual([first, second]);
    await killRun(ctx, first, why);
    await sendKills(ctx);
    expect(kills).toEqual([]);
    const other = sent.find((each) => each.runId === second);
    if (other === undefined) throw new Error('the second run was expected');
    await given.report(other);
    await given.runtime.advance(ctx.settings.killAgainMs);
    await sendKills(ctx);
    expect(kills).toEqual([sent.find((each) => each.runId === first)?.logId]);
  });
});
