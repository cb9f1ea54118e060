// `node firing-executor.ts SCHEDULER_URLS TOKEN DATA_DIR`: an executor whose handler does nothing but count. Prints its
// address, and at its end how often the handler ran, for how many attempts, and how late it began by planned instant.
import { createExecutor, defineHandler } from '../../../executor/index.ts';
import { createLogger } from '../../../shared/logger.ts';

const [schedulers = '', accessToken = '', dataDir = ''] = process.argv.slice(2);
let runs = 0;
const attempts = new Set<number>();
const began = new Map<number, number[]>();
const executor = createExecutor({
  appname: 'bench',
  schedulers: schedulers.split(','),
  accessToken,
  dataDir,
  port: 0,
  queueMax: 20_000,
  logger: createLogger({ name: 'executor', level: 'error' }),
  handlers: [
    defineHandler('work', async (ctx) => {
      runs += 1;
      attempts.add(ctx.logId);
      const late = began.get(ctx.plannedAt) ?? [];
      late.push(Date.now() - ctx.plannedAt);
      began.set(ctx.plannedAt, late);
    }),
  ],
});
process.once('SIGTERM', async () => {
  await executor.drain({ deadlineMs: 5_000 });
  await executor.stop();
  process.stdout.write(`${JSON.stringify({ runs, attempts: attempts.size, began: [...began] })}\n`, () =>
    process.exit(0),
  );
});
await executor.start();
process.stdout.write(`${executor.address}\n`);
