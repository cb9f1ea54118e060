import { alarmsAfter } from '../../../scheduler/storage/sql/alarm-queries.ts';
import { activeChainRuns } from '../../../scheduler/storage/sql/chain-run-queries.ts';
import { executorsNotGone } from '../../../scheduler/storage/sql/executor-queries.ts';
import { newestIds, recentChainRuns, recentRuns } from '../../../scheduler/storage/sql/recent-queries.ts';
import { openRuns } from '../../../scheduler/storage/sql/run-queries.ts';
import { messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import { createLoop } from '../../../shared/runtime/loop.ts';
import type { Runtime } from '../../../shared/runtime/runtime.ts';
import type { SqlReader, SqlStore } from '../../../shared/sql/sql.ts';
import { type DevEvent, type DevPicture, type Told, tellNews } from './dev-events.ts';

const LOOK_EVERY_MS = 500;

export interface WatchOptions {
  readonly store: SqlStore;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Called in order; the next look waits for it. */
  onEvent(event: DevEvent): Promise<void>;
}

/** Looks at the store twice a second, from now on, and tells what is new. Stopping it looks once more. */
export async function watchEvents(options: WatchOptions): Promise<{ stop(): Promise<void> }> {
  const { store, runtime, logger } = options;
  let told = await store.read('begin-watching', beginTelling);
  async function look(): Promise<void> {
    const picture = await store.read('watch-events', (db) => readPicture(db, told));
    const news = tellNews(told, picture);
    told = news.told;
    for (const event of news.events) await options.onEvent(event);
  }
  const loop = createLoop({
    name: 'watch-events',
    intervalMs: LOOK_EVERY_MS,
    runtime,
    logger,
    body: async () => {
      await look();
      return { more: false };
    },
  });
  loop.start();
  return {
    async stop() {
      await loop.stop(false);
      // Best effort: what is told last must not keep anything from closing.
      await look().catch((error: unknown) => logger.warn(`the last events could not be read: ${messageOf(error)}`));
    },
  };
}

/** What runs already is told when it ends; what ended before is not. */
async function beginTelling(db: SqlReader): Promise<Told> {
  const newest = await newestIds(db);
  return {
    sinceMs: db.nowMs,
    executors: new Map(),
    lastRunId: newest.run,
    openRuns: new Set((await openRuns(db)).map(({ runId }) => runId)),
    waitingTold: new Set(),
    lastChainRunId: newest.chainRun,
    openChainRuns: new Set((await activeChainRuns(db)).map(({ id }) => id)),
    lastAlarmId: newest.alarm,
  };
}

async function readPicture(db: SqlReader, told: Told): Promise<DevPicture> {
  return {
    nowMs: db.nowMs,
    executors: await executorsNotGone(db),
    runs: await recentRuns(db, told.lastRunId, [...told.openRuns]),
    chainRuns: await recentChainRuns(db, told.lastChainRunId, [...told.openChainRuns]),
    alarms: await alarmsAfter(db, told.lastAlarmId),
  };
}
