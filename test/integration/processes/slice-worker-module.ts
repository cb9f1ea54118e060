import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountFees } from '../../../executor/examples/sliced-job/account-fees.ts';
import type { OpenWorker } from '../../../executor/index.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { openSqlStore } from '../../../shared/sql/open-store.ts';

/** A sliced job in worker processes, each with its own store. The first process of `config.slowIn` never gets a row done. */
export const openWorker: OpenWorker = async ({ index, config, runtime }) => {
  const { url, dir, slowIn = -1, rowMs = 1 } = config as { url: string; dir: string; slowIn?: number; rowMs?: number };
  const store = await openSqlStore(url, { runtime, logger: silentLogger });
  appendFileSync(`${dir}/trace.txt`, `open ${index} ${process.pid}\n`);
  let begun = false;
  const isSlow = index === slowIn && !existsSync(`${dir}/slow`);
  if (isSlow) appendFileSync(`${dir}/slow`, 'x');
  const job = accountFees({
    store,
    async askFor() {
      if (!begun) appendFileSync(`${dir}/trace.txt`, `began ${index} ${process.pid}\n`);
      begun = true;
      await sleep(isSlow ? 3_600_000 : rowMs);
      return 1;
    },
    settings: { chunkSize: 20, slicesAtOnce: 2, concurrency: 4, leaseMs: 2_000 },
  });
  return { handlers: [job], close: () => store.close() };
};
