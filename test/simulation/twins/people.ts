import { cancelChainRun, startChain } from '../../../scheduler/chain/start-chain.ts';
import { setGroupLimit } from '../../../scheduler/dispatch/set-group-limit.ts';
import { triggerJob } from '../../../scheduler/firing/trigger-job.ts';
import { killRun } from '../../../scheduler/run/kill-run.ts';
import { rerun } from '../../../scheduler/run/rerun.ts';
import { CHAIN, DATE, drawEdit, GROUPS, pick } from './draw-work.ts';
import { alike, define, onRun, type Pair } from './pair.ts';

export async function trigger(pair: Pair): Promise<void> {
  const { name } = pick(pair.random, pair.jobs);
  const given = pair.random.next() < 0.3 ? { param: pick(pair.random, ['{secret.OTHER}', '{"limit":9}']) } : {};
  await alike(pair, ({ ctx }) =>
    triggerJob(ctx, { job: name, businessDate: DATE, requestId: `step-${pair.chance.step}`, ...given }),
  );
}

export async function startNight(pair: Pair): Promise<void> {
  const order = { chain: CHAIN.name, businessDate: DATE, cutOffAtMs: null, requestId: `step-${pair.chance.step}` };
  await alike(pair, ({ ctx }) => startChain(ctx, order));
}

export async function cancelNight(pair: Pair): Promise<void> {
  await alike(pair, async ({ ctx }) => {
    const open = await ctx.store.read('open', (db) =>
      db.get<{ id: number }>(`select id from s_chain_run where state = 'running' order by id`),
    );
    if (open !== null) await cancelChainRun(ctx, open.id, 'too late', 'ana');
  });
}

export const killRuns = (pair: Pair): Promise<void> =>
  onRun(pair, 'ended_at is null', ({ ctx }, runId) => killRun(ctx, runId, { by: 'ana', reason: 'wrong file' }));

export async function repeat(pair: Pair): Promise<void> {
  const order = {
    kind: pick(pair.random, ['all', 'failed', 'resume'] as const),
    requestId: `again-${pair.chance.step}`,
    by: 'ana',
  };
  await onRun(pair, 'ended_at is not null', ({ ctx }, runId) => rerun(ctx, runId, order));
}

export async function edit(pair: Pair): Promise<void> {
  const edited = pair.jobs.filter(() => pair.random.next() < 0.15).map((job) => drawEdit(pair.random, job));
  if (edited.length > 0) await define(pair, edited);
}

export async function limit(pair: Pair): Promise<void> {
  const order = { group: pick(pair.random, GROUPS), runLimit: pick(pair.random, [0, 0, 2]), by: 'ana' };
  await alike(pair, ({ ctx }) => setGroupLimit(ctx, order));
}

export async function hold(pair: Pair): Promise<void> {
  const { random } = pair;
  const onResume = pick(random, ['all', 'latest', 'none'] as const);
  const order = {
    scope: 'job',
    name: pick(random, pair.jobs).name,
    onResume,
    reason: 'the bank is late',
    by: 'ana',
  } as const;
  await alike(pair, ({ api }) => api.hold(order));
}

/** While one stands, the other twin takes nothing together either. */
export async function resume(pair: Pair): Promise<void> {
  await alike(pair, async ({ ctx, api }) => {
    const held = await ctx.store.read('held', (db) =>
      db.all<{ name: string }>(`select name from s_hold where held_by <> '' order by name`),
    );
    for (const { name } of held) await api.resume({ scope: 'job', name, by: 'ana' });
  });
}

export async function backfill(pair: Pair): Promise<void> {
  const order = {
    job: pick(pair.random, pair.jobs).name,
    fromDate: '2026-11-02',
    toDate: '2026-11-05',
    parallel: 2,
    ...(pair.random.next() < 0.5 ? { param: 'of the past' } : {}),
    requestId: `step-${pair.chance.step}`,
    by: 'ana',
  };
  await alike(pair, ({ api }) => api.backfill(order));
}
