import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ThrottledShard } from '../../shared/protocol/wire.ts';
import type { Runtime } from '../../shared/runtime/runtime.ts';
import type { SqlStore } from '../../shared/sql/sql.ts';
import { throttledRuns } from '../slice/open-run.ts';
import type { RunningAttempt } from './slot-entry.ts';

/** Of the shards that run here, those that are THROTTLED now; undefined: there is nothing to say, or it is not known. */
export type ThrottledTeller = () => Promise<readonly ThrottledShard[] | undefined>;

/**
 * What a heartbeat says of the shards that this node holds. It is read from the runs, because a worker process, or another
 * node that works on the same run, may be the one that is held back. An empty list is said once, so that what was said
 * before is over; a node whose runs have no slices never says anything.
 */
export function createThrottledTeller(of: {
  readonly store: Pick<SqlStore, 'read'>;
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly logger: Logger;
  running(): readonly RunningAttempt[];
}): ThrottledTeller {
  let isSaid = false;
  let isAsking = false;

  async function look(running: readonly RunningAttempt[]): Promise<readonly ThrottledShard[] | undefined> {
    isAsking = true;
    try {
      const why = await throttledRuns(
        of.store,
        running.map(({ runId }) => runId),
      );
      return running.flatMap(({ runId, shardIndex }) => {
        const text = why.get(runId);
        return text === undefined ? [] : [{ runId, shardIndex, why: text }];
      });
    } catch (error) {
      // A store that is away, or that has no slices.
      of.logger.debug({ why: messageOf(error) }, 'whether runs are throttled is not known');
      return undefined;
    } finally {
      isAsking = false;
    }
  }

  return async () => {
    const running = of.running().filter(({ state }) => state === 'running');
    if (isAsking || (running.length === 0 && !isSaid)) return undefined;
    const over = new AbortController();
    const late = of.runtime.sleep(PATIENCE_MS, over.signal).catch(() => undefined);
    // The beat says that the node lives: it does not wait for a store that does not answer.
    const shards = await Promise.race([look(running), late]);
    over.abort();
    if (shards === undefined || (shards.length === 0 && !isSaid)) return undefined;
    isSaid = shards.length > 0;
    return shards.slice(0, SHARDS_MAX);
  };
}

const PATIENCE_MS = 1_000;
/** As many as a scheduler takes in one message. */
const SHARDS_MAX = 1_000;
