import { RateShares } from '../../executor/downstream/rate-shares.ts';
import { silentLogger } from '../../shared/logger.ts';
import { openRedisHints } from '../../shared/redis/open-redis-hints.ts';
import { systemRuntime } from '../../shared/runtime/system-runtime.ts';
import { openSqlStore } from '../../shared/sql/open-store.ts';

/**
 * A process that asks for a rate all the time and sends what it gets to a gateway that counts. Each request carries the
 * instant at which its token was taken, by the clock that all processes of a machine share: so a busy machine, on which
 * requests arrive in heaps, counts as an idle one does.
 */
const [storeUrl = '', redisUrl = '', gatewayUrl = '', limit = '', workers = ''] = process.argv.slice(2);

const system = systemRuntime();
let readMs = 0;
const monotonicMs = (): number => {
  readMs = Number(process.hrtime.bigint()) / 1e6;
  return readMs;
};
const runtime = { ...system, clock: { wallMs: system.clock.wallMs, monotonicMs } };
const store = await openSqlStore(storeUrl, { runtime, logger: silentLogger });
const hints = await openRedisHints({ url: redisUrl, prefix: 'rate-test', runtime, logger: silentLogger });
const shares = new RateShares({
  store,
  hints,
  runtime,
  logger: silentLogger,
  downstreamId: 1,
  maxRequestsPerSecond: Number(limit),
});
await shares.start();

async function work(): Promise<never> {
  for (;;) {
    await shares.bucket.take();
    await fetch(gatewayUrl, { method: 'POST', body: `${process.pid} ${readMs}` });
  }
}
process.on('disconnect', () => process.exit(0));
await Promise.all(Array.from({ length: Number(workers) }, work));
