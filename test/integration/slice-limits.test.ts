import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountFees } from '../../executor/examples/sliced-job/account-fees.ts';
import { feeTables } from '../../executor/examples/sliced-job/fee-books.ts';
import { createHandlerContext } from '../../executor/handler/create-handler-context.ts';
import { readRunRequest } from '../../executor/node/read-run-request.ts';
import { NOTHING_LEARNED } from '../../executor/slice/choose-slice.ts';
import { claimSlice } from '../../executor/slice/claim-slice.ts';
import type { SlicedJob } from '../../executor/slice/sliced-job.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import type { RunRequest } from '../../shared/protocol/wire.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { createFakeRuntime, type FakeRuntime } from '../support/fake-runtime.ts';
import { runRequest } from '../support/given-executor.ts';

const NEVER = new AbortController().signal;
let runtime: FakeRuntime;
let store: SqlStore;
let job: SlicedJob;

beforeEach(async () => {
  runtime = createFakeRuntime({ startMs: Date.parse('2026-11-20T00:00:00Z') });
  store = await openSqlStore('sqlite::memory:', { runtime, logger });
  await migrate(store, executorMigrations, { logger, component: 'executor' });
  await migrate(store, [feeTables], { logger, component: 'application' });
  await store.transaction('accounts', (tx) =>
    tx.insertRows(
      { table: 'account', columns: ['merchant_no', 'balance_cents'] },
      Array.from({ length: 200 }, (_, n) => [`m${n}`, 100]),
    ),
  );
  job = accountFees({ store, askFor: async () => 1, settings: { chunkSize: 20, slicesAtOnce: 2, runtime } });
});
afterEach(() => store.close());

/** Runs the one shard as a node does that was sent this request. */
function run(differing: Partial<RunRequest>): Promise<unknown> {
  const attempt = readRunRequest(runRequest({ runId: 7, ...differing }), 'UTC');
  const line = (): void => undefined;
  const log = { info: line, warn: line, error: line };
  const node = { log, params: undefined, executorAddress: 'http://127.0.0.1:9999/', signal: NEVER };
  return Promise.resolve(job.run(createHandlerContext(attempt, node as never)));
}

const fees = async (): Promise<number> =>
  (await store.read('fees', (db) => db.get<{ n: number }>('select count(*) as n from fee')))?.n ?? -1;
const why = async (): Promise<string | null> =>
  (await store.read('why', (db) => db.get<{ throttled_why: string | null }>('select throttled_why from slice_run')))
    ?.throttled_why ?? null;

test('outside the window of its job nothing is claimed, not by volunteers either, and the run says why until it opens', async () => {
  let over = false;
  const work = run({ window: { from: '00:10', to: '06:00', timeZone: 'UTC' } }).finally(() => {
    over = true;
  });
  for (let second = 0; second < 590; second++) await runtime.advance(1_000);
  expect([over, await fees()]).toEqual([false, 0]);
  expect(await why()).toBe('THROTTLED: outside its window 00:10 to 06:00 UTC, which opens at 2026-11-20T00:10:00.000Z');
  const other = accountFees({ store, askFor: async () => 1, settings: { chunkSize: 20, runtime } });
  expect(await other.volunteerOnce(NEVER)).toEqual({ helped: 0 });
  // One that was at work when it was held back takes no further slice.
  const volunteer = { runId: 7, shardIndex: null, owner: 'v', leaseMs: 10_000, handRows: 20, learned: NOTHING_LEARNED };
  expect(await claimSlice(store, volunteer)).toEqual({ kind: 'closed' });
  for (let second = 0; second < 120 && !over; second++) await runtime.advance(1_000);
  await work;
  expect(await fees()).toBe(200);
});

test('without a window it is worked at once', async () => {
  let over = false;
  const work = run({}).finally(() => {
    over = true;
  });
  for (let second = 0; second < 60 && !over; second++) await runtime.advance(1_000);
  await work;
  expect(await fees()).toBe(200);
});

test('a window that is none fails the attempt by name', async () => {
  await expect(run({ window: { from: '9', to: '10:00', timeZone: 'UTC' } })).rejects.toThrow(/window\.from is "9"/);
});
