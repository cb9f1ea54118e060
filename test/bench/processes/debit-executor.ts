// `node debit-executor.ts STORE_URL GATEWAY_URL SHARD_INDEX SHARD_TOTAL`, the key in DAYBREAK_GATEWAY_KEY: one executor
// process of a cluster, with its shard of each leg. Each leg that it is sent by name it works; at the beginning, after
// each leg and before its end it says how many transactions it has run again so far.
import { openEngine } from '../debit-engine.ts';

const [storeUrl = '', gatewayUrl = '', shardIndex = '0', shardTotal = '1'] = process.argv.slice(2);
const run = await openEngine(
  { storeUrl, gatewayUrl, gatewayKey: process.env.DAYBREAK_GATEWAY_KEY ?? '' },
  { shards: [Number(shardIndex)], shardTotal: Number(shardTotal), cluster: true },
);
const answer = (done: () => void): void => void process.send?.({ repeated: run.repeated }, done);
process.on('message', (leg: string) => {
  const work = leg === 'end' ? run.close() : run.debitLeg(leg);
  work.then(
    () => answer(() => leg === 'end' && process.disconnect()),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
// Whoever started it may be killed: it does not work on for nobody.
process.once('disconnect', () => process.exit());
answer(() => undefined);
