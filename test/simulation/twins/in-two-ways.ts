import type { Dispatch } from '../../../scheduler/dispatch/dispatch.ts';
import { dispatchReadyShards } from '../../../scheduler/dispatch/dispatch-ready-shards.ts';
import { handOutShards } from '../../../scheduler/dispatch/hand-out-shards.ts';
import { createSender } from '../../../scheduler/dispatch/send-run-request.ts';
import { advanceBackfills } from '../../../scheduler/firing/advance-backfills.ts';
import { fireDueJobs } from '../../../scheduler/firing/fire-due-jobs.ts';
import { planFires } from '../../../scheduler/firing/plan-fires.ts';
import type { SchedulerContext } from '../../../scheduler/scheduler-context.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { idsByName, namesOf, type Pair } from './pair.ts';
import type { Twin } from './twin.ts';

/** A left-over is judged by one pass, and what is planned by the next. */
const PASSES = 2;

const PASSES_MAX = 200;

/** Plans and decides what is due: the one many at once, with their first attempts, the other one by one. */
export async function fireAll(pair: Pair): Promise<void> {
  const { together, oneByOne } = pair;
  for (let pass = 0; pass < PASSES; pass++) {
    await planFires(together.ctx);
    await planOneByOne(oneByOne.ctx);
    for (const { ctx } of pair.both) await advanceBackfills(ctx);
    const first: Dispatch[] = [];
    await fireDueJobs(together.ctx, { send: (one) => void first.push(one) });
    together.sent.push(...first);
    pair.madeTogether += first.length;
    await fireDueJobs(oneByOne.ctx);
    await handOutTheSame(pair, first);
  }
  for (const twin of pair.both) {
    await dispatchReadyShards(
      twin.ctx,
      { send: (one) => void twin.sent.push(one), idle: async () => undefined },
      twin.patience,
    );
  }
}

/** Each schedule in a pass of its own. */
async function planOneByOne(ctx: SchedulerContext): Promise<void> {
  let isMore = true;
  const read: SqlStore['read'] = async (name, body) => {
    const value = await ctx.store.read(name, body);
    if (name !== 'list-schedules' || !Array.isArray(value)) return value;
    isMore = value.length > 1;
    return value.slice(0, 1) as typeof value;
  };
  const alone = { ...ctx, store: { ...ctx.store, read } };
  // One that cannot be planned would stay the first.
  for (let pass = 0; isMore && pass < PASSES_MAX; pass++) await planFires(alone);
}

/** Hands out now what the other one has: a run that covers it would find it handed out or not. */
async function handOutTheSame({ together, oneByOne }: Pair, first: readonly Dispatch[]): Promise<void> {
  const names = (await namesOf(together)).runs;
  const ids = idsByName((await namesOf(oneByOne)).runs);
  const runs = new Set(first.map(({ request }) => names.get(request.runId ?? 0) ?? ''));
  for (const name of runs) {
    const runId = ids.get(name);
    // Then it is told by the rows.
    if (runId === undefined) continue;
    const { ctx } = oneByOne;
    const { dispatches } = await ctx.store.transaction('hand-out', (tx) => handOutShards(tx, ctx, runId));
    oneByOne.sent.push(...dispatches);
  }
}

/**
 * Executors answer what was sent, or a part of it: the one hears all of an address in one message, the other each request by
 * itself.
 */
export async function answerAll(pair: Pair): Promise<void> {
  const { random } = pair;
  const part = random.next() < 0.5 ? 1 : random.next();
  const waits = new Map<string, boolean>();
  for (const twin of pair.both) twin.sent = await sorted(twin);
  const names = await Promise.all(pair.both.map((twin) => namesOf(twin)));
  const taken = pair.both.map((twin, at) => {
    const now: Dispatch[] = [];
    const later: Dispatch[] = [];
    for (const one of twin.sent) {
      const name = `${one.address} ${names[at]?.attempts.get(one.request.logId)}`;
      if (!waits.has(name)) waits.set(name, random.next() >= part);
      (waits.get(name) === true ? later : now).push(one);
    }
    twin.sent = later;
    return now;
  });
  const [many = [], each = []] = taken;
  for (const address of new Set(many.map((one) => one.address))) {
    await sendTogether(
      pair.together,
      many.filter((one) => one.address === address),
    );
  }
  for (const address of new Set(each.map((one) => one.address))) {
    await sendOneByOne(
      pair.oneByOne,
      each.filter((one) => one.address === address),
    );
  }
}

async function sorted(twin: Twin): Promise<Dispatch[]> {
  const { attempts } = await namesOf(twin);
  const key = ({ address, request }: Dispatch) => `${address} ${attempts.get(request.logId)}`;
  return twin.sent.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

const isRepeat = (one: Dispatch): boolean => one.askFirst === true || one.sentBeforeTo !== undefined;

async function sendTogether({ ctx }: Twin, dispatches: readonly Dispatch[]): Promise<void> {
  const sender = createSender(ctx);
  for (const one of dispatches.filter((one) => !isRepeat(one))) sender.send(one);
  await sender.idle();
  for (const one of dispatches.filter(isRepeat)) await sendAlone(sender, one);
}

async function sendOneByOne({ ctx }: Twin, dispatches: readonly Dispatch[]): Promise<void> {
  const sender = createSender(ctx);
  for (const one of dispatches.filter((one) => !isRepeat(one))) await sendAlone(sender, one);
  for (const one of dispatches.filter(isRepeat)) await sendAlone(sender, one);
}

async function sendAlone(sender: ReturnType<typeof createSender>, one: Dispatch): Promise<void> {
  sender.send(one);
  await sender.idle();
}
