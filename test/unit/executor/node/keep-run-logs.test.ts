import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acceptAttempts, endAttempts } from '../../../../executor/node/attempt-queries.ts';
import { keepRunLogs } from '../../../../executor/node/keep-run-logs.ts';
import { createNodeMetrics } from '../../../../executor/node/node-metrics.ts';
import { readRunRequest } from '../../../../executor/node/read-run-request.ts';
import { createRunLogs } from '../../../../executor/node/run-logs.ts';
import { nodeMigrations } from '../../../../executor/storage/migrations/executor-migrations.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { createMetrics } from '../../../../shared/metrics.ts';
import { migrate } from '../../../../shared/sql/migrate.ts';
import { openSqlStore } from '../../../../shared/sql/open-store.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';

test('a pass keeps what runs in any node of the store, and counts what it removes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'daybreak-keep-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const runtime = createFakeRuntime();
  const store = await openSqlStore('sqlite::memory:', { runtime, logger: silentLogger });
  onTestFinished(() => store.close());
  await migrate(store, nodeMigrations, { logger: silentLogger, component: 'executor' });
  const metrics = createMetrics();
  onTestFinished(() => metrics.close());
  const runLogs = createRunLogs({ dir, runtime, bytesMax: 10_000, linesMax: 100, onWriteError: () => undefined });
  const pass = () =>
    keepRunLogs({
      runLogs,
      store,
      runtime,
      logger: silentLogger,
      metrics: nodeMetrics,
      keepDays: 1,
      runLogsTotalBytesMax: 1e9,
    });
  const nodeMetrics = createNodeMetrics(metrics);

  // The fake clock stands at 2026-11-20.
  const old = Date.UTC(2026, 0, 1);
  for (const logId of [1, 2]) {
    const request = { jobId: 7, executorHandler: 'work', logId, logDateTime: old };
    await acceptAttempts(store, [readRunRequest(request, 'UTC')], { address: 'http://other/', incarnation: 'A' });
    const log = runLogs.open(logId, old);
    log.info('x');
    await log.close();
  }
  await endAttempts(store, [{ logId: 1, outcome: { code: 200, message: '', result: null } }]);

  await pass();
  expect(await readdir(join(dir, '2026-01-01'))).toEqual(['2.log']);
  await endAttempts(store, [{ logId: 2, outcome: { code: 200, message: '', result: null } }]);
  await pass();
  expect(await readdir(dir)).toEqual([]);
  expect((await metrics.scrape()).body).toContain('daybreak_executor_run_logs_removed_total{why="age"} 2');
});
