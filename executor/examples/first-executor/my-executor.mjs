import { createExecutor, defineHandler } from 'daybreak';

const greet = defineHandler('greet', async (ctx) => {
  ctx.log.info(`shard ${ctx.shardIndex} of ${ctx.shardTotal} for ${ctx.businessDate}`);
  return { greeted: ctx.param };
});

// Where the scheduler is, and the token of the first start, come from DAYBREAK_SCHEDULERS and DAYBREAK_JOIN_TOKEN.
const executor = createExecutor({ appname: 'my-app', handlers: [greet], portFrom: true });
await executor.start();
console.log(`my-app listens at ${executor.address}`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => executor.stop());
