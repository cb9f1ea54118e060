import { join } from 'node:path';
import { createExecutor } from '../../../executor/create-executor.ts';
import { settlementInspections } from '../../../executor/examples/settlement/inspect-settlement.ts';
import type { Scheduler } from '../../../scheduler/scheduler.ts';
import { SETTLEMENT_GROUP } from '../nightly-settlement.ts';
import { type DevMoney, openDevMoney } from './dev-money.ts';
import { devNightHandlers } from './dev-nights.ts';
import { type DevParts, SAMPLE_EXECUTORS } from './dev-scheduler.ts';
import { keepPort, keptPort } from './kept-port.ts';

const HEARTBEAT_MS = 1_000;

/** A gateway, and executors that settle the sample night: in this process, each with a port of its own. */
export async function startSamples(
  parts: DevParts,
  scheduler: Scheduler,
  closing: AsyncDisposableStack,
): Promise<DevMoney> {
  const { options, store, runtime, logger } = parts;
  const money = await openDevMoney({ ...parts, ...options, store }, closing);
  const handlers = devNightHandlers({ ...options, ...parts, money, scheduler });
  const accessToken = await scheduler.groups.ownToken(SETTLEMENT_GROUP);
  const folders = Array.from({ length: SAMPLE_EXECUTORS }, (_, n) => join(options.folder, 'executors', String(n + 1)));
  const executors = folders.map((dataDir, n) => {
    const port = keptPort(dataDir);
    return createExecutor({
      appname: SETTLEMENT_GROUP,
      schedulers: [scheduler.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')],
      accessToken,
      // At first any port: 9999 and those above it are for the executors of whoever tries this out.
      port: port ?? 0,
      portFrom: port !== null,
      handlers,
      store,
      dataDir,
      heartbeatIntervalMs: HEARTBEAT_MS,
      timeZone: options.timeZone,
      runtime,
      logger: logger.child({ name: `executor-${n + 1}` }),
      inspections: settlementInspections(store, money.engine),
      afterSettled: (body) => money.engine.afterSettled(body),
      ...(n === 0 ? { metrics: money.metrics } : {}),
    });
  });
  closing.defer(async () => {
    await Promise.all(executors.map((executor) => executor.stop()));
  });
  for (const [n, executor] of executors.entries()) {
    await executor.start();
    keepPort(folders[n] ?? '', executor.address);
  }
  return money;
}
