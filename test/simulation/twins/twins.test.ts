import { describe, expect, onTestFinished, test } from 'vitest';
import { schedulerMigrations } from '../../../scheduler/storage/migrations/scheduler-migrations.ts';
import { silentLogger as logger } from '../../../shared/logger.ts';
import { systemRuntime } from '../../../shared/runtime/system-runtime.ts';
import { migrate } from '../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';
import type { SqlStore } from '../../../shared/sql/sql.ts';
import { describeOnEachServer, type NewStorePlace } from '../../support/each-store.ts';
import { createMysqlDatabase } from '../../support/mysql-database.ts';
import { walk } from './walk.ts';

// Of many schedules, fires, acceptances, results and definitions at once, and of each by itself, the code says that both
// lead to the same rows. Here two schedulers live through the same, one of them by the one way and one by the other.
//
// More of it: DAYBREAK_TWINS_SEEDS=500 npx vitest run --project simulation twins. One alone: its name as DAYBREAK_TWINS_SEED.
const ALONE = process.env.DAYBREAK_TWINS_SEED;
const SEEDS = ALONE === undefined ? seedsOf(Number(process.env.DAYBREAK_TWINS_SEEDS ?? 6)) : [ALONE];
const ROUNDS = 8;

const SEEDS_ON_SERVERS = ALONE === undefined ? seedsOf(1) : [ALONE];
// Each statement goes over a socket.
const ROUNDS_ON_SERVERS = 3;

function seedsOf(count: number): string[] {
  return Array.from({ length: Math.max(1, count) }, (_, n) => `twins ${n}`);
}

async function newStore(newPlace: NewStorePlace): Promise<SqlStore> {
  const place = await newPlace();
  const store = await openSqlStore(place.url, { runtime: systemRuntime(), logger });
  onTestFinished(async () => {
    await store.close();
    await place.drop();
  });
  await migrate(store, schedulerMigrations, { logger, component: 'scheduler' });
  return store;
}

async function twinsOn(newPlace: NewStorePlace, seed: string, rounds: number): Promise<number> {
  const { trace, differences, madeTogether } = await walk(seed, rounds, [
    await newStore(newPlace),
    await newStore(newPlace),
  ]);
  expect({ differences, after: differences.length > 0 ? trace : [] }).toEqual({ differences: [], after: [] });
  return madeTogether;
}

describe('what is taken together leads to the same rows, requests and figures as one by one', () => {
  const memory: NewStorePlace = async () => ({ url: 'sqlite::memory:', drop: async () => undefined });
  let madeTogether = 0;
  test.for(SEEDS)('seed "%s"', async (seed) => {
    madeTogether += await twinsOn(memory, seed, ROUNDS);
  });

  // What nobody did, nobody has shown.
  test.skipIf(SEEDS.length < 6)('much of it was taken together', () => expect(madeTogether).toBeGreaterThan(40));
});

describeOnEachServer('what is taken together leads to the same rows, requests and figures as one by one', (server) => {
  test.for(SEEDS_ON_SERVERS)('seed "%s"', async (seed) => {
    await twinsOn(() => createMysqlDatabase(server), seed, ROUNDS_ON_SERVERS);
  });
});
