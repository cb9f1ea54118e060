import { expect, test } from 'vitest';
import type { AnswerEntry, Debit } from '../../executor/downstream/define-downstream.ts';
import { premiumDebit, principalDebit } from '../../executor/examples/settlement/settlement-jobs.ts';
import type { Random } from '../../shared/runtime/runtime.ts';
import { seededRandom } from '../../shared/runtime/seeded-random.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { badCredentials, refusedConnection, serverError, throttled, timedOut } from '../support/money-gateway.ts';
import { expectNoSecondDebit, expectTruth } from '../support/money-truth.ts';
import { MoneyWorld, type PlanGiven } from '../support/money-world.ts';

const SEEDS = Array.from({ length: Number(process.env.DAYBREAK_TEST_SEEDS ?? 8) }, (_, at) => at + 1);

/**
 * Everything that a gateway and the power may do, drawn from a seed, in virtual time: two legs, nodes that die at any
 * transaction, then the faults end and everything has to come to its end. The gateway's own books stay true.
 */
test.each(SEEDS)('a hostile night, seed %i', async (seed) => {
  const random = seededRandom(`hostile-${seed}`);
  const deaths = { left: 3, on: false };
  const world = await MoneyWorld.open({
    cutOffInMs: 3 * 3_600_000,
    capabilities: {
      batchMax: 8,
      maxRequestsPerSecond: 100,
      visibilityMs: 10_000,
      keyLifetimeMs: 600_000,
      void: seed % 3 !== 0,
    },
    engine: { chunkSize: 16, gatewayTimeoutMs: 2_000, leaseMs: 3_000, slicesAtOnce: 2 },
  });
  const contracts = Array.from({ length: 60 }, (_, no) => `H${no}`);
  await world.plans(
    ...contracts.flatMap((contractNo): PlanGiven[] => [
      { contractNo },
      { contractNo, leg: 'PRINCIPAL', amountMinor: 7_000 },
    ]),
  );
  const hostile = { on: true };
  makeHostile(world, random, hostile);

  for (const [runId, job] of [
    [501, premiumDebit('test')],
    [502, principalDebit('test')],
  ] as const) {
    for (let life = 0; life < 8; life += 1) {
      const engine = await world.startEngine(dying(world.store, random, deaths));
      world.engine = engine;
      deaths.on = true;
      const work = engine.runDebitShard(world.ctx({ runId }), job).then(
        () => true,
        () => false,
      );
      const ended = await Promise.race([work, elapse(world, 60_000)]);
      deaths.on = false;
      if (ended) break;
    }
    world.engine = await world.startEngine();
    await world.drive(world.engine.runDebitShard(world.ctx({ runId }), job));
    await world.sweepFor(60_000, 1_500);
    expectNoSecondDebit(world.gateway);
  }
  hostile.on = false;
  for (let i = 0; i < 200 && (await open(world)) > 0; i += 1) await world.sweepFor(20_000, 4_000);
  await world.toCutOff();

  await expectTruth(world);
  const states = await world.states();
  // Only a premium whose truth is not known yet keeps its principal waiting.
  const waiting = await world.rows<{ premium: string }>(
    `select gi.state as premium from item i join plan p on p.id = i.subject
     join plan g on g.contract_no = p.contract_no and g.leg = 'PREMIUM' join item gi on gi.subject = g.id
     where i.state = 'PENDING'`,
  );
  expect(waiting.map(({ premium }) => premium).filter((state) => !['PROCESSING', 'MANUAL'].includes(state))).toEqual(
    [],
  );
  expect(waiting).toHaveLength(states.PENDING ?? 0);
  expect(states.RETRY_WAIT ?? 0).toBe(0);
  expect((states.SUCCESS ?? 0) + (states.FAILED ?? 0) + (states.BLOCKED ?? 0)).toBeGreaterThan(100);
  await expectFinalStatesTrue(world);
  await world.close();
});

const open = async (world: MoneyWorld): Promise<number> => {
  const [row] = await world.rows<{ n: number }>(
    `select count(*) as n from item where state in ('PENDING', 'PROCESSING', 'RETRY_WAIT')`,
  );
  return Number(row?.n);
};

async function elapse(world: MoneyWorld, ms: number): Promise<false> {
  for (let passed = 0; passed < ms; passed += 100) await world.runtime.advance(100);
  return false;
}

/** SUCCESS means that money moved; FAILED and BLOCKED that it did not, under any number of the plan. */
async function expectFinalStatesTrue(world: MoneyWorld): Promise<void> {
  const executed = [...world.gateway.books].filter(([, { executions }]) => executions > 0);
  const moved = new Set(executed.map(([requestNo]) => planOf(requestNo)));
  const items = await world.rows<{ state: string; plan: string }>(
    `select i.state, 'test.' || p.contract_no || '.' || p.period || case p.leg when 'PREMIUM' then '.P' else '.R' end as plan
     from item i join plan p on p.id = i.subject`,
  );
  const wrong = items.filter(({ state, plan }) => {
    if (state === 'SUCCESS') return !moved.has(plan);
    return (state === 'FAILED' || state === 'BLOCKED') && moved.has(plan);
  });
  expect(wrong).toEqual([]);
}
const planOf = (requestNo: string): string => requestNo.split('.').slice(0, 4).join('.');

/** A process that may die before or after any commit of the engine. */
function dying(store: SqlStore, random: Random, deaths: { left: number; on: boolean }): SqlStore {
  let dead = false;
  const never = new Promise<never>(() => undefined);
  return {
    ...store,
    read: (name, body) => (dead ? never : store.read(name, body)),
    async transaction(name, body, how) {
      if (dead) return never;
      const dies = deaths.on && deaths.left > 0 && random.next() < 0.04;
      const before = random.next() < 0.5;
      if (dies) {
        deaths.left -= 1;
        dead = true;
        if (before) return never;
        await store.transaction(name, body, how);
        return never;
      }
      return store.transaction(name, body, how);
    },
  };
}

function makeHostile(world: MoneyWorld, random: Random, hostile: { on: boolean }): void {
  const { gateway, runtime } = world;
  const hits = (rate: number): boolean => hostile.on && random.next() < rate;
  gateway.fate = () => {
    const draw = random.next();
    if (draw < 0.08) return { outcome: 'FAILED', code: 'INSUFFICIENT_FUNDS' };
    if (draw < 0.1) return { outcome: 'FAILED', code: 'RISK_CONTROL_7' };
    if (draw < 0.2 && hostile.on) return { outcome: 'PROCESSING', code: 'OK' };
    return { outcome: 'SUCCESS', code: 'OK' };
  };
  const finishLater = (debit: Debit): void => {
    void runtime.sleep(random.integer(90_000)).then(async () => {
      const booked = gateway.books.get(debit.requestNo);
      if (booked?.outcome !== 'PROCESSING') return;
      gateway.finish(debit.requestNo, random.next() < 0.8 ? 'SUCCESS' : 'FAILED');
    });
  };
  const garble = (entries: readonly AnswerEntry[]): AnswerEntry[] =>
    entries.flatMap((entry): AnswerEntry[] => {
      if (hits(0.04)) return [];
      if (hits(0.04)) return [entry, entry];
      if (hits(0.03)) return [entry, { ...entry, amount: 1 }];
      if (hits(0.03)) return [{ ...entry, amount: 1 }];
      // Where nothing can be voided, the same lie twice is believed: that is the rule.
      if (gateway.capabilities.void && hits(0.03)) return [{ ...entry, status: 'FAILED', code: 'SYSTEM_BUSY' }];
      if (hits(0.03)) return [entry, { ...entry, requestNo: 'test.NOBODY.1.P.1.1' }];
      return [entry];
    });
  const execute = (debits: readonly Debit[]): AnswerEntry[] =>
    debits.map((debit) => {
      const entry = gateway.execute(debit);
      if (gateway.books.get(debit.requestNo)?.outcome === 'PROCESSING') finishLater(debit);
      return entry;
    });
  gateway.send = (debits) => {
    if (hits(0.05)) return refusedConnection();
    if (hits(0.04)) return throttled(1_000 + random.integer(4_000));
    if (hits(0.01)) return badCredentials();
    if (hits(0.05)) return timedOut();
    if (hits(0.06)) {
      // It lay in a proxy, and arrives all the same.
      void runtime.sleep(random.integer(8_000)).then(() => execute(debits));
      return timedOut();
    }
    const entries = execute(debits);
    if (hits(0.08)) return random.next() < 0.5 ? timedOut() : serverError();
    return gateway.answered(garble(entries).reverse());
  };
  const lookUp = gateway.lookUp.bind(gateway);
  gateway.query = (requestNos) => {
    if (hits(0.08)) return timedOut();
    if (hits(0.05)) return serverError();
    return gateway.answered(
      garble(
        requestNos.map((requestNo) => {
          const known = gateway.books.get(requestNo);
          const ageMs = gateway.nowMs() - (known?.arrivedAtMs[0] ?? 0);
          const hidden = known && known.outcome !== 'VOIDED' && ageMs < 9_000 && hits(0.5);
          return hidden ? { requestNo, status: 'NOT_FOUND', code: 'NOT_FOUND' } : lookUp(requestNo);
        }),
      ),
    );
  };
}
