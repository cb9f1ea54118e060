import type { LiveExecutor } from '../../../../scheduler/routing/live-executor.ts';

/** An executor as routes see it. Its address is told from its id unless it is given. */
export function executor(id: number, differing: Partial<LiveExecutor> = {}): LiveExecutor {
  const address = differing.address ?? `http://10.0.0.${id}:9999/`;
  return { id, address, registeredAs: address, foreign: false, labels: {}, ...differing };
}
