import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { HoldScope } from '../../scheduler/storage/sql/hold-queries.ts';
import { isDaybreakError } from '../../shared/errors.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import type { Network } from './network.ts';
import type { SimulatedExecutor } from './simulated-executor.ts';
import type { SimulatedScheduler } from './simulated-scheduler.ts';
import { editOf, type Workload } from './workload.ts';
import type { World } from './world.ts';

/** People and programs that want things, and the hand that breaks them. */
export interface Operators {
  begin(atMs: number): void;
  /** No fault any more, no hold, no limit; whoever is down comes up by itself. */
  heal(): void;
}

// A store that was set right steps back by seconds, never by hours; one that was asleep jumps ahead.
const STEP_BACK_MAX_MS = 3_000;
const JUMP_AHEAD_MAX_MS = 15_000;
const DATE = '2026-03-08';

export function createOperators(given: {
  world: World;
  network: Network;
  store: SqlStore;
  clock: { offsetMs: number };
  schedulers: readonly SimulatedScheduler[];
  executors: readonly SimulatedExecutor[];
  desired: { now: Workload };
  random: Random;
}): Operators {
  const { world, network, store, clock, schedulers, executors, desired, random } = given;
  let edits = 0;
  let requests = 0;
  let healed = false;

  const pick = <T>(from: readonly T[]): T => from[random.integer(from.length)] as T;
  const up = () => schedulers.flatMap(({ scheduler }) => (scheduler === null ? [] : [scheduler]));

  function call(what: string, ask: (scheduler: Scheduler) => Promise<unknown>): void {
    const alive = up();
    if (alive.length === 0) return;
    ask(pick(alive)).then(
      () => world.note(`${what} done`),
      (error: unknown) => world.note(`${what} refused: ${isDaybreakError(error) ? error.code : String(error)}`),
    );
  }

  async function anyRun(where: string): Promise<number | null> {
    const row = await store.read('pick-run', (db) =>
      db.all<{ id: number }>(`select id from s_run where ${where} order by id desc limit 20`),
    );
    return row.length === 0 ? null : pick(row).id;
  }

  const acts: Readonly<Record<string, () => void | Promise<void>>> = {
    trigger() {
      const order = {
        job: pick(['by-hand', 'interval-3', 'delay-1', 'settling']),
        businessDate: DATE,
        requestId: `r${requests - random.integer(3)}`,
        origin: pick(['manual', 'api'] as const),
      };
      requests += 1;
      call('trigger', (scheduler) => scheduler.triggerJob(order));
      // Clicked twice, and taken by whichever node is nearer.
      call('trigger again', (scheduler) => scheduler.triggerJob(order));
    },
    hold() {
      const hold = pick<{ scope: HoldScope; name?: string }>([
        { scope: 'job', name: pick(desired.now.jobs).name },
        { scope: 'job', name: 'rate-0' },
        { scope: 'chain', name: 'night' },
        { scope: 'group', name: 'orders' },
        { scope: 'cluster' },
      ]);
      const onResume = pick(['all', 'latest', 'none'] as const);
      call('hold', (scheduler) => scheduler.hold({ ...hold, onResume, reason: 'a look', by: 'ana' }));
      world.after(2_000 + random.integer(20_000), () => {
        call('resume', (scheduler) => scheduler.resume({ ...hold, by: 'ana' }));
      });
    },
    async kill() {
      const runId = await anyRun('ended_at is null');
      if (runId !== null) call('kill', (scheduler) => scheduler.killRun(runId, { by: 'ana', reason: 'no' }));
    },
    async rerun() {
      const runId = await anyRun(`ended_at is not null and chain_run_id is null and state <> 'discarded' and
        job_id not in (select id from s_job where name = 'settling')`);
      requests += 1;
      const order = { kind: pick(['all', 'failed'] as const), requestId: `again ${requests}`, by: 'ana' };
      if (runId === null) return;
      call('rerun', (scheduler) => scheduler.rerun(runId, order));
      call('rerun again', (scheduler) => scheduler.rerun(runId, order));
    },
    edit() {
      edits += 1;
      desired.now = editOf(random, desired.now, edits);
      const wanted = desired.now;
      call('edit', (scheduler) => scheduler.define(wanted));
    },
    startChain() {
      const requestId = `c${requests - random.integer(2)}`;
      requests += 1;
      const order = { chain: 'night', businessDate: DATE, cutOffAtMs: null, requestId };
      call('start chain', (scheduler) => scheduler.startChain(order));
      call('start chain again', (scheduler) => scheduler.startChain(order));
    },
    backfill() {
      requests += 1;
      const from = 1 + random.integer(5);
      const order = {
        ...pick([{ job: 'by-hand' }, { job: 'every-day' }, { chain: 'night' }]),
        fromDate: `2026-01-0${from}`,
        toDate: `2026-01-0${from + random.integer(4)}`,
        parallel: 1 + random.integer(3),
        stopOnFailure: random.integer(2) === 0,
        requestId: `b${requests - random.integer(2)}`,
        by: 'ana',
      };
      call('backfill', (scheduler) => scheduler.backfill(order));
      call('backfill again', (scheduler) => scheduler.backfill(order));
    },
    async cancelChain() {
      const row = await store.read('pick-chain-run', (db) =>
        db.get<{ id: number }>(`select id from s_chain_run where ended_at is null order by id desc limit 1`),
      );
      if (row !== null) call('cancel chain', (scheduler) => scheduler.cancelChainRun(row.id, 'no'));
    },
    limit() {
      const max = pick([0, 6, 15]);
      call('limit', (scheduler) =>
        scheduler.groups.setLimit({ group: 'orders', runLimit: max, by: 'ana', reason: 'busy' }),
      );
    },
    stepClock() {
      const step = random.integer(2) === 0 ? -random.integer(STEP_BACK_MAX_MS) : random.integer(JUMP_AHEAD_MAX_MS);
      clock.offsetMs += step;
      world.note(`the store's clock steps by ${step}`);
    },
    killScheduler() {
      pick(schedulers).kill(pick([0, 1 + random.integer(10), 1 + random.integer(400)]));
    },
    killExecutor() {
      const executor = pick(executors);
      executor.die(random.integer(2) === 0);
      world.after(500 + random.integer(20_000), () => executor.start());
    },
    killAllExecutors() {
      for (const executor of executors) {
        executor.die(random.integer(2) === 0);
        world.after(1_000 + random.integer(15_000), () => executor.start());
      }
    },
    leave() {
      const executor = pick(executors);
      executor.leave();
      world.after(2_000, () => {
        executor.die(true);
        world.after(random.integer(5_000), () => executor.start());
      });
    },
    cutLink() {
      const executor = pick(executors).address;
      const scheduler = pick(schedulers).address;
      const ways = pick(['to', 'from', 'both', 'all']);
      for (const each of ways === 'all' ? schedulers.map((one) => one.address) : [scheduler]) {
        if (ways !== 'from') network.cut(each, executor);
        if (ways !== 'to') network.cut(executor, each);
      }
      world.note(`cut ${ways} ${executor} ${scheduler}`);
      world.after(3_000 + random.integer(30_000), () => network.mendAll());
    },
  };
  const words = Object.keys(acts);
  const frequent = ['trigger', 'killScheduler', 'rerun', 'edit'];

  function next(): void {
    if (healed) return;
    const word = random.integer(3) === 0 ? pick(frequent) : pick(words);
    world.note(`act ${word}`);
    void acts[word]?.();
    world.after(500 + random.integer(5_000), next);
  }

  return {
    begin: (atMs) => void world.after(atMs - world.nowMs, next),
    heal() {
      healed = true;
      network.mendAll();
      world.note('healed');
      // Until it has worked: a node that was doomed before may still die with the order in its hands.
      const tidy = async () => {
        const holds = await store.read('holds', (db) =>
          db.all<{ scope: HoldScope; name: string }>(`select scope, name from s_hold`),
        );
        for (const hold of holds) call('resume', (scheduler) => scheduler.resume({ ...hold, by: 'ana' }));
        call('limit', (scheduler) =>
          scheduler.groups.setLimit({ group: 'orders', runLimit: 0, by: 'ana', reason: 'over' }),
        );
        world.after(20_000, () => void tidy());
      };
      world.after(20_000, () => void tidy());
    },
  };
}
