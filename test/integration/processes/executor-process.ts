import { createWriteStream } from 'node:fs';
import { createExecutor, defineHandler } from '../../../executor/index.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { TEST_TOKEN } from '../../support/given-executor.ts';

/** An executor as a process of its own: `node executor-process.ts SCHEDULER_URL DATA_DIR PORT`. Prints its address. */
const [scheduler = '', dataDir = '', port = '0'] = process.argv.slice(2);
const executions = createWriteStream(`${dataDir}/executions.txt`, { flags: 'a' });

const executor = createExecutor({
  appname: 'orders',
  schedulers: [scheduler],
  accessToken: TEST_TOKEN,
  dataDir,
  port: Number(port),
  heartbeatIntervalMs: 1_000,
  logger: silentLogger,
  handlers: [
    defineHandler('work', async (ctx) => {
      executions.write(`${ctx.logId}\n`);
      return { logId: ctx.logId };
    }),
    defineHandler('slow', async (ctx) => {
      process.stdout.write(`began ${ctx.logId}\n`);
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    }),
  ],
});

process.once('SIGTERM', async () => {
  await executor.drain({ deadlineMs: 50 });
  await executor.stop();
  process.exit(0);
});

await executor.start();
process.stdout.write(`${executor.address}\n`);
