// `fork(big-executor.ts, [SCHEDULER_URL, TOKEN, DATA_DIR])`: an executor whose handler `talk` writes as long a log as its
// parameter says, in bytes, and then goes on line by line until it is killed; and whose handler `shard` says one line.
// Sends `{ address }`, then answers each message with its figures.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createExecutor, defineHandler } from '../../../executor/index.ts';
import { createLogger } from '../../../shared/logger.ts';
import { tellFigures } from './tell-figures.ts';

const [scheduler = '', accessToken = '', dataDir = ''] = process.argv.slice(2);
/** With its instant and level in front a line has about 110 bytes. */
const WORDS = 'debit of contract CN-0000 answered by the gateway in 12 ms: taken over';
const LINES_AT_ONCE = 5_000;

async function sizeOf(logId: number): Promise<number> {
  const days = await readdir(join(dataDir, 'logs')).catch(() => []);
  const sizes = await Promise.all(
    days.map((day) => stat(join(dataDir, 'logs', day, `${logId}.log`)).catch(() => null)),
  );
  return Math.max(0, ...sizes.map((found) => found?.size ?? 0));
}

const talk = defineHandler('talk', async (ctx) => {
  const bytes = Number(ctx.param);
  let [written, line] = [0, 0];
  const say = (): void => {
    line += 1;
    const text = `${WORDS} ${line}`;
    written += text.length + 32;
    if (line % 1_000 === 0) ctx.log.error(`${text} <b>not</b> \u001b[31mred\u001b[0m`);
    else if (line % 100 === 0) ctx.log.warn(text);
    else ctx.log.info(text);
  };
  while (written < bytes && !ctx.signal.aborted) {
    for (let n = 0; n < LINES_AT_ONCE; n++) say();
    // What is faster than the disk would be dropped: the log has a buffer of 4 MiB, and this fills a quarter of it.
    while ((await sizeOf(ctx.logId)) < written) await wait(2);
  }
  ctx.log.info('the end of the beginning');
  while (!ctx.signal.aborted) {
    await wait(100, undefined, { signal: ctx.signal }).catch(() => undefined);
    say();
  }
});
const shard = defineHandler('shard', async (ctx) => {
  ctx.log.info(`shard ${ctx.shardIndex} of ${ctx.shardTotal}`);
  if (ctx.shardIndex % 100 === 7) throw new Error(`shard ${ctx.shardIndex} has nothing to work with`);
  return { index: ctx.shardIndex };
});
const executor = createExecutor({
  appname: 'big',
  schedulers: [scheduler],
  accessToken,
  dataDir,
  port: 0,
  queueMax: 20_000,
  runLogBytesMax: 4 * 2 ** 30,
  runLogLinesMax: 100_000_000,
  heartbeatIntervalMs: 1_000,
  logger: createLogger({ name: 'executor', level: 'error' }),
  handlers: [talk, shard],
});
tellFigures();
process.once('SIGTERM', async () => {
  await executor.drain({ deadlineMs: 1_000 });
  await executor.stop();
  process.exit(0);
});
await executor.start();
process.send?.({ address: executor.address });
