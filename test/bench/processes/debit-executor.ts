// `node debit-executor.ts STORE_URL GATEWAY_URL SHARD_INDEX SHARD_TOTAL`, the key in DAYBREAK_GATEWAY_KEY: one executor
// process of a cluster, with its shard of each leg. Says "ready"; each leg that it is sent by name it works, and says
// how long that took.
import { openEngine } from '../debit-engine.ts';

const [storeUrl = '', gatewayUrl = '', shardIndex = '0', shardTotal = '1'] = process.argv.slice(2);
const run = await openEngine(
  { storeUrl, gatewayUrl, gatewayKey: process.env.DAYBREAK_GATEWAY_KEY ?? '' },
  { shards: [Number(shardIndex)], shardTotal: Number(shardTotal), cluster: true },
);
process.on('message', (leg: string) => {
  const work = leg === 'end' ? run.close().then(() => process.disconnect()) : run.debitLeg(leg);
  work.then(
    () => leg !== 'end' && process.send?.('done'),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.send?.('ready');
