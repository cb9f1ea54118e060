import type { RunRequest } from '../../shared/protocol/wire.ts';
import type { ExecutorClient } from './executor-client.ts';

export type Whereabouts = 'came' | 'did not come' | 'unclear';

/** What executors of xxl-job answer for a run that has not begun with them; a run that has begun has a log. */
const NO_LOG = 'readLog fail';

/**
 * Whether an executor of xxl-job has an attempt whose request got no clear answer. Such a peer knows a logId only while
 * the run is queued: sent again a moment later, it would run a second time. So it is asked instead. The node first: when
 * it has nothing of the job now and no log of the attempt after that, the request did not come.
 */
export async function askWhetherItCame(
  client: Pick<ExecutorClient, 'idleBeat' | 'log'>,
  address: string,
  request: RunRequest,
): Promise<Whereabouts> {
  const node = await client.idleBeat(address, request.jobId);
  if (node === 'unclear') return 'unclear';
  const { logId, logDateTime } = request;
  const page = await client.log(address, { logId, logDateTime, fromLineNum: 1 });
  if (page === null) return 'unclear';
  const hasBegun = page.toLineNum > 0 || !(page.logContent ?? '').startsWith(NO_LOG);
  if (hasBegun) return 'came';
  // It may be waiting behind what runs: then it begins, and has a log, when that ends.
  return node === 'idle' ? 'did not come' : 'unclear';
}
