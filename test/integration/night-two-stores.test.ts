import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LiveNight } from '../../deploy/cli/live-night.ts';
import { nightOptions } from '../../deploy/cli/night-options.ts';
import { openNightMoney } from '../../deploy/cli/night-work.ts';
import { workWholeNight } from '../../deploy/cli/whole-night.ts';
import { startNight } from '../../executor/examples/settlement/night.ts';
import { inspectPlanFile } from '../../executor/examples/settlement/plan-file.ts';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { executorMigrations } from '../../executor/storage/migrations/executor-migrations.ts';
import { openSchedulerStore } from '../../scheduler/open-scheduler-store.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { auditBooks, auditStore, withCopy } from '../support/night-audit.ts';
import { planFile } from '../support/night-command.ts';

test('a whole night with the scheduler on one store and the executors on another: neither needs the other one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-two-stores-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const files = { scheduler: join(dir, 'scheduler.db'), executors: join(dir, 'executors.db') };
  const plans = join(dir, 'plans.csv');
  writeFileSync(plans, planFile(300));
  const values = {
    date: '2026-11-20',
    plans,
    faults: 'moderate',
    'chunk-size': '50',
    store: `sqlite:${files.executors}`,
  };
  const options = nightOptions({ values, lists: {}, switches: new Set(), fromEnv: new Set(), positionals: [] }, dir);
  const runtime = systemRuntime();
  {
    await using closing = new AsyncDisposableStack();
    const store = await openSqlStore(`sqlite:${files.executors}`, { runtime, logger: silentLogger });
    closing.defer(() => store.close());
    await migrate(store, [...executorMigrations, settlement], { logger: silentLogger, component: 'executor' });
    const schedulerStore = await openSchedulerStore(`sqlite:${files.scheduler}`);
    closing.defer(() => schedulerStore.close());
    const file = await inspectPlanFile(plans);
    if (file.kind === 'refused') throw new Error(file.sentence);
    const request = { ...options, planSha256: file.sha256, gatewayOrigin: 'simulator' };
    const started = await startNight(store, request, { timeOfDay: null, timeZone: 'UTC' });
    if (started.kind === 'refused') throw new Error(started.message);
    const metrics = createMetrics();
    closing.defer(() => metrics.close());
    const parts = { options, night: started.night, store, schedulerStore, runtime, logger: silentLogger, metrics };
    const moneyOfNight = await openNightMoney(parts, closing);
    closing.defer(() => moneyOfNight.engine.drain());
    const live: LiveNight = { scheduler: null, engine: null, chainRunId: null };
    const stop = new AbortController().signal;
    const whole = { parts, money: moneyOfNight, planSha256: file.sha256, live, stop, closing };
    const end = await workWholeNight({ ...whole, onChainRun: () => undefined });
    expect(end).toMatchObject({ kind: 'worked', file: { accepted: 600 } });
  }

  const tablesOf = (path: string): string[] =>
    withCopy(path, (all) => all(`select name from sqlite_master where type = 'table' order by name`)).map(({ name }) =>
      String(name),
    );
  const own = (path: string): string[] => tablesOf(path).filter((name) => !/^sqlite_|migration/.test(name));
  expect(own(files.scheduler).filter((name) => !name.startsWith('s_'))).toEqual([]);
  expect(own(files.executors).filter((name) => name.startsWith('s_'))).toEqual([]);
  expect(own(files.executors)).toContain('item');

  expect(auditBooks(options.store.booksPath)).toEqual([]);
  const audited = { store: files.executors, books: options.store.booksPath };
  expect(auditStore(audited, { ended: true })).toEqual([]);
  const proven = withCopy(files.executors, (all) => all('select holds, matched from night_reconciliation'));
  expect(proven).toMatchObject([{ holds: 1 }]);
});
