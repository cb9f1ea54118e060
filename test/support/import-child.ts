import { importPlans } from '../../executor/examples/settlement/import-plans.ts';
import { settlement } from '../../executor/examples/settlement/storage/0100-settlement.ts';
import { silentLogger as logger } from '../../shared/logger.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { migrate } from '../../shared/sql/migrate.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';

// Imports a plan file in a process of its own, and kills it with -9 in the middle when it is told to. By its own hand, so
// that it dies where it was meant to on a machine of any speed: a test that killed it from outside could come too late.
// Arguments: the store, the file, and when (`staging 3`: after the third step of that phase; none: never).
const [url, path, phaseToDieIn = '', stepsToDieAfter = '0'] = process.argv.slice(2) as [string, string, ...string[]];
let steps = 0;

function dieInTime(phase: string): void {
  if (phase !== phaseToDieIn) return;
  steps += 1;
  if (steps < Number(stepsToDieAfter)) return;
  const die = () => process.kill(process.pid, 'SIGKILL');
  // At once, or some way into the next step.
  if (steps % 2 === 0 || phase === 'activating') die();
  else setTimeout(die, steps);
}

const runtime = systemRuntime();
const store = await openSqlStore(url, { runtime, logger });
await migrate(store, [settlement], { logger });
const outcome = await importPlans({
  store,
  path,
  night: { id: 1, businessDate: '2026-11-20', maxRejectPercent: 5 },
  chunkSize: 200,
  signal: new AbortController().signal,
  runtime,
  logger,
  onProgress: ({ phase }) => dieInTime(phase),
});
process.stdout.write(`${JSON.stringify(outcome)}\n`);
await store.close();
