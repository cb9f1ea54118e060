import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { JobDefinition } from '../../scheduler/definition/job-definition.ts';
import { silentLogger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';
import { givenScheduler } from '../support/given-scheduler.ts';
import { ROOT } from '../unit/docs/pages.ts';

const EXAMPLE = join(ROOT, 'executor/examples/batch-executor');

/** A folder with the example as it stands, and `daybreak` beside it as if it were installed, from the sources. */
async function folderOfAUser(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'daybreak-batch-example-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  await cp(EXAMPLE, dir, { recursive: true });
  const name = join(dir, 'node_modules', 'daybreak');
  mkdirSync(name, { recursive: true });
  const entries = { '.': 'executor/index.ts', './batch': 'executor/batch/index.ts' };
  // Node runs no TypeScript below node_modules: these lead out of it.
  const exported = Object.entries(entries).map(([from, path], n) => {
    writeFileSync(join(name, `${n}.js`), `export * from '${pathToFileURL(join(ROOT, path))}';\n`);
    return [from, `./${n}.js`];
  });
  const manifest = { name: 'daybreak', type: 'module', exports: Object.fromEntries(exported) };
  writeFileSync(join(name, 'package.json'), JSON.stringify(manifest));
  symlinkSync(join(ROOT, 'node_modules', '@types'), join(dir, 'node_modules', '@types'));
  return dir;
}

test('the batch example computes the fee of every order once, over four shards, and once more changes nothing', async () => {
  const { jobs } = (await import(pathToFileURL(join(EXAMPLE, 'jobs.mjs')).href)) as { jobs: JobDefinition[] };
  const given = await givenScheduler({ jobs, joinable: true, settings: {} });
  const dir = await folderOfAUser();
  const orders = Array.from({ length: 2_000 }, (_, n) => `O${n},${n === 7 ? 'none' : 10_000 * n}`);
  writeFileSync(join(dir, 'orders.csv'), `order_no,cents\n${orders.join('\n')}\n`);
  const executor = spawn(process.execPath, ['batch-executor.mjs'], {
    cwd: dir,
    stdio: 'ignore',
    env: {
      ...process.env,
      DAYBREAK_SCHEDULERS: given.scheduler.url,
      DAYBREAK_JOIN_TOKEN: (await given.scheduler.joins.issue()).token,
    },
  });
  const ended = new Promise((resolve) => executor.once('exit', resolve));
  onTestFinished(() => void executor.kill('SIGKILL'));

  for (const [requestId, written] of [
    ['first', 1_999],
    ['second', 0],
  ] as const) {
    const { runId } = await given.scheduler.triggerJob({ job: 'compute-fees', businessDate: '2026-11-20', requestId });
    await expect.poll(async () => (await given.scheduler.run(runId)).state, { timeout: 60_000 }).toBe('succeeded');
    const { shards } = await given.scheduler.run(runId);
    expect(shards).toHaveLength(4);
    const counts = shards.map(({ result }) => result as { read: number; written: number; skippedInProcess: number });
    expect(counts.reduce((sum, { read }) => sum + read, 0)).toBe(4 * 2_000);
    expect(counts.reduce((sum, { skippedInProcess }) => sum + skippedInProcess, 0)).toBe(1);
    if (written > 0) expect(counts.reduce((sum, one) => sum + one.written, 0)).toBe(written);
  }
  executor.kill('SIGTERM');
  expect(await ended).toBe(0);

  const store = await openSqlStore(`sqlite:${join(dir, 'fees.db')}`, {
    runtime: systemRuntime(),
    logger: silentLogger,
  });
  onTestFinished(() => store.close());
  const [sum] = await store.read('look', (db) =>
    db.all('select count(*) as n, sum(cents) as cents, min(day) as day from fee'),
  );
  const cents = orders.reduce((total, _, n) => total + (n === 7 ? 0 : 60 * n), 0);
  expect(sum).toEqual({ n: 1_999, cents, day: '2026-11-20' });
});
