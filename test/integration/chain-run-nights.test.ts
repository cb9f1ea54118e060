import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { migrateNightStore } from '../../deploy/cli/migrate-night-store.ts';
import type { Downstream } from '../../executor/downstream/define-downstream.ts';
import type { MoneyEngine } from '../../executor/downstream/money-engine.ts';
import { type ChainRunNightsOptions, chainRunNights } from '../../executor/examples/settlement/chain-run-nights.ts';
import { listNights } from '../../executor/examples/settlement/inspect-nights.ts';
import { finishNight, lastNights } from '../../executor/examples/settlement/night.ts';
import type { HandlerContext } from '../../executor/handler/handler-context.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { describeOnEachStore, emptyTables, type StorePlace } from '../support/each-store.ts';
import { givenContext } from '../support/given-context.ts';
import { MoneyWorld, realTime } from '../support/money-world.ts';

const runtime = systemRuntime();
const folder = mkdtempSync(join(tmpdir(), 'daybreak-nights-'));
afterAll(() => rmSync(folder, { recursive: true }));

const attemptOf = (chainRunId: number | null, businessDate = '2026-11-20'): HandlerContext => ({
  ...givenContext().ctx,
  chainRunId,
  businessDate,
  cutOffAt: 1_000,
});

describeOnEachStore('the night of a chain run', (newPlace) => {
  let place: StorePlace;
  let store: SqlStore;
  beforeAll(async () => {
    place = await newPlace();
    store = await openSqlStore(place.url, { runtime, logger: silentLogger });
    await migrateNightStore(store, silentLogger);
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  /** One process of the cluster, with what it told its engine. */
  function process(differing: Partial<ChainRunNightsOptions> = {}) {
    const begun: number[] = [];
    const engine = {
      beginChainRun: async ({ chainRunId }: { chainRunId: number }) => void begun.push(chainRunId),
    } as unknown as MoneyEngine;
    const nights = chainRunNights({
      store,
      runtime,
      logger: silentLogger,
      engine,
      downstream: { name: 'gateway', origin: 'http://g:1' } as Downstream,
      gatewayTimeoutMs: 1_000,
      timeZone: 'UTC',
      exclusive: false,
      plansOf: () => ({ path: '/plans.csv', sha256: null, maxRejectPercent: 1 }),
      reportDir: ({ seq }) => join(folder, String(seq)),
      ...differing,
    });
    return { ...nights, begun };
  }
  const nights = () => store.read('nights', (db) => lastNights(db, 100));
  const clean = () => emptyTables(store, ['night']);

  test('processes that begin it at once begin one, and each tells its engine once', async () => {
    await clean();
    const all = Array.from({ length: 6 }, () => process());
    const works = await Promise.all(all.map((each) => each.nightOf(attemptOf(7))));
    expect(new Set(works.map(({ nightId }) => nightId)).size).toBe(1);
    // The next date's row is there by now, and the date's own too: both ways of meeting are tried.
    await finishNight(store, works[0]?.nightId ?? 0, 0, null);
    const again = await Promise.all(all.map((each) => each.nightOf(attemptOf(8))));
    expect(new Set(again.map(({ nightId }) => nightId)).size).toBe(1);
    expect((await nights()).map(({ seq, chainRunId }) => [seq, chainRunId])).toEqual([
      [2, 8],
      [1, 7],
    ]);
    for (const { begun, nightOf } of all) {
      await nightOf(attemptOf(8));
      expect(begun).toEqual([7, 8]);
    }
  });

  test('a sweep begins no night, and finds one that another process has begun', async () => {
    await clean();
    const [first, second] = [process(), process()];
    expect(await first.sweptNightOf(attemptOf(7))).toBeNull();
    expect(first.begun).toEqual([]);
    await second.nightOf(attemptOf(7));
    expect(await first.sweptNightOf(attemptOf(7))).toMatchObject({ businessDate: '2026-11-20' });
    expect(first.begun).toEqual([7]);
  });

  test('it is refused while the night of another chain run is at work, and not when that has ended', async () => {
    await clean();
    await process().nightOf(attemptOf(7));
    const asked: number[] = [];
    const saying = (ended: boolean) =>
      process({
        hasEnded: async (id) => {
          asked.push(id);
          return ended;
        },
      });
    await expect(saying(false).nightOf(attemptOf(8, '2026-11-21'))).rejects.toThrow(
      /night of 2026-11-20 \(chain run 7\) is still at work/,
    );
    expect((await nights()).map(({ chainRunId }) => chainRunId)).toEqual([7]);
    await saying(true).nightOf(attemptOf(8, '2026-11-21'));
    expect(asked).toEqual([7, 7]);
    expect((await nights()).map(({ chainRunId }) => chainRunId)).toEqual([8, 7]);
  });

  test('one that has no end while another is behind it was cut short, and does not run', async () => {
    await clean();
    const states = async () => (await listNights(store, {})).items.map(({ chainRunId, state }) => [chainRunId, state]);
    await process().nightOf(attemptOf(7));
    expect(await states()).toEqual([[7, 'running']]);
    const { nightId } = await process().nightOf(attemptOf(8));
    expect(await states()).toEqual([
      [8, 'running'],
      [7, 'truncated'],
    ]);
    await finishNight(store, nightId, 0, null);
    expect(await states()).toEqual([
      [8, 'settled'],
      [7, 'truncated'],
    ]);
  });

  test('an executor with another gateway, or a scheduler that counts anew, is refused', async () => {
    await clean();
    await process().nightOf(attemptOf(7));
    const elsewhere = process({ downstream: { name: 'gateway', origin: 'http://h:2' } as Downstream });
    await expect(elsewhere.nightOf(attemptOf(7))).rejects.toMatchObject({ code: 'NIGHT_MISMATCH' });
    await expect(process().nightOf(attemptOf(7, '2027-01-01'))).rejects.toMatchObject({ code: 'NIGHT_MISMATCH' });
    await expect(process().nightOf(attemptOf(null))).rejects.toThrow('fire the chain');
  });

  test('money that does not add up is a failure that is not tried again, and its report is there', async () => {
    await clean();
    const { nightOf, endNight } = process();
    // Nobody has fetched a settlement file: nothing proves what the gateway did.
    const work = await nightOf(attemptOf(7));
    await expect(endNight(work, {}, attemptOf(7))).rejects.toMatchObject({
      code: 'CONSERVATION_BROKEN',
      retryable: false,
      message: expect.stringMatching(
        /^conservation does not hold for the night of 2026-11-20: .*, listed in its report$/,
      ),
    });
    const [night] = await nights();
    expect(night).toMatchObject({ exitCode: 4 });
    expect(existsSync(join(folder, String(night?.seq), 'report.html'))).toBe(true);
  });

  test('an import without a plan file begins no night; a node behind it may', async () => {
    await clean();
    const { nightOf } = process({ plansOf: () => ({ path: '', sha256: null, maxRejectPercent: 1 }) });
    await expect(nightOf(attemptOf(7), { importing: true })).rejects.toThrow('the run names no plan file');
    expect(await nights()).toEqual([]);
    const { nightId } = await nightOf(attemptOf(7));
    expect(await nightOf(attemptOf(7), { importing: true })).toMatchObject({ nightId, plansPath: '' });
  });

  test('a failure is that of one attempt: the next one tries again', async () => {
    await clean();
    let fails = true;
    const flaky = process({
      plansOf() {
        if (fails) throw new Error('no plans yet');
        return { path: '/plans.csv', sha256: null, maxRejectPercent: 1 };
      },
    });
    await expect(flaky.nightOf(attemptOf(7))).rejects.toThrow('no plans yet');
    expect(await nights()).toEqual([]);
    fails = false;
    expect(await flaky.nightOf(attemptOf(7))).toMatchObject({ plansPath: '/plans.csv' });
    expect(await nights()).toHaveLength(1);
  });
});

describeOnEachStore('the downstream of a store', (newPlace) => {
  test('is one row, however many processes connect to it at once', async () => {
    const place = await newPlace();
    const world = await MoneyWorld.open({ url: place.url, runtime: realTime(), connect: false });
    onTestFinished(async () => {
      await world.close();
      await place.drop();
    });
    const engines = Array.from({ length: 8 }, () => world.newEngine());
    await Promise.all(engines.map((engine) => engine.connect({ forMs: 30_000 })));
    expect(await world.rows('select name from downstream')).toHaveLength(1);
  });
});
