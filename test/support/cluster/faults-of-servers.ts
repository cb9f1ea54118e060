import { createConnection } from 'mysql2/promise';
import type { PrivateMariadb } from '../private-mariadb.ts';
import type { PrivateRedis } from '../private-redis.ts';
import { type Fault, rivalLocks, type Stage, sleep } from './fault.ts';

function own<T>(server: T | null): T {
  if (server === null) throw new Error('this fault needs a server of its own');
  return server;
}
const mariadbOf = (stage: Stage): PrivateMariadb => own(stage.mariadb);
const redisOf = (stage: Stage): PrivateRedis => own(stage.redis);

/** What happens to the servers under a cluster. */
export const SERVER_FAULTS: readonly Fault[] = [
  {
    id: 'F14',
    what: 'the database is killed with -9 and starts again',
    needs: ['MariaDB'],
    async act(stage) {
      await mariadbOf(stage).kill();
      await sleep(stage.nuisanceMs);
      await mariadbOf(stage).start();
    },
  },
  {
    id: 'F18',
    what: 'somebody else locks rows against our order',
    async act(stage) {
      const lost = await rivalLocks(stage.cluster.storeUrl, stage.nuisanceMs);
      stage.note(`the rival was the victim of ${lost} deadlocks`);
    },
  },
  {
    id: 'F19',
    what: 'the database gives out no more connections',
    needs: ['MariaDB'],
    async act(stage) {
      const { port } = mariadbOf(stage);
      const taken = [];
      try {
        for (;;) taken.push(await createConnection({ host: '127.0.0.1', port, user: 'crowd' }));
      } catch (error) {
        stage.note(`after ${taken.length} more connections: ${String(error)}`);
      }
      await sleep(stage.nuisanceMs);
      await Promise.all(taken.map((connection) => connection.end()));
    },
  },
  {
    id: 'F20',
    what: 'the database becomes read-only, as in a failover, and writable again',
    needs: ['MariaDB'],
    async act(stage) {
      await mariadbOf(stage).admin('set global read_only = 1');
      await sleep(stage.nuisanceMs);
      await mariadbOf(stage).admin('set global read_only = 0');
    },
  },
  {
    id: 'F25',
    what: 'Redis is killed and comes back empty',
    needs: ['Redis'],
    async act(stage) {
      await redisOf(stage).kill();
      await sleep(stage.nuisanceMs);
      await redisOf(stage).start();
    },
  },
  {
    id: 'F26',
    what: 'Redis is flushed, again and again',
    needs: ['Redis'],
    async act(stage) {
      for (let times = 0; times < 10; times += 1) {
        await redisOf(stage).flush();
        await sleep(stage.nuisanceMs / 10);
      }
    },
  },
  {
    id: 'F27',
    what: 'Redis fails over to one that has lost the latest keys: locks and tokens are there twice',
    needs: ['Redis'],
    async act(stage) {
      for (let times = 0; times < 3; times += 1) {
        await redisOf(stage).kill();
        await redisOf(stage).start();
        await sleep(stage.nuisanceMs / 3);
      }
    },
  },
  {
    id: 'F28',
    what: 'Redis hangs, and its sockets stay open',
    needs: ['Redis'],
    async act(stage) {
      redisOf(stage).freeze();
      await sleep(stage.nuisanceMs);
      redisOf(stage).thaw();
    },
  },
];
