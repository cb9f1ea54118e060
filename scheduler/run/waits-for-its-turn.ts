import type { ExecutorClient } from '../dispatch/executor-client.ts';
import type { LimitedAttempt } from '../storage/sql/attempt-queries.ts';

/**
 * An attempt that waits in its executor's queue has not begun, and nothing of its time is used up. Every generation of
 * executors tells it by the log, which begins with the handler. One that does not answer gets no more patience.
 */
export async function waitsForItsTurn(
  client: Pick<ExecutorClient, 'log'>,
  { address, logId, logDateTime }: LimitedAttempt,
): Promise<boolean> {
  const page = await client.log(address, { logId, logDateTime, fromLineNum: 1 });
  return page?.logContent?.includes('logFile not exists') ?? false;
}
