import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineHandler } from '../../executor/index.ts';
import { givenExecutor } from '../support/given-executor.ts';
import { givenScheduler, job, runOf } from '../support/given-scheduler.ts';

const jobs = [job(1, 'debit'), job(2, 'report', { route: 'ROUND', param: 'for the board' })];
const chain = {
  name: 'night',
  nodes: ['debit', 'report'],
  edges: [{ from: 'debit', to: 'report', milestone: 'SETTLED' as const }],
};
const tonight = { chain: 'night', businessDate: '2026-11-20', cutOffAtMs: 4_102_444_800_000, requestId: 'tonight' };

test('our own executors run a chain, and their results come back shard by shard', async () => {
  const given = await givenScheduler({ jobs, chains: [chain], settings: { expectExecutors: 2 } });
  const handlers = [
    defineHandler('debit', async (ctx) => ({ index: ctx.shardIndex, total: ctx.shardTotal, date: ctx.businessDate })),
    defineHandler('report', async (ctx) => ({ param: ctx.param, cutOffAt: ctx.cutOffAt, chainRunId: ctx.chainRunId })),
  ];
  const schedulers = [given.scheduler.url];
  const executors = [await givenExecutor({ schedulers, handlers }), await givenExecutor({ schedulers, handlers })];
  try {
    const { chainRunId } = await given.scheduler.startChain(tonight);
    const view = await given.scheduler.waitForChainRun(chainRunId);
    expect(view.state).toBe('succeeded');
    expect(view.runs[0]?.shards.map((shard) => shard.result)).toEqual([
      { index: 0, total: 2, date: '2026-11-20' },
      { index: 1, total: 2, date: '2026-11-20' },
    ]);
    expect(view.runs[1]?.shards.map((shard) => shard.result)).toEqual([
      { param: 'for the board', cutOffAt: tonight.cutOffAtMs, chainRunId },
    ]);
  } finally {
    await Promise.all(executors.map((executor) => executor.stop()));
  }
});

test('an executor that is stopped while it works gives its shard to another one, and the run loses nothing', async () => {
  const given = await givenScheduler({ jobs, settings: { expectExecutors: 1 } });
  const began = Promise.withResolvers<void>();
  const endless = defineHandler('debit', async (ctx) => {
    began.resolve();
    await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
  });
  const schedulers = [given.scheduler.url];
  const stopping = await givenExecutor({ schedulers, handlers: [endless] });
  const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: 'one' });
  await began.promise;
  await stopping.drain({ deadlineMs: 0 });
  await stopping.stop();
  const heir = await givenExecutor({ schedulers, handlers: [defineHandler('debit', async () => 'done')] });
  try {
    await given.metric('daybreak_scheduler_runs_ended_total{state="succeeded"}', 1);
    const run = await runOf(given.scheduler, runId);
    expect(run.shards[0]?.result).toBe('done');
    expect(run.shards[0]?.attempts.map((attempt) => attempt.state)).toEqual(['lost', 'succeeded']);
  } finally {
    await heir.stop();
  }
});

test('a secret goes from its executor to its handler, and into no table, file or answer; others and peers get none', async () => {
  const KEY = 'k3y-of-the-gateway';
  const param = '{"key":"{secret.GATEWAY_KEY}","day":"{businessDate}"}';
  const given = await givenScheduler({
    jobs: [
      job(1, 'debit', { route: 'ROUND', param }),
      job(2, 'other', { route: 'ROUND', param: '{secret.NOBODY_HAS_IT}' }),
    ],
  });
  // A peer of xxl-job is the only one that lives: it would take the name for the key.
  const registration = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: 'http://127.0.0.1:1/' };
  const peer = await given.executor();
  await peer.unregister();
  const register = () => peer.post('registry', { ...registration, registryValue: peer.address });
  expect((await register()).code).toBe(200);
  const { runId } = await given.scheduler.triggerJob({ job: 'debit', businessDate: '2026-11-20', requestId: 'one' });
  await expect
    .poll(async () => (await given.scheduler.run(runId)).reason, { timeout: 30_000 })
    .toContain('its parameter names a secret, which executors of xxl-job cannot put in');
  expect(peer.requests).toEqual([]);

  const seen: unknown[] = [];
  const executor = await givenExecutor({
    schedulers: [given.scheduler.url],
    secrets: { GATEWAY_KEY: KEY },
    handlers: [
      defineHandler('debit', async (ctx) => {
        seen.push(JSON.parse(ctx.param));
        ctx.log.info(`the key is ${KEY}`);
        return { used: KEY };
      }),
      defineHandler('other', async () => 'never'),
    ],
  });
  try {
    const run = await runOf(given.scheduler, runId, 'succeeded');
    expect(seen).toEqual([{ key: KEY, day: '2026-11-20' }]);
    expect(run.shards[0]?.result).toEqual({ used: '***' });
    const logId = run.shards[0]?.attempts[0]?.logId ?? 0;
    const log = await given.scheduler.log(logId, { fromLine: 1 });
    expect(JSON.stringify(log)).toContain('the key is ***');
    const other = { job: 'other', businessDate: '2026-11-20', requestId: 'two' };
    const failed = await runOf(given.scheduler, (await given.scheduler.triggerJob(other)).runId, 'failed');
    expect(failed.reason).toContain('set DAYBREAK_SECRET_NOBODY_HAS_IT there');

    const tables = await given.store.read('tables', (db) =>
      db.all<{ name: string }>(`select name from sqlite_master where type = 'table'`),
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      const rows = await given.store.read('rows', (db) => db.all(`select * from ${name}`));
      expect(JSON.stringify(rows), name).not.toContain(KEY);
    }
    for (const file of filesBelow(executor.dataDir)) expect(readFileSync(file, 'latin1'), file).not.toContain(KEY);
  } finally {
    await executor.stop();
  }
});

test('a schedule hands no secret to an executor of another make either: its first attempts are made with the runs', async () => {
  const secondly = { kind: 'cron' as const, dialect: 'quartz' as const, text: '* * * * * ?', zone: 'UTC' };
  const given = await givenScheduler({
    jobs: [
      job(1, 'plain', { route: 'ROUND', schedule: secondly }),
      job(2, 'secret', { route: 'ROUND', schedule: secondly, param: '{secret.GATEWAY_KEY}' }),
    ],
  });
  const peer = await given.executor();
  await peer.unregister();
  const registration = { registryGroup: 'EXECUTOR', registryKey: 'orders', registryValue: peer.address };
  expect((await peer.post('registry', registration)).code).toBe(200);
  await peer.nextRun(({ executorHandler }) => executorHandler === 'plain');
  const reasons = () =>
    given.store.read('reasons', (db) =>
      db.all<{ reason: string | null }>('select reason from s_run where job_id = 2 and reason is not null'),
    );
  await expect.poll(async () => (await reasons()).length, { timeout: 30_000 }).toBeGreaterThan(1);
  for (const { reason } of await reasons()) expect(reason).toContain('which executors of xxl-job cannot put in');
  expect(peer.requests.map(({ executorHandler }) => executorHandler)).not.toContain('secret');
});

const filesBelow = (dir: string): string[] =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });

test('a run is told its window: from the instant of its schedule, or of its chain, before its own', async () => {
  const param = '{windowFrom} {windowTo}';
  const at = (hour: number) => ({
    kind: 'cron' as const,
    dialect: 'quartz' as const,
    text: `0 0 ${hour} * * ?`,
    zone: 'UTC',
  });
  const given = await givenScheduler({
    jobs: [job(1, 'alone', { handler: 'work', param, schedule: at(2) }), job(2, 'node', { handler: 'work', param })],
    chains: [{ name: 'night', nodes: ['node'], edges: [], schedule: at(3) }],
  });
  const work = defineHandler('work', async (ctx) => ({ param: ctx.param, plannedAt: ctx.plannedAt }));
  const executor = await givenExecutor({ schedulers: [given.scheduler.url], handlers: [work] });
  try {
    const { runId } = await given.scheduler.triggerJob({ job: 'alone', businessDate: '2026-11-20', requestId: 'one' });
    const alone = (await runOf(given.scheduler, runId, 'succeeded')).shards[0]?.result;
    const { chainRunId } = await given.scheduler.startChain(tonight);
    const node = (await given.scheduler.waitForChainRun(chainRunId)).runs[0]?.shards[0]?.result;
    for (const [result, hour] of [
      [alone, 2],
      [node, 3],
    ] as const) {
      const { param, plannedAt } = result as { param: string; plannedAt: number };
      const [from = '', to = ''] = param.split(' ');
      const before = new Date(new Date(to).setUTCHours(hour, 0, 0, 0));
      if (before.getTime() >= Date.parse(to)) before.setUTCDate(before.getUTCDate() - 1);
      expect(from).toBe(before.toISOString());
      expect(Math.abs(Date.parse(to) - plannedAt)).toBeLessThan(60_000);
    }
  } finally {
    await executor.stop();
  }
});
