import { appendFileSync } from 'node:fs';
import { createExecutor, defineHandler, type ExecutorOptions, workerHandler } from '../../../executor/index.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';

/** An executor as a process of its own: `node line-process.ts OPTIONS_JSON`. Prints `up`, and `began LOG_ID`. */
const options = JSON.parse(process.argv[2] ?? '{}') as Partial<ExecutorOptions> & {
  dataDir: string;
  schedulers: string[];
};

const executor = createExecutor({
  appname: 'orders',
  accessToken: TEST_TOKEN,
  heartbeatIntervalMs: 500,
  logger: silentLogger,
  handlers: [
    defineHandler('work', async (ctx) => appendFileSync(`${options.dataDir}/executions.txt`, `${ctx.logId}\n`)),
    defineHandler('slow', async (ctx) => {
      process.stdout.write(`began ${ctx.logId}\n`);
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    }),
    ...(options.processes === undefined ? [] : [workerHandler({ name: 'hang', spread: 'every' })]),
  ],
  ...options,
});
await executor.start();
process.stdout.write('up\n');
