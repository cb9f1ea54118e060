import { expect, test } from 'vitest';
import { type Cluster, givenCluster, story } from '../../support/cluster/given-cluster.ts';
import { describeWith, redisUrl } from '../../support/servers.ts';

async function withCluster(options: Parameters<typeof givenCluster>[0], act: (cluster: Cluster) => Promise<void>) {
  const cluster = await givenCluster(options);
  try {
    await cluster.start();
    await act(cluster);
  } finally {
    await cluster.close();
  }
}

describeWith(['MariaDB', 'Redis'], 'a night of two schedulers and three executors', () => {
  test('is settled to the last plan', async () => {
    await withCluster({ redisUrl: redisUrl(), contracts: 120 }, async (cluster) => {
      const fire = cluster.fireNight();
      await fire.start();
      const end = await fire.ended();
      expect(end.code, story(end)).toBe(0);
      expect(await cluster.findings()).toEqual([]);
      for (const node of [...cluster.executors, ...cluster.schedulers]) {
        const stopped = await node.stop();
        expect(stopped.code, story(stopped)).toBe(0);
      }
    });
  });
});
