import { localDate } from '../../shared/business-date.ts';
import { DaybreakError } from '../../shared/errors.ts';
import { messageReader } from '../../shared/protocol/read-message.ts';
import type { SqlReader } from '../../shared/sql/sql.ts';
import { viewChainRun } from '../chain/chain-run-view.ts';
import { cancelChainRun, startChain } from '../chain/start-chain.ts';
import { cutOffAtMs } from '../firing/cut-off.ts';
import { triggerJob } from '../firing/trigger-job.ts';
import { killRun } from '../run/kill-run.ts';
import { viewRun } from '../run/run-view.ts';
import type { SchedulerContext } from '../scheduler-context.ts';
import { viewStatus } from '../status.ts';
import { chainRunById } from '../storage/sql/chain-run-queries.ts';
import { currentJob, enabledChains, enabledJobs } from '../storage/sql/definition-queries.ts';
import { currentChain, groupsOfJobs } from '../storage/sql/operator-view-queries.ts';
import { runById } from '../storage/sql/run-queries.ts';
import { EndSchema, NothingSchema, StartChainSchema, TriggerSchema, WhichSchema } from './operator-shapes.ts';
import { createVerbBucket } from './verb-bucket.ts';
import type { Caller } from './wire-caller.ts';
import { type Answer, fail, success } from './wire-hooks.ts';
import type { WireVerb } from './wire-verbs.ts';

/**
 * What operators do over HTTP: fire, look, end. Whoever has the installation's token may do it to everything; the holder
 * of a group's token to jobs of this group, and to chains all of whose jobs are. What is not theirs is as if not there.
 */
export function createOperatorVerbs(ctx: SchedulerContext): Record<string, WireVerb> {
  const bucket = createVerbBucket(ctx.runtime);

  const verbs = {
    'start-chain': verb(StartChainSchema, async (order, caller) => {
      const { chain, nowMs } = await ctx.store.read('find-chain', async (db) => {
        const chain = await currentChain(db, { name: order.chain });
        await assertOurs(db, caller, chain === null ? [] : [...chain.nodes, ...chain.sweeps], `chain "${order.chain}"`);
        return { chain, nowMs: db.nowMs };
      });
      if (chain === null) throw notThere(`chain "${order.chain}"`);
      const { cutOffAfterMs } = order;
      return startChain(ctx, {
        chain: chain.name,
        businessDate: order.businessDate ?? localDate(nowMs, chain.businessDate.zone ?? 'UTC'),
        cutOffAtMs: cutOffAfterMs === undefined ? cutOffAtMs(chain.cutOff, nowMs) : nowMs + cutOffAfterMs,
        ...(order.param === undefined ? {} : { params: order.param }),
        ...(order.fromNode === undefined ? {} : { fromNode: order.fromNode }),
        ...(order.rerunOf === undefined ? {} : { rerunOf: order.rerunOf }),
        requestId: order.requestId,
        by: order.by,
      });
    }),
    'trigger-job': verb(TriggerSchema, async (order, caller) => {
      const { job, nowMs } = await ctx.store.read('find-job', async (db) => {
        await assertOurs(db, caller, [order.job], `job "${order.job}"`);
        return { job: await currentJob(db, { name: order.job }), nowMs: db.nowMs };
      });
      if (job === null) throw notThere(`job "${order.job}"`);
      return triggerJob(ctx, {
        job: job.name,
        businessDate: order.businessDate ?? localDate(nowMs, job.businessDate.zone ?? 'UTC'),
        ...(order.param === undefined ? {} : { param: order.param }),
        requestId: order.requestId,
        by: order.by,
      });
    }),
    'chain-run': verb(WhichSchema, ({ id }, caller) =>
      ctx.store.read('view-chain-run', async (db) => {
        await assertChainRun(db, caller, id);
        return viewChainRun(db, id);
      }),
    ),
    run: verb(WhichSchema, ({ id }, caller) =>
      ctx.store.read('view-run', async (db) => {
        await assertRun(db, caller, id);
        return viewRun(db, id);
      }),
    ),
    status: verb(NothingSchema, async (_, caller) => {
      assertInstallation(caller);
      const names = await ctx.store.read('list-definitions', async (db) => ({
        nowMs: db.nowMs,
        chains: (await enabledChains(db)).map(({ name }) => name),
        jobs: (await enabledJobs(db)).map(({ name, group }) => ({ name, group })),
      }));
      return { ...(await viewStatus(ctx.store)), ...names };
    }),
    'cancel-chain-run': verb(EndSchema, async ({ id, by, reason }, caller) => {
      await ctx.store.read('find-chain-run', (db) => assertChainRun(db, caller, id));
      return { ended: await cancelChainRun(ctx, id, reason, by) };
    }),
    'kill-run': verb(EndSchema, async ({ id, by, reason }, caller) => {
      await ctx.store.read('find-run', (db) => assertRun(db, caller, id));
      return { ended: await killRun(ctx, id, { by, reason }) };
    }),
  };
  return Object.fromEntries(Object.entries(verbs).map(([name, take]) => [name, guarded(take)]));

  function guarded(take: WireVerb): WireVerb {
    return async (body, caller) => {
      if (!(await bucket.take(caller.appName ?? ''))) {
        ctx.metrics.requestsRefused.add(1, { why: 'rate' });
        return refusal('RATE_LIMITED', 'Too many requests, please try again later.', 429);
      }
      try {
        return await take(body, caller);
      } catch (error) {
        if (!(error instanceof DaybreakError) || error.status >= 500) throw error;
        ctx.metrics.requestsRefused.add(1, { why: 'shape' });
        return refusal(error.code, error.message, error.status);
      }
    };
  }
}

function verb<Schema extends Parameters<typeof messageReader>[0]>(
  schema: Schema,
  take: (
    message: Extract<ReturnType<ReturnType<typeof messageReader<Schema>>>, { kind: 'message' }>['message'],
    caller: Caller,
  ) => Promise<unknown>,
): WireVerb {
  const read = messageReader(schema);
  return async (body, caller) => {
    const given = read(body);
    if (given.kind === 'wrong') throw new DaybreakError('BAD_INPUT', given.why);
    return { ...success, data: await take(given.message, caller) };
  };
}

const refusal = (error: string, msg: string, code: number): Answer => ({ ...fail(msg, code), data: { error } });

const notThere = (what: string): DaybreakError => new DaybreakError('NOT_FOUND', `there is no ${what}`);

async function assertChainRun(db: SqlReader, caller: Caller, id: number): Promise<void> {
  const chainRun = await chainRunById(db, id);
  const chain = chainRun === null ? null : await currentChain(db, { id: chainRun.chainId });
  if (chain === null) throw notThere(`chain run ${id}`);
  await assertOurs(db, caller, [...chain.nodes, ...chain.sweeps], `chain run ${id}`);
}

async function assertRun(db: SqlReader, caller: Caller, id: number): Promise<void> {
  const run = await runById(db, id);
  const job = run === null ? null : await currentJob(db, { id: run.jobId });
  if (job === null) throw notThere(`run ${id}`);
  await assertOurs(db, caller, [job.name], `run ${id}`);
}

async function assertOurs(db: SqlReader, { holder }: Caller, jobs: readonly string[], what: string): Promise<void> {
  if (holder.installation) return;
  const groups = await groupsOfJobs(db, jobs);
  if (groups.size === 0 || [...groups].some((group) => !holder.groups.has(group))) throw notThere(what);
}

function assertInstallation({ holder }: Caller): void {
  if (holder.installation) return;
  throw new DaybreakError(
    'FORBIDDEN',
    "this shows all groups, and needs the installation's token, not that of a group",
  );
}
