import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineHandler, type OpenWorker } from '../../../executor/index.ts';

/** What the worker processes of the tests load. `config.dir` is where they leave traces. */
export const openWorker: OpenWorker = async ({ index, processes, config, metrics }) => {
  const { dir, refuse = false } = config as { dir: string; refuse?: boolean };
  if (refuse) throw new Error('the database is away');
  const seen = metrics.counter({ name: 'test_parts_total', help: 'Parts.' });
  const trace = (text: string) => appendFileSync(`${dir}/trace.txt`, `${text}\n`);
  trace(`open ${index} ${process.pid}`);
  return {
    handlers: [
      defineHandler('count', async (ctx) => {
        seen.add(1);
        ctx.log.info(`part ${index} of ${processes}, shard ${ctx.shardIndex}`);
        trace(`count ${ctx.logId} ${ctx.workerProcess}`);
        return { parts: 1, rows: index + 1 };
      }),
      defineHandler('wait', async (ctx) => {
        trace(`wait ${ctx.logId} ${index}`);
        await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)));
      }),
      defineHandler('hang', async (ctx) => {
        // One of them hangs, the others go on until the file is there.
        trace(`hang ${ctx.logId} ${index}`);
        if (index === 0)
          while (!existsSync(`${dir}/unhang`)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        while (!existsSync(`${dir}/go`) && !ctx.signal.aborted) await sleep(5);
        return { parts: 1 };
      }),
      defineHandler('die', async (ctx) => {
        trace(`die ${ctx.logId} ${index}`);
        const first = `${dir}/died-${ctx.logId}`;
        if (index === 0 && !existsSync(first)) {
          appendFileSync(first, 'x');
          process.kill(process.pid, 'SIGKILL');
        }
        return { parts: 1 };
      }),
      defineHandler('die-always', async () => {
        if (index === 0) process.exit(3);
        return { parts: 1 };
      }),
      defineHandler('fail', async () => {
        if (index === 0) throw Object.assign(new Error('the file is cut'), { code: 'PLAN_FILE_REFUSED' });
        return { parts: 1 };
      }),
    ],
    close: async () => trace(`close ${index}`),
  };
};
