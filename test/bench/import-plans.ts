import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importPlans } from '../../executor/examples/settlement/import-plans.ts';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { writePlanFile } from './plan-generator.ts';

/**
 * How fast a plan file is imported: `node test/bench/import-plans.ts [contracts] [lines per chunk] [store]`.
 *
 * Two cores, SQLite on disk with synchronous FULL: 2,000,000 lines (154 MB) in 12.6 s, of which inspection 0.3 s,
 * staging 11 s and activation 1.2 s; a little over half of it is SQLite's. With seven other processes on the same two
 * cores 21 to 25 s. MariaDB on the same machine: 400,000 lines in 5.4 s.
 */
const [contracts = '500000', chunkSize = '2000', url] = process.argv.slice(2);
const dir = await mkdtemp(join(tmpdir(), 'daybreak-bench-import-'));
const path = join(dir, 'plans.csv');
await writePlanFile(path, { contracts: Number(contracts), dueDate: '2026-11-20' });

const runtime = systemRuntime();
const store = await openSqlStore(url ?? `sqlite:${join(dir, 'bench.db')}`, { runtime, logger });
await migrate(store, [settlement], { logger });
const startedMs = runtime.clock.monotonicMs();
const seconds = (): number => Math.round(runtime.clock.monotonicMs() - startedMs) / 1_000;
const phaseBegan: Record<string, number> = {};
const outcome = await importPlans({
  store,
  path,
  night: { id: 1, businessDate: '2026-11-20', maxRejectPercent: 1 },
  chunkSize: Number(chunkSize),
  signal: new AbortController().signal,
  runtime,
  logger,
  onProgress: ({ phase }) => {
    phaseBegan[phase] ??= seconds();
  },
});
const tookSeconds = seconds();
const rssMb = Math.round(process.memoryUsage.rss() / 1e6);
const linesPerSecond = Math.round(outcome.dataLines / tookSeconds);
console.log({ kind: outcome.kind, lines: outcome.dataLines, phaseBegan, tookSeconds, linesPerSecond, rssMb });
await store.close();
await rm(dir, { recursive: true });
